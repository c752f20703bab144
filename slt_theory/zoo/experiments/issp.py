"""Soft shrinkage for super-resolution: digits of 4x4 pixels to 8x8, by peak signal to noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import (
    Batch,
    Mlp,
    Recipe,
    Tensors,
    magnitude,
    outputs,
    random_masks,
    top,
)
from slt_theory.zoo.rig import RECIPE, Rig, rig
from slt_theory.zoo.systems.issp import FACTOR, Shrunk, soft_shrinkage
from slt_theory.zoo.verdicts import FULL, Size, beats

DENSITY = "1/20"
#: Half of the steps with shrinkage, half after the cut.
STEPS = 1200


class Upscale:
    """What bilinear interpolation from 4x4 to 8x8 pixels gets wrong, by three layers."""

    def __init__(self) -> None:
        self.residual = Mlp((16, 64, 64, 64))
        self.shapes = self.residual.shapes
        pixels = torch.eye(16).reshape(16, 1, 4, 4)
        self.bilinear = functional.interpolate(pixels, size=8, mode="bilinear").reshape(16, 64)

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        return inputs @ self.bilinear + self.residual(tensors, inputs)


@dataclass(frozen=True, eq=False)
class Sharp:
    """The rig whose inputs are blurred digits, and the digits themselves (n, 64)."""

    rig: Rig
    images: Tensor

    def loss(self, found: Tensor, batch: Batch) -> Tensor:
        """Mean squared error of each network."""
        return (found - self.images[batch.numbers]).square().mean((1, 2))

    def psnr(self, tensors: Tensors) -> list[float]:
        """Mean over the test images, in decibels, of each network; pixels are cut to [0, 1]."""
        task = self.rig.task
        found = outputs(self.rig.model, tensors, task.inputs, task.test).double().clamp(0, 1)
        error = (found - self.images[task.test]).square().mean(2)
        return [float(value) for value in (-10 * error.log10()).mean(1)]


@cache
def sharp(seed: int, size: Size) -> Sharp:
    r = rig(seed, size, recipe=replace(RECIPE, steps=STEPS))
    images = r.task.inputs
    small = functional.avg_pool2d(images.reshape(-1, 1, 8, 8), 2).flatten(1)
    return Sharp(replace(r, model=Upscale(), task=replace(r.task, inputs=small)), images)


# What is cached has no defaults: one arm is one key.


@cache
def shrunk(seed: int, size: Size, factor: float, density: str, copy: int) -> Shrunk:
    """By soft shrinkage; factor 0 is hard thresholding, 1 to train, prune and tune."""
    s = sharp(seed, size)
    r, half = s.rig, half_of(s.rig)
    start, keep = r.start(copy=copy), r.keep(density)
    return soft_shrinkage(
        r.model, start, keep, r.task, half, half, draws=r.draws, factor=factor, loss=s.loss
    )


def half_of(r: Rig) -> Recipe:
    return replace(r.recipe, steps=r.recipe.steps // 2)


@cache
def scratch(seed: int, size: Size, density: str) -> Tensors:
    """A random mask of as many weights, trained for as many steps in all."""
    s = sharp(seed, size)
    masks = random_masks(s.rig.model.shapes, s.rig.draws, s.rig.keep(density))
    return s.rig.train(s.rig.start(), masks, loss=s.loss).variables


@cache
def largest_cut(seed: int, size: Size) -> Tensors:
    """After soft shrinkage the weights of least magnitude stay."""
    s = sharp(seed, size)
    whole = shrunk(seed, size, FACTOR, DENSITY, 0).whole
    least = {name: -value for name, value in magnitude(whole).items()}
    masks, half = top(least, s.rig.keep(DENSITY)), half_of(s.rig)
    return s.rig.train(whole, masks, recipe=half, loss=s.loss, copy=1).variables


def over_hard(seed: int, size: Size = FULL) -> Outcome:
    """PSNR at density 1/20 against iterative hard thresholding."""
    return _over_hard(seed, size, shrunk(seed, size, FACTOR, DENSITY, 0).pruned)


def over_late(seed: int, size: Size = FULL) -> Outcome:
    """PSNR against training dense, pruning by magnitude and tuning."""
    return _over(seed, size, shrunk(seed, size, 1.0, DENSITY, 0).pruned, "prune and tune")


def over_scratch(seed: int, size: Size = FULL) -> Outcome:
    """PSNR against a random mask trained from scratch."""
    return _over(seed, size, scratch(seed, size, DENSITY), "a random mask")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Soft shrinkage against itself, other initial weights."""
    return _over(seed, size, shrunk(seed, size, FACTOR, DENSITY, 1).pruned, "itself")


def largest_cut_over_hard(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the weights of least magnitude stay."""
    return _over_hard(seed, size, largest_cut(seed, size))


def _over_hard(seed: int, size: Size, soft: Tensors) -> Outcome:
    s = sharp(seed, size)
    hard = shrunk(seed, size, 0.0, DENSITY, 0).pruned
    what = f"PSNR of soft shrinkage over hard thresholding at density {DENSITY}"
    return beats(s.psnr(soft), s.psnr(hard), what)


def _over(seed: int, size: Size, other: Tensors, name: str) -> Outcome:
    s = sharp(seed, size)
    soft = s.psnr(shrunk(seed, size, FACTOR, DENSITY, 0).pruned)
    nothing = {key: torch.zeros_like(value) for key, value in other.items()}
    what = f"PSNR of soft shrinkage over {name} at density {DENSITY}"
    return beats(soft, s.psnr(other), what, arms={"bilinear": s.psnr(nothing)})
