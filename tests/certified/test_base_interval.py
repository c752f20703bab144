"""Base intervals: the shipped certificates, simulation against each part, and moved parameters."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from slt_theory.certified import certified_n
from slt_theory.certified.base_certificate import Certificate, certificates, stored_failure
from slt_theory.certified.base_interval import Base, Core
from slt_theory.certified.outward import counts, misfit, short
from slt_theory.certified.search import METHODS
from slt_theory.errors import BadInput
from slt_theory.lattice import cover_range
from slt_theory.laws import parse_law
from slt_theory.subset_sum.cover import hitting_times

ALARM = 1e-6
LAW, CUT, ONE = "uniform*uniform", Fraction(8, 25), Fraction(1)
LENGTH = Fraction("1.95")

ROWS = range(len(certificates()))


@pytest.fixture(scope="module")
def core() -> Core:
    """The core of the first certificate: its densities take seconds, once."""
    return Core(certificates()[0].base)


def products(trials: int, n: int, seed: int) -> np.ndarray:
    source = np.random.default_rng(seed)
    return source.uniform(-1, 1, (trials, n)) * source.uniform(-1, 1, (trials, n))


def fits(failures: int, trials: int, bound: float) -> bool:
    """No alarm: as many failures or more have probability `ALARM` at least, if the bound holds."""
    return bool(binom.sf(failures - 1, trials, min(1.0, bound)) >= ALARM)


@pytest.mark.parametrize(
    ("law", "eps", "n"),
    [
        ("uniform*uniform", "0.01", 45),
        ("uniform*uniform", "0.001", 61),
        ("normal", "0.01", 41),
        ("normal", "0.001", 58),
        ("relu(uniform)*uniform", "0.01", 95),
        ("relu(uniform)*uniform", "0.001", 131),
        ("bernoulli(0.25)*uniform*uniform", "0.01", 196),
    ],
)
def test_certified_numbers(law: str, eps: str, n: int) -> None:
    found = certified_n(eps, eps, law=law)
    assert found is not None
    assert found.method == "base-interval"
    assert found.n <= n


def test_a_scale_is_a_scale() -> None:
    plain = certified_n("0.01", "0.01", law=LAW, method="base-interval")
    scaled = certified_n("0.03", "0.01", lo=-3, hi=3, law=f"3*{LAW}", method="base-interval")
    assert plain is not None
    assert scaled is not None
    assert plain.n == scaled.n
    assert certified_n("0.01", "0.01", law="normal*normal", method="base-interval") is None
    assert certified_n("0.01", "0.01", lo=-2, hi=2, law=LAW, method="base-interval") is None


def test_method_is_listed() -> None:
    assert METHODS["base-interval"].proof == "base-interval"


@pytest.mark.long
@pytest.mark.parametrize("row", ROWS)
def test_shipped_certificates_hold(row: int) -> None:
    assert certificates()[row].check()


def test_sums_of_one_side_against_simulation() -> None:
    """Bound (c): met nearly with equality, never beaten. The core is the first small items."""
    n, core, trials = 40, 20, 200_000
    goal = 1 - LENGTH * CUT / 2
    bound = float(short(LAW, CUT, goal, ONE, core, n)[n])
    failures = 0
    for seed in range(5):
        items = products(trials // 5, n, seed)
        small = np.abs(items) <= float(CUT)
        first = small & (np.cumsum(small, axis=1) <= core)
        value = np.where(first, items / 2, np.maximum(items, 0)).sum(axis=1)
        failures += int(np.count_nonzero(value < float(goal)))
    assert fits(failures, trials, bound)
    assert not fits(failures, trials, bound * 0.7)


def test_misfits_against_simulation() -> None:
    n, trials = 30, 400_000
    length = Fraction(1)
    bound = float(misfit(LAW, CUT, length, ONE, n)[n])
    failures = 0
    for seed in range(5):
        items = np.abs(products(trials // 5, n, 100 + seed))
        large = np.sort(np.where(items > float(CUT), items, 0.0), axis=1)
        before = np.cumsum(large, axis=1) - large
        failures += int(np.any(large > float(CUT * length) + before, axis=1).sum())
    assert fits(failures, trials, bound)
    assert not fits(failures, trials, bound * 0.6)


def test_misses_of_the_core_against_simulation(core: Core) -> None:
    """Few small items and a coarse error: the share of missed base intervals is below the bound.

    The sums are symmetric about their middle, so the upper half of the interval tells.
    """
    one = certificates()[0]
    count = min(one.weights)
    bound = core.failure(count + 2, np.array(one.weights[count + 2]))
    assert bound < 1
    trials, missed = 2000, 0
    cut, half = float(one.base.cut), float(one.base.length * one.base.cut) / 2
    eps = float(one.eps)
    pool = products(40_000, 8, 5).ravel()
    small = pool[np.abs(pool) <= cut][: trials * (count + 2)].reshape(trials, count + 2)
    for items in small:
        sums = np.zeros(1)
        for x in items:
            sums = np.concatenate([sums, sums + x])
        sums -= items.sum() / 2
        near = np.sort(sums[(sums >= 0) & (sums <= half + eps)])
        covered = near.size and near[0] <= eps and near[-1] >= half - eps
        missed += not (covered and np.diff(near).max(initial=0.0) <= 2 * eps)
    assert fits(missed, trials, bound)


def test_coverage_against_simulation() -> None:
    """The whole bound at the certified n, on the lattice with its coupling."""
    trials, n = 400, 45
    source = parse_law(LAW)
    error = Fraction(1, 100) + n * source.coupling
    items = source.sample(31, 0, 0, trials * n).reshape(trials, n)
    goal = cover_range(-ONE, ONE, error, source.unit)
    failures = int(np.count_nonzero(hitting_times(items, goal.width, goal.left, goal.right) < 0))
    stored = Fraction(stored_failure(LAW, Fraction(1, 100), ONE)[n], 2**96)
    assert fits(failures, trials, float(stored))


def test_numbers_of_small_items_sum_to_one() -> None:
    table = counts(LAW, CUT, 60)
    assert np.all(table.sum(axis=1) >= 1)
    assert np.all(table.sum(axis=1) <= 1 + 1e-6)


def test_certificates_survive_their_file() -> None:
    for one in certificates():
        assert Certificate.from_dict(one.to_dict()) == one


def test_a_moved_certificate_fails(core: Core) -> None:
    """Too small weights prove nothing, and too small bounds are noticed."""
    one = certificates()[0]
    count = max(one.weights)
    weights = np.array(one.weights[count])
    assert core.failure(count, weights) < 1
    assert core.failure(count, weights * 0.999) == 1.0
    assert core.failure(count, -weights) == 1.0
    assert core.failure(count, weights * np.nan) == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("law", "cauchy"),
        ("cut", Fraction(2)),
        ("radius", Fraction(1)),
        ("length", Fraction(1, 2)),
        ("star", Fraction(3)),
        ("low", Fraction("3.1")),
        ("mid", Fraction(1)),
        ("share", Fraction(1)),
        ("rates", (Fraction(-1),)),
    ],
)
def test_hypotheses_are_checked(name: str, value: object) -> None:
    base: Base = certificates()[0].base
    with pytest.raises(BadInput) as caught:
        replace(base, **{name: value})  # type: ignore[arg-type]
    assert caught.value.argument == name
