"""Where one threshold over all layers keeps weights."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Keep, Tensors, conv, count_of, magnitude, sizes, top
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.verdicts import FULL, Size, beats

DENSITY = Fraction(7, 100)


@cache
def _trained(seed: int, size: Size, kind: str, copy: int = 0) -> tuple[Rig, Tensors]:
    r = rig(seed, size)
    if kind == "convolutions":
        r = replace(r, model=conv(2, (1, 8, 8), width=8))
    return r, r.train(r.start(copy=copy), copy=copy).variables


def _first(r: Rig, weights: Tensors, keep: Keep) -> list[Fraction]:
    """Density of the first layer of each replicate."""
    mask = next(iter(top(magnitude(weights), keep).values())).flatten(1)
    return [Fraction(int(kept), mask.shape[1]) for kept in mask.sum(1)]


def _count(r: Rig) -> int:
    return count_of(DENSITY, sum(sizes(r.model.shapes).values()))


def _spared(r: Rig, weights: Tensors, keep: Keep, what: str) -> Outcome:
    kept = _first(r, weights, keep)
    return beats(kept, [DENSITY] * len(kept), f"density of the first layer over all, {what}")


def convolutions(seed: int, size: Size = FULL) -> Outcome:
    """A small convolutional network, whose first layer is its smallest."""
    r, weights = _trained(seed, size, "convolutions")
    return _spared(r, weights, _count(r), "convolutions")


def fully_connected(seed: int, size: Size = FULL) -> Outcome:
    """The fully connected network, whose first layer is its widest."""
    r, weights = _trained(seed, size, "fully connected")
    return _spared(r, weights, _count(r), "fully connected")


def within_layers(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: a threshold in each layer."""
    r, weights = _trained(seed, size, "convolutions")
    return _spared(r, weights, r.keep(DENSITY), "within layers")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Two trainings of the convolutional network, other weights and order."""
    return _alike(seed, size, "convolutions")


def control_fully_connected(seed: int, size: Size = FULL) -> Outcome:
    """Two trainings of the fully connected network."""
    return _alike(seed, size, "fully connected")


def _alike(seed: int, size: Size, kind: str) -> Outcome:
    one, other = (
        _first(r, weights, _count(r))
        for r, weights in (_trained(seed, size, kind, copy) for copy in (0, 1))
    )
    return beats(one, other, "density of the first layer over another network's")
