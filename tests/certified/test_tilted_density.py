"""Tilted densities: the shipped certificates, plain references, and moved parameters."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom
from slt_theory.proofs.tilted_density.example import example

from slt_theory.certified import certified_n
from slt_theory.certified.fourier_certificate import (
    TiltedCell,
    TiltedCertificate,
    tilted_certificates,
    tilted_failure,
)
from slt_theory.certified.fourier_floor import TiltedFloor
from slt_theory.certified.fourier_gauss import BITS
from slt_theory.certified.fourier_means import TiltedMeans
from slt_theory.certified.fourier_parameters import Plan, Tilt
from slt_theory.certified.search import METHODS
from slt_theory.errors import BadInput
from slt_theory.lattice import cover_range
from slt_theory.laws import parse_law
from slt_theory.subset_sum.cover import hitting_times

ALARM = 1e-6
ROWS = range(len(tilted_certificates()))


@pytest.mark.parametrize(
    ("eps", "delta", "half", "n"),
    [("0.01", "0.01", "1", 33), ("0.001", "0.001", "1", 44), ("0.02", "0.01", "1/2", 30)],
)
def test_certified_numbers(eps: str, delta: str, half: str, n: int) -> None:
    found = certified_n(eps, delta, lo=-Fraction(half), hi=half)
    assert found is not None
    assert (found.method, found.proof) == ("tilted-density", METHODS["tilted-density"].proof)
    assert found.n <= n


def test_masks_and_scales_follow() -> None:
    method = "tilted-density"
    plain = certified_n("0.01", "0.01", method=method)
    scaled = certified_n("0.03", "0.01", lo=-3, hi=3, law="3*uniform", method=method)
    masked = certified_n("0.01", "0.01", law="bernoulli(1/2)*uniform", method=method)
    assert plain is not None
    assert scaled is not None
    assert masked is not None
    assert plain.n == scaled.n
    assert 2 * plain.n <= masked.n <= 4 * plain.n
    assert "mixture-rule" in masked.rests_on
    assert certified_n("0.01", "0.01", law="normal", method=method) is None
    assert certified_n("0.01", "0.01", lo=-2, hi=2, method=method) is None
    assert tilted_failure("normal", Fraction(1, 10), Fraction(1, 2)) == ()


@pytest.mark.long
@pytest.mark.parametrize("row", ROWS)
def test_shipped_certificates_hold(row: int) -> None:
    assert tilted_certificates()[row].check()


@pytest.mark.parametrize("row", ROWS)
def test_every_value_of_the_statistic_has_a_cell(row: int) -> None:
    """n equal items at any place, at every tilt: the greatest v may lie inside (0, 1)."""
    from flint import ctx

    one, inside = tilted_certificates()[row], 0
    x, s = np.linspace(0, 1, 20_011), float(one.plan.star)
    for cell in one.cells[:-1]:
        tilt = float(cell.tilt)
        v = -4 / s**2 * np.log((np.cosh(tilt * x) + np.cos(s * x)) / (1 + np.cosh(tilt * x)))
        with ctx.workprec(BITS):
            edges = TiltedFloor(one.plan, cell.tilt).edges
        assert edges[0] == 0
        assert np.all(np.diff(edges) > 0)
        # The end leaves room for the chord, 1e-6 and more; these floats err by 1e-15.
        assert v.max() < edges[-1]
        inside += int(v.max() > v[-1] * (1 + 1e-9))
    assert inside >= 2


def test_certificates_survive_their_file() -> None:
    for one in tilted_certificates():
        assert TiltedCertificate.from_dict(one.to_dict()) == one


def test_a_moved_certificate_fails() -> None:
    """Too small weights, too low majorants and tilts out of order prove nothing."""
    one = tilted_certificates()[0]
    first, after = one.cells[2:4]
    smaller = replace(first, weights=tuple(w * 0.99 for w in first.weights))
    lower = replace(first, waves=(first.waves[0] - 0.01, *first.waves[1:]))
    assert TiltedCell(one.plan, smaller, after).failure() == 1.0
    assert TiltedCell(one.plan, lower, after).failure() == 1.0
    assert replace(one, cells=one.cells[::-1]).recomputed() == 1.0
    assert replace(one, cells=one.cells[1:]).recomputed() == 1.0


def _double_sum(plan: Plan, cell: Tilt, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """E[f(A) exp(-t V)] and E[f(A) exp(-t V) |mu(s)|^2] of two items on a grid of their values."""
    x = (np.arange(600) + 0.5) / 300 - 1
    tilt, star, push = float(cell.tilt), float(plan.star), float(cell.push)
    p = 1 / (1 + np.exp(-tilt * x))
    v = -4 / star**2 * np.log((np.cosh(tilt * x) + np.cos(star * x)) / (1 + np.cosh(tilt * x)))
    a = np.add.outer(x * p, x * p) - float(cell.start)
    turns = 2 * np.pi * a / float(plan.period)
    waves = [2 * (c * np.exp(1j * k * turns)).real for k, c in enumerate(cell.waves)]
    f = np.exp(push * a) * (sum(waves) - cell.waves[0].real)
    plain, noisy = [], []
    for t in map(float, plan.rates):
        weight = f * np.exp(-t * np.add.outer(v, v)) / x.size**2
        plain.append(weight.sum())
        moduli = 1 - 2 * p * (1 - p) * (1 - np.cos(np.outer(s, x)))
        noisy.append(np.einsum("sx,xy,sy->s", moduli, weight, moduli))
    return np.array(plain), np.array(noisy)


def test_means_against_a_double_sum() -> None:
    """Two items, by the sum over pairs of values: no transform, no factorisation."""
    from flint import ctx

    plan, cell, _ = example(2)
    cell = replace(cell, waves=(0.625 + 0j, 0.375 - 0.125j, 0.125 + 0j))
    with ctx.workprec(BITS):
        means = TiltedMeans(plan, cell)
        chances, noise = means.chances(), means.noise()
    step = 0.02
    s = np.arange(2.4 + step / 2, 300, step)
    plain, noisy = _double_sum(plan, cell, s)
    assert np.all(chances >= plain * (1 - 1e-5))
    assert np.all(chances <= plain * (1 + 1e-5))
    kernel = np.sinc(0.1 * s / np.pi) ** 2
    middle = s < 3
    lift = np.exp(0.2 * (s - 2.4))
    spent = 5 * (1 - np.exp(-0.2 * 0.6))
    mid = noisy[:, middle] @ (kernel * lift)[middle] * step * spent / np.pi**2 * 9
    high = noisy[:, ~middle] @ kernel[~middle] * step
    # Above 300 the kernel leaves less than 1/(300 r^2) = 1/3 of its energy of about 15.
    high += noisy[:, -2000:].mean(axis=1) * (1 / (2 * 0.01 * 300))
    whole = mid + high / np.pi / (2 * 0.1 * (2 / 3) ** 2)
    assert np.all(noise >= whole * (1 - 1e-3))
    assert np.all(noise <= whole * 1.25)


def test_missed_targets_leave_gaps() -> None:
    """Random samples of 8 items with a missed target: g^2 <= N, with g the least L, for tilts."""
    source, missed = np.random.default_rng(5), 0
    n, eps, w, r, theta = 8, 0.06, 0.5, 0.03, 1 / 3
    s = np.arange(0.0125, 600, 0.025)
    kernel = np.sinc(r * s / np.pi)
    low, mid = s < 2.4, (s >= 2.4) & (s < 3)
    y = np.linspace(-w - eps + r, w + eps - r, 61)
    for _ in range(150):
        x = source.uniform(-1, 1, n)
        sums = np.sort(sum(np.meshgrid(*[[0, v] for v in x], indexing="ij")).ravel())
        z = np.linspace(-w, w, 2001)
        if np.abs(sums[:, None] - z).min(axis=0).max() <= eps:
            continue
        missed += 1
        for tilt in (0.0, -0.7, -1.5):
            p = 1 / (1 + np.exp(-tilt * x))
            wave = np.prod(1 - p + p * np.exp(1j * np.outer(s, x)), axis=1) * kernel
            least = (wave[low] @ np.exp(-1j * np.outer(s[low], y))).real.min() * 0.025 / np.pi
            energy = np.abs(wave) ** 2
            sup = 0.6 / np.pi**2 * energy[mid].sum() * 0.025
            high = energy[s >= 3].sum() * 0.025 / np.pi
            noise = sup / theta**2 + high / (2 * (eps - r) * (1 - theta) ** 2)
            assert max(least, 0.0) ** 2 <= noise
    assert missed >= 20


def test_coverage_against_simulation() -> None:
    """The whole bound of the small certificate, on the lattice with its coupling."""
    one = tilted_certificates()[0]
    trials, n = 4000, one.plan.count
    source = parse_law("uniform")
    error = one.plan.error + n * source.coupling
    items = source.sample(37, 0, 0, trials * n).reshape(trials, n)
    goal = cover_range(-one.plan.half_width, one.plan.half_width, error, source.unit)
    failures = int(np.count_nonzero(hitting_times(items, goal.width, goal.left, goal.right) < 0))
    assert binom.sf(failures - 1, trials, one.bound) >= ALARM


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 0),
        ("radius", Fraction(1)),
        ("half_width", Fraction(0)),
        ("star", Fraction(3)),
        ("low", Fraction("3.1")),
        ("mid", Fraction(1)),
        ("last", Fraction(1001)),
        ("share", Fraction(1)),
        ("lean", Fraction(2)),
        ("spread", Fraction(0)),
        ("period", Fraction(0)),
        ("rates", (Fraction(-1),)),
    ],
)
def test_hypotheses_are_checked(name: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        replace(tilted_certificates()[0].plan, **{name: value})  # type: ignore[arg-type]
    assert caught.value.argument == name


@pytest.mark.parametrize(
    ("name", "value"),
    [("tilt", Fraction(1)), ("push", Fraction(-1)), ("weights", (-1.0,)), ("waves", (1j,) * 65)],
)
def test_cells_are_checked(name: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        replace(tilted_certificates()[0].cells[0], **{name: value})  # type: ignore[arg-type]
    assert caught.value.argument == name
