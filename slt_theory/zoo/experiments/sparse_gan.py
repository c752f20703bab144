"""Self-sparse GAN: its gates in integers, and its images against those of a plain generator."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Recipe, Tensors, Use, draws, fit, initial
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.sparse_gan import Game, Gan, gated
from slt_theory.zoo.verdicts import FULL, Size, beats

#: What a minute allows: three arms of 24 generators, 160 steps each, 800 of their critics.
STEPS, BATCH = 960, 32
RECIPE = Recipe(steps=STEPS, batch=BATCH, method="adam", rate=1e-3)
MADE = 500


@cache
def digits_rig(seed: int, size: Size) -> Rig:
    return rig(seed, size, recipe=RECIPE)


@cache
def images(seed: int, size: Size, *, gates: bool, trained: bool = True, copy: int = 0) -> Tensor:
    """What the generators make of fresh noise: (S, 500, 64)."""
    r, gan = digits_rig(seed, size), Gan(gates=gates)
    game = Game(gan, r.draws, BATCH, copy=copy)
    tensors = initial(gan, r.draws, law="glorot-normal", copy=copy)
    if trained:
        fitted = fit(
            gan,
            tensors,
            r.task,
            r.recipe,
            draws=r.draws,
            effective=game.effective,
            loss=game.loss,
            copy=copy,
        )
        tensors = fitted.variables
    with torch.no_grad():
        return gan.make({**tensors, **game.lots(STEPS + 1, MADE)})


@cache
def discrepancy(
    seed: int, size: Size, *, gates: bool, trained: bool = True, copy: int = 0
) -> list[float]:
    """Of made and held-out digits; the kernel's width is the median over training digits."""
    r = digits_rig(seed, size)
    made = images(seed, size, gates=gates, trained=trained, copy=copy).double()
    real, known = (r.task.inputs[r.task.part(p)].double() for p in ("test", "train"))
    width = float(_squares(known[:1, :500], known[:1, 500:]).median())
    return mmd(made, real, width)


def mmd(made: Tensor, real: Tensor, width: float) -> list[float]:
    """Unbiased squared maximum mean discrepancy of samples (S, n, d) and (S, n', d).

    Kernel exp(-|x - y|^2 / width). It is not FID, which needs a network trained on photographs.
    """

    def kernel(first: Tensor, second: Tensor) -> Tensor:
        return (-_squares(first, second) / width).exp().sum((1, 2))

    def own(points: Tensor) -> Tensor:
        count = points.shape[1]
        return (kernel(points, points) - count) / (count * (count - 1))

    across = kernel(made, real) / (made.shape[1] * real.shape[1])
    return [float(value) for value in own(made) + own(real) - 2 * across]


def _squares(first: Tensor, second: Tensor) -> Tensor:
    norms = first.square().sum(2)[:, :, None] + second.square().sum(2)[:, None, :]
    return (norms - 2 * first @ second.mT).clamp(min=0)


def _nearer(what: str, first: list[float], second: list[float]) -> Outcome:
    return beats([-v for v in first], [-v for v in second], f"minus MMD^2 of digits, {what}")


def better_images(seed: int, size: Size = FULL) -> Outcome:
    """The generator with gates against the one without, after equally many steps."""
    first, second = (discrepancy(seed, size, gates=gates) for gates in (True, False))
    return _nearer("gated over plain", first, second)


def gated_untrained(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the generator with gates stays as drawn."""
    first = discrepancy(seed, size, gates=True, trained=False)
    second = discrepancy(seed, size, gates=False)
    return _nearer("gated but not trained over plain", first, second)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Plain generators against others."""
    first, second = (discrepancy(seed, size, gates=False, copy=copy) for copy in (0, 1))
    return _nearer("plain over plain", first, second)


# The gates, in integers.


def closed(seed: int, size: Size = FULL) -> Outcome:
    """Closed gates add exactly nothing and get no gradient; open ones get all of theirs."""
    return _closed(seed, size, gated)


def softened(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: softplus in place of ReLU, which never closes."""

    def soft(maps: Any, channels: Any, positions: Any) -> Any:
        smooth = torch.nn.functional.softplus
        return smooth(channels)[..., None, None] * smooth(positions)[..., None, :, :] * maps

    return _closed(seed, size, soft)


def _closed(seed: int, size: Size, gate: Callable[[Any, Any, Any], Any]) -> Outcome:
    """On small integers float64 is exact, values and gradients."""
    members, failures = draws(seed, size.replicates), []
    shapes = {"maps": (8, 8, 8), "channels": (8,), "positions": (8, 8), "slopes": (8, 8, 8)}
    numbers: Tensors = {
        name: (members.below(9, Use.DATA, k, shape) - 4).double().requires_grad_()
        for k, (name, shape) in enumerate(shapes.items())
    }
    maps, channels, positions, slopes = numbers.values()
    found = gate(maps, channels, positions)
    gradients = torch.autograd.grad((found * slopes.detach()).sum(), [maps, channels, positions])
    with torch.no_grad():
        a, p = channels.clamp(min=0)[:, :, None, None], positions.clamp(min=0)[:, None]
        product = slopes * maps
        wanted = {
            "values": (found, a * p * maps),
            "gradient of maps": (gradients[0], a * p * slopes),
            "gradient of channels": (gradients[1], (product * p).sum((2, 3)) * (channels > 0)),
            "gradient of positions": (gradients[2], (product * a).sum(1) * (positions > 0)),
        }
    for name, (left, right) in wanted.items():
        wrong = (left != right).flatten(1).any(1).nonzero().flatten().tolist()
        failures += [f"{name} of replicate {k}" for k in wrong]
    return all_of(failures, len(wanted) * len(members), "as in integers, closed gates exactly 0")
