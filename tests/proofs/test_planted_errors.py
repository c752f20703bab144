"""Errors planted in tables, statements, the law and the theory: the proof kernel refuses each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from slt_theory.proofs.kernel import ROWS
from slt_theory.proofs.kernel.compiler import compile_all, sources
from slt_theory.proofs.kernel.export import claims_file, row_file
from slt_theory.proofs.kernel.layers import network_file
from slt_theory.proofs.kernel.statements import DrawnNetwork
from slt_theory.proofs.kernel.tables import Table, make_table

pytestmark = [
    pytest.mark.skipif(shutil.which("coqc") is None, reason="no coqc on the PATH"),
    pytest.mark.timeout(1800),  # the first one compiles everything: a minute of one free core
]

ROW = ROWS[0]
TABLE = make_table(ROW.eps, ROW.delta, ROW.enough)
NETWORK = DrawnNetwork(1, 2, Fraction(1), Fraction(1, 2), enough=19, products=55, candidates=292)
FILES = {
    **sources(),
    ROW.name: row_file(ROW),
    "Claims": claims_file([ROW]),
    "Network": network_file(NETWORK),
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything without an error, once."""
    folder = tmp_path_factory.mktemp("rocq")
    found = compile_all(FILES, folder)
    assert set(found) == set(FILES)
    assert all(one.ok for one in found.values()), [one.error for one in found.values()]
    return folder


def refused(compiled: Path, tmp_path: Path, name: str, text: str) -> bool:
    """Whether one changed file, or one that rests on it, is refused for what it says."""
    assert text != FILES[name]
    folder = tmp_path / "rocq"
    shutil.copytree(compiled, folder)
    found = compile_all({**FILES, name: text}, folder)
    errors = [one.error for one in found.values() if not one.ok]
    assert all("Syntax error" not in error and "not found" not in error for error in errors)
    return bool(errors)


def line(step: int, cell: int, *, value: int = 0, slope: int = 0) -> Callable[[Table], Table]:
    """Move one line of the table."""

    def change(table: Table) -> Table:
        rows = [list(row) for row in table.rows]
        a, s = rows[step][cell]
        rows[step][cell] = (a + value, s + slope)
        return replace(table, rows=tuple(tuple(row) for row in rows))

    return change


TABLES: dict[str, Callable[[Table], Table]] = {
    "a value lowered by one": line(0, 40, value=-1),
    "a value lowered in the last row": line(-1, 0, value=-1),
    "a slope raised by one": line(8, 20, slope=1),
    "a row left out": lambda t: replace(t, rows=t.rows[:-1]),
    "a start larger than the error allows": lambda t: replace(
        t, states=(t.states[0] + 64, *t.states[1:])
    ),
    "more left open than the error allows": lambda t: replace(
        t, states=(*t.states[:-1], t.states[-1] - 64)
    ),
    "two states exchanged": lambda t: replace(
        t, states=(*t.states[:4], t.states[5], t.states[4], *t.states[6:])
    ),
    "twice the shares": lambda t: replace(t, shares=2 * t.shares),
    "half the probabilities": lambda t: replace(t, unit=t.unit // 2),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_table(name: str, compiled: Path, tmp_path: Path) -> None:
    text = row_file(ROW, TABLES[name](TABLE))
    assert refused(compiled, tmp_path, ROW.name, text)


EDITS = {
    "fewer items": (ROW.name, "suffices (2 * H) 17", "suffices (2 * H) 16"),
    "a smaller delta": (ROW.name, "17 (1 # 10) (1 # 10)", "17 (1 # 10) (1 # 11)"),
    "a smaller eps": (ROW.name, "17 (1 # 10) (1 # 10)", "17 (1 # 11) (1 # 10)"),
    "a coarser lattice": (ROW.name, "1048576 <= Zpos", "16 <= Zpos"),
    "a larger necessary number": (ROW.name, "(n >= 7)%nat", "(n >= 8)%nat"),
    "a floor above the gap": (ROW.name, "necessary 256 76", "necessary 256 77"),
    "a claim below its row": ("Claims", "suffices 16777216 17", "suffices 16777216 16"),
    "a claim below Lemma R": ("Claims", "suffices 16777216 45", "suffices 16777216 44"),
    "another item of the law": ("Claims", "= [-16777216; -16777215;", "= [-16777216; -16777214;"),
    "rounding down": ("Law", "lo + Z.shiftr (r + 1) 1", "lo + Z.shiftr r 1"),
    "full weight at the ends": ("Law", "Z := 2 * (hi - lo).", "Z := 2 * (hi - lo + 1)."),
    "half of the error": ("Law", "reaches M (2 * eps)", "reaches M eps"),
    "a wider window": ("Law", "(-1 # 2) (1 # 2) (items", "(-1 # 1) (1 # 1) (items"),
    "half of the chance": ("Window", "= 2 * covered C.\n", "= covered C.\n"),
    "a window with both ends": ("Window", "(z <? Zpos H)", "(z <=? Zpos H)"),
    "growth less than double": ("Checker", "Z.min (2 * right c) D in", "Z.min (right c + 1) D in"),
    "faster growth in the mean": ("Checker", "(s * x * (3 * D - x))", "(s * x * (4 * D - x))"),
    "one end of a cell unchecked": ("Checker", "&& (at_right c <=? a - s * right c)", ""),
    "no room for rounding": ("Checker", "* least + 3 * D)\n", "* least)\n"),
    "a faster first phase": ("LemmaR", "7 ^ Z.of_nat a * 4", "6 ^ Z.of_nat a * 4"),
    "a faster second phase": ("LemmaR", "8 ^ Z.of_nat a * 3", "8 ^ Z.of_nat a * 2"),
    "a floor without both signs": ("Floor", "tally 0 2 n", "tally 0 1 n"),
    "a wide window without its error": (
        "Explicit",
        "(inject_Z (Z.of_nat T) * (2 * eps))",
        "(2 * eps)",
    ),
    "half of a layer's error": ("Layer", "plus_minus (4 * eps)", "plus_minus (2 * eps)"),
    "smaller first weights": ("Products", "Prop := Zpos H <= k <=", "Prop := 0 < k <="),
    "no rounding of products": ("Products", "(eps + (Z.of_nat n # 2 * M))", "eps"),
    "no tail of the mixture": ("Products", "(tail n m * QDen delta + Qnum", "(Qnum"),
    "no union bound": ("Layer", "all_but (times (4 * (p * d)) delta)", "all_but delta"),
    "small first weights are lucky": ("Lucky", "then 6 * Zpos H <=? r", "then 5 * Zpos H <=? r"),
    "luck of one in three": ("Lucky", "=> c * rare c N' n", "=> rare c N' n"),
    "luck of the other sign": (
        "Lucky",
        "if s then item (- Zpos M) r else",
        "if s then - item 0 r else",
    ),
    "a smaller bound on rare": ("Lucky", "<= (c * v + u) ^ Z", "<= (c * v) ^ Z"),
    "a union of two samples for one": ("Lucky", "all_but (delta + delta') M", "all_but delta' M"),
    "dropped weights left in": (
        "Pensia",
        "(fun j s b h j' => on j s b h && keeps",
        "(fun j s b h j' => keeps",
    ),
    "always enough lucky weights": ("Random", "(times (8 * d) tau + times", "(0 * tau + times"),
    "the union of one output": ("Random", "times (8 * (d * p)) delta'", "times (8 * d) delta'"),
    "half of a random layer's error": ("Random", "M d p N (4 * (eps", "M d p N (2 * (eps"),
    "one draw for both layers": ("Random", "error (skipn (d * units) rs)", "error rs"),
    "one draw for two first weights": (
        "Random",
        "((j' + d - j) mod d * units",
        "((j' - j) * units",
    ),
    "fewer items a bit": ("Logarithms", "suffices (2 * H) (24 * r)", "suffices (2 * H) (23 * r)"),
    "a bit forgotten": ("Logarithms", "(k + j + 1 <= 3 * r)", "(k + j <= 3 * r)"),
    "fewer candidates a bit": ("Logarithms", "let N := (293 *", "let N := (292 *"),
    "a lattice as coarse for any bits": ("Logarithms", "61 * Z.of_nat (k + 3) * 2", "61 * 2"),
    "more outputs than 2^k": ("Logarithms", "Z.of_nat (d * p) <= 2 ^", "Z.of_nat d <= 2 ^"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_wrong_text(name: str, compiled: Path, tmp_path: Path) -> None:
    file, old, new = EDITS[name]
    assert old in FILES[file]
    assert refused(compiled, tmp_path, file, FILES[file].replace(old, new, 1))


NETWORKS: dict[str, dict[str, int | Fraction]] = {
    "one candidate less": {"candidates": 291},
    "one product less": {"products": 54},
    "one item less": {"enough": 18},
    "a smaller failure": {"failure": Fraction(1, 3)},
    "a smaller error": {"error": Fraction(3, 4)},
    "one more output": {"outputs": 3},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_wrong_network(name: str, compiled: Path, tmp_path: Path) -> None:
    """Numbers changed in the statement and in its proof alike, the table unchanged."""
    table = make_table(NETWORK.eps, NETWORK.delta, NETWORK.enough)
    text = network_file(replace(NETWORK, **NETWORKS[name]), table)
    assert refused(compiled, tmp_path, "Network", text)
