"""What Python hands to the proof kernel, and that the kernel refuses it when it is wrong."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path

import pytest
from slt_theory.proofs.kernel import ROWS, STATEMENTS
from slt_theory.proofs.kernel.compiler import CLOSED, assumptions, imports, sources
from slt_theory.proofs.kernel.export import claims_file, floor_total, row_file
from slt_theory.proofs.kernel.layers import network_file
from slt_theory.proofs.kernel.sizes import candidates_needed, chernoff, products_needed
from slt_theory.proofs.kernel.statements import NETWORK
from slt_theory.proofs.kernel.tables import SHARES, UNIT, Table, make_table

from slt_theory.certified import certified_n
from slt_theory.errors import BadInput

ENDS = (ROWS[0].name, ROWS[-1].name)


def failure_bound(table: Table) -> Fraction:
    """The checker of the kernel in slow fractions: every line against every vertex, or an error."""
    cells = [(p, Fraction(UNIT), q, Fraction(UNIT)) for p, q in itertools.pairwise(table.states)]
    for row in table.rows:
        new = []
        for j, (p, _, q, _) in enumerate(cells):
            a, s = row[j]
            assert s >= 0
            for left, at_left, right, at_right in cells[j:]:
                if left < min(2 * q, SHARES):
                    assert at_left <= a - s * left
                    assert at_right <= a - s * right
            if 2 * q > table.states[-1]:
                assert a - s * SHARES >= 0
            # The mean of the next share is x + x (1 - x) / 2.
            at = [a - s * (x + Fraction(x * (SHARES - x), 2 * SHARES)) for x in (p, q)]
            new.append((p, at[0], q, at[1]))
        cells = new
    return max(max(cell[1], cell[3]) for cell in cells) / UNIT


@pytest.mark.parametrize("row", ROWS[:3], ids=lambda row: row.name)
def test_a_table_supports_its_row(row) -> None:
    table = make_table(row.eps, row.delta, row.enough)
    assert len(table.rows) == row.enough
    assert failure_bound(table) <= row.delta


def test_a_table_for_too_few_items_is_not_made() -> None:
    with pytest.raises(BadInput, match="needs more"):
        make_table(Fraction(1, 10), Fraction(1, 10), 16)


def test_the_floor_misses_the_end() -> None:
    for row in ROWS:
        total = floor_total(row.eps)
        assert Fraction(total, 256) < Fraction(1, 2) - 2 * row.eps <= Fraction(total + 1, 256)


def test_rows_are_two_sided_and_named_once() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 10
    assert all(0 < row.needed < row.enough for row in ROWS)
    assert any((r.eps, r.delta) == (Fraction(1, 100), Fraction(1, 100)) for r in ROWS)


def test_sources_rest_on_nothing() -> None:
    for name, text in sources().items():
        for word in ("Axiom", "Admitted", "admit.", "Parameter ", "Conjecture", "native_compute"):
            assert word not in text, (name, word)
        assert set(imports(text)) <= set(sources())


def test_the_report_is_read() -> None:
    text = f"a\n     : 0 = 0\n{CLOSED}\nb\n     : 1 = 1\nAxioms:\nx : nat\n"
    assert assumptions(text, ["a", "b", "c"]) == {
        "a": ("0 = 0", True),
        "b": ("1 = 1\nAxioms:\nx : nat", False),
        "c": ("", False),
    }


def test_statements_name_entries_and_files() -> None:
    from slt_theory.theorems import get

    known = {*sources(), "Claims", "Network", *(row.name for row in ROWS)}
    for one in STATEMENTS:
        assert {name.partition(".")[0] for name in one.theorems} <= known
        assert one.not_covered
        assert [get(entry) for entry in one.entries]


def test_claims_repeat_every_row() -> None:
    text = claims_file()
    for row in ROWS:
        assert f"Example {row.name.lower()}_52" in text
        assert f"suffices {1 << 24} {row.enough}" in text


def test_a_row_states_what_python_claims() -> None:
    text = row_file(ROWS[0])
    assert "suffices (2 * H) 17 (1 # 10) (1 # 10)" in text
    assert "(n >= 7)%nat" in text


def binomial_tail(n: int, p: Fraction, m: int) -> Fraction:
    """P(Bin(n, p) < m)."""
    return sum((math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(m)), Fraction(0))


def test_a_network_has_the_least_numbers_for_its_failure() -> None:
    one = NETWORK
    table = make_table(one.eps, one.delta, one.enough)
    assert len(table.rows) == one.enough
    assert one.products == products_needed(one.enough, one.share - one.delta)
    assert one.candidates == candidates_needed(one.products, one.few)
    by_products = binomial_tail(one.products, Fraction(1, 2), one.enough)
    by_candidates = binomial_tail(one.candidates, Fraction(1, 4), one.products)
    assert by_products <= one.share - one.delta
    assert by_candidates <= one.few
    # Both halves of the failure, and the error with the rounding of the products.
    sums = 8 * one.inputs * one.outputs
    assert 8 * one.inputs * one.few + sums * one.share == one.failure
    assert 4 * (one.eps + Fraction(one.products, 1 << 25)) <= one.error


@pytest.mark.parametrize(("count", "n"), [(40, 5), (292, 55), (1103, 215), (30, 1)])
def test_the_bound_on_few_large_weights_is_one(count: int, n: int) -> None:
    u, v = chernoff(count, n)
    assert 0 < u <= v
    bound = Fraction(3 * v + u, 4 * v) ** count * Fraction(v, u) ** (n - 1)
    assert binomial_tail(count, Fraction(1, 4), n) <= bound


def test_a_network_states_what_python_claims() -> None:
    text = network_file(NETWORK)
    assert f"units {NETWORK.inputs} {NETWORK.candidates}" in text
    assert f"all_but (1 # 100) {1 << 24}" in text
    words = {one.id: one.words for one in STATEMENTS}["kernel-random-layer"]
    assert f"{NETWORK.units:,} hidden" in words


def test_the_page_prints_every_row() -> None:
    page = (Path(__file__).parents[2] / "docs" / "kernel.md").read_text(encoding="utf-8")
    for row in ROWS:
        by_lemma_r = certified_n(2 * row.eps, row.delta, lo="-1/2", hi="1/2", method="lemma-r")
        best = certified_n(2 * row.eps, row.delta, lo="-1/2", hi="1/2")
        numbers = (row.enough, row.needed, by_lemma_r.n, best.n)
        assert f"| ({row.eps}, {row.delta}) | {' | '.join(map(str, numbers))} |" in page
    for one in STATEMENTS:
        assert f"`{one.id}`" in page
        for name in one.theorems:
            inner = name.startswith("Row_") and name.partition(".")[0] not in ENDS
            assert inner or f"`{name}`" in page, name


def test_show_names_what_stands_behind_an_entry(capsys: pytest.CaptureFixture[str]) -> None:
    from slt_theory.cli.catalogue import show

    for entry, name in (
        ("lueker1998-rss", "kernel-dynamic-program"),
        ("pensia2020-two-layer", "kernel-dense-layer"),
    ):
        show(entry, checks=None, json=False)
        text = capsys.readouterr().out
        assert name in text
        assert "does not cover" in text
