"""What is built: the published cases with fewer weights, other families, frozen sources."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import plain_functions as plain
import pytest

from slt_theory.errors import NotFoundWithinLimits
from slt_theory.tickets import read_ticket, ticket_forward, write_ticket
from slt_theory.universal import (
    Family,
    Function,
    build_universal,
    family_of,
    parse_family,
    verify,
)
from slt_theory.universal.features import hinge_values, readout_bound
from slt_theory.universal.smallest import fewest
from slt_theory.universal.tradeoff import COLUMNS, tradeoff_rows

PUBLISHED = {"powers:1-4": (6.0e-4, 5.8e-4, 9.1e-4, 1.1e-3), "sin:1": (1.1e-2,)}
# The published way: through log, linear and exp.
PUBLISHED["monomials:1,4"] = PUBLISHED["powers:1-4"]


@pytest.mark.parametrize(
    ("family", "eps", "most"),
    [
        ("powers:1-4", 5.8e-4, 1074),
        ("powers:1-4", 5.8e-5, 1074),
        ("monomials:1,4", 5.8e-4, 1074),
        ("sin:1", 1.1e-2, 436),
        ("sin:1", 1.1e-3, 436),
    ],
)
def test_the_published_errors_and_a_tenth_of_them_at_less_than_the_published_count(
    family, eps, most
):
    ticket = build_universal(family, eps=eps, seed=2)
    check = verify(ticket, parse_family(family))
    assert check.ok
    tenth = eps < 1e-4 or eps == 1.1e-3
    for function, published in zip(check.functions, PUBLISHED[family], strict=True):
        assert function.sup_error_bound <= published / (10 if tenth else 1)
    # Measured about 154, 486, 475, 50, 161; the margin is for other seeds.
    assert ticket.kept <= most * (0.6 if tenth or family == "monomials:1,4" else 0.25)
    assert ticket.source_weights < 431_800


def test_every_seed_does():
    kept = []
    for seed in range(5):
        ticket = build_universal("sin:1", eps=1.1e-2, seed=seed, beam=1)
        assert verify(ticket, parse_family("sin:1")).ok
        kept.append(ticket.kept)
    assert max(kept) <= 100
    assert len(set(kept)) > 1


def test_twenty_monomials_in_four_variables_with_one_ticket():
    ticket = build_universal("monomials:4,3", eps=0.03, seed=0, beam=1)
    family = parse_family("monomials:4,3")
    check = verify(ticket, family)
    assert check.ok
    assert len(check.functions) == 34
    assert all(f.sup_error_found is None for f in check.functions)
    x = np.random.default_rng(0).uniform(0, 1, (2000, 4))
    y = ticket_forward(ticket, x)
    for m, row in enumerate(family.exponents):
        error = np.abs(y[:, m] - np.prod(((1 + x) / 2) ** np.array(row), axis=1)).max()
        assert error <= check.functions[m].sup_error_bound <= 0.03


def test_sparse_polynomials_are_readouts_with_a_certified_error():
    ticket = build_universal("sparse:2-0-1,0-3-0,1-1-1", eps=0.02, seed=4)
    check = verify(ticket, family_of(ticket))
    coefficients = np.array([[1.0, -2.0, 0.5]])
    bound = readout_bound(check, coefficients)[0]
    assert bound <= 3.5 * 0.02 * (1 + 1e-12)
    x = np.random.default_rng(1).uniform(0, 1, (3000, 3))
    y = (1 + x) / 2
    true = y[:, 0] ** 2 * y[:, 2] - 2 * y[:, 1] ** 3 + 0.5 * y.prod(axis=1)
    assert np.abs(ticket_forward(ticket, x) @ coefficients[0] - true).max() <= bound


def test_a_family_of_ones_own_on_both_sides_of_zero():
    family = Family(
        "mine",
        (
            Function("bump", lambda x: (-4 * x * x).exp(), 8),
            Function("tanh", lambda x: x.tanh(), lambda x: 2 * x.tanh() * (1 - x.tanh() ** 2)),
            Function("line", lambda x: 3 * x - 1, 0),
        ),
        lo=-1,
        hi=1.5,
    )
    ticket = build_universal(family, eps=0.01, seed=1)
    check = verify(ticket, family)
    assert check.ok
    x = np.linspace(-1, 1.5, 4001)
    y = ticket_forward(ticket, x[:, None])
    true = np.stack([np.exp(-4 * x * x), np.tanh(x), 3 * x - 1], axis=1)
    errors = np.abs(y - true).max(axis=0)
    for error, function in zip(errors, check.functions, strict=True):
        assert 0.95 * function.sup_error_bound <= error <= function.sup_error_bound <= 0.01


def test_files_are_reproducible_and_tell_their_family(powers, tmp_path):
    again = build_universal("powers:1-4", eps=5.8e-4, seed=1)
    for name, ticket in (("a", powers), ("b", again)):
        write_ticket(ticket, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    back = read_ticket(tmp_path / "a")
    assert verify(back, family_of(back)).ok
    assert build_universal("powers:1-4", eps=5.8e-4, seed=2).masks[0][1].tobytes() != (
        powers.masks[0][1].tobytes()
    )


@pytest.mark.parametrize(
    "options",
    [
        {"size": 2},
        {"size": 3, "n": 10},
        {"prune": 0.5},
        {"lock": 0.25},
        {"prune": "1/4", "lock": "1/4"},
    ],
)
def test_fixed_sizes_and_frozen_sources(options):
    from fractions import Fraction

    exact = {k: Fraction(v) if isinstance(v, str) else v for k, v in options.items()}
    ticket = build_universal("powers:1-2", eps=0.01, seed=1, beam=1, **exact)
    assert verify(ticket, parse_family("powers:1-2")).ok
    rows = ticket.blocks[0].layers[1].rows
    counts = ticket.rows(0, 1, 0, rows).sum(axis=1)
    size = options.get("size", 1)
    assert set(counts.tolist()) <= {0, size, 2 * size}
    assert 2 * size in counts or size in counts
    # Frozen weights are what the seed says; claiming otherwise is found out.
    if "prune" in options or "lock" in options:
        blocks = list(ticket.blocks)
        outer = replace(blocks[1].layers[0], lock="1/3")
        blocks[1] = replace(blocks[1], layers=(outer,))
        assert not verify(replace(ticket, blocks=tuple(blocks)), parse_family("powers:1-2")).ok


def test_a_source_that_is_too_small_says_where():
    with pytest.raises(NotFoundWithinLimits, match="near 0"):
        build_universal("sin:1", eps=1e-3, knots=2)


def test_the_fewest_numbers_are_the_fewest():
    rng = random.Random(7)
    sizes = set()
    for _ in range(200):
        items = [rng.randrange(-900, 900) for _ in range(9)]
        lo = rng.randrange(-1500, 1500)
        hi = lo + rng.randrange(0, 12)
        expected = plain.smallest_subset([i for i in items if i], lo, hi)
        chosen = fewest(np.array(items, dtype=np.int64), lo, hi)
        assert (chosen is None) == (expected is None)
        if chosen is not None:
            assert lo <= int(np.array(items)[chosen].sum()) <= hi
            if expected <= 6:
                assert int(chosen.sum()) == expected
            sizes.add(expected)
    assert {0, 1, 2, 3, 4, None} & sizes >= {1, 2, 3}


def test_hinges_of_a_ticket_span_its_outputs(powers):
    x = np.linspace(0, 1, 301)[:, None]
    hinges = np.column_stack([hinge_values(powers, x), np.ones(len(x))])
    y = ticket_forward(powers, x)
    fit, *_ = np.linalg.lstsq(hinges, y, rcond=None)
    assert np.abs(hinges @ fit - y).max() < 1e-9


def test_the_trade_off_table_has_its_columns():
    rows = tradeoff_rows(seed=0, quick=True)
    assert all(tuple(row) == COLUMNS for row in rows)
    done = [row for row in rows if row["kept"] is not None]
    assert len(done) >= 4
    for row in done:
        assert row["error"] <= row["eps"]
        assert row["kinks"] >= 0.8 * row["least_kinks"] - 1
    kept = {row["eps"]: row["kept"] for row in done if row["what"] == "eps"}
    assert [kept[e] for e in sorted(kept)] == sorted(kept.values(), reverse=True)
