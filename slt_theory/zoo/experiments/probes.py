"""Prune and distill: luminance, class and dimension along trained and untrained layers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.theorems.checks import Outcome, all_of, share
from slt_theory.torch.train import Mlp, Tensors, Use, draws
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.probes import activations, probe, ratios, two_nn
from slt_theory.zoo.verdicts import FULL, Size, beats

#: Four hidden layers of one width, so that their probes have equally many features.
WIDTHS = (64, 100, 100, 100, 100, 10)
FIRST, LAST = 0, 3
MODEL = Mlp(WIDTHS)


@cache
def digits_rig(seed: int, size: Size) -> Rig:
    """Digits whose brightness says nothing: gain in [1/2, 1] and offset in [0, 1/2] by lot."""
    r = rig(seed, size, widths=WIDTHS)
    lots = draws(seed, [0]).uniform(Use.DATA, 0, (len(r.task.inputs), 2))[0]
    gain, offset = (3 + lots[:, :1]) / 4, (1 + lots[:, 1:]) / 4
    inputs = (gain * r.task.inputs.double() + offset).float()
    return replace(r, task=replace(r.task, inputs=inputs))


def luminance(r: Rig) -> Tensor:
    """Mean pixel of each example."""
    return r.task.inputs.double().mean(1)


@cache
def _networks(seed: int, size: Size, arm: str) -> Tensors:
    r = digits_rig(seed, size)
    if arm == "untrained":
        return r.start()
    if arm == "again":
        return r.train(r.start(copy=1), copy=1).variables
    if arm == "luminance":
        ranks = luminance(r).argsort().argsort()
        task = replace(r.task, labels=ranks * 10 // len(ranks))
        return r.train(r.start(), task=task).variables
    return r.train(r.start()).variables


@cache
def probed(seed: int, size: Size, arm: str) -> dict[str, list[list[float]]]:
    """R^2 for the luminance and accuracy for the class: of each layer, of each replicate."""
    r = digits_rig(seed, size)
    found: dict[str, list[list[float]]] = {"luminance": [], "class": []}
    task, light = r.task, luminance(r)
    answers = {part: task.answers(task.part(part)) for part in ("train", "test")}
    light_test = light[task.test]
    total = (light_test - light_test.mean(1, keepdim=True)).square().sum(1)
    targets = torch.cat(
        (light[task.train][:, :, None], functional.one_hot(answers["train"], 10)), dim=2
    )
    networks = _networks(seed, size, arm)
    layers = [activations(MODEL, networks, task, part) for part in ("train", "test")]
    for train, test in zip(*layers, strict=True):
        guess = probe(train, targets, test)
        misses = (guess[:, :, 0] - light_test).square().sum(1)
        found["luminance"].append((1 - misses / total).tolist())
        right = guess[:, :, 1:].argmax(2) == answers["test"]
        found["class"].append(right.double().mean(1).tolist())
    return found


def pruned_by_depth(seed: int, size: Size = FULL) -> Outcome:
    """Luminance is known less well in the last hidden layer than in the first."""
    values = probed(seed, size, "trained")["luminance"]
    return beats(values[FIRST], values[LAST], "R^2 of luminance, first over last hidden layer")


def pruned_by_training(seed: int, size: Size = FULL) -> Outcome:
    """Luminance is known less well in the last hidden layer than without training."""
    return _pruned(seed, size, "trained")


def luminance_learned(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: luminance is what the network is trained to tell."""
    return _pruned(seed, size, "luminance")


def _pruned(seed: int, size: Size, arm: str) -> Outcome:
    before, after = (probed(seed, size, a)["luminance"][LAST] for a in ("untrained", arm))
    return beats(before, after, "R^2 of luminance in the last hidden layer, untrained over trained")


def distilled(seed: int, size: Size = FULL) -> Outcome:
    """The class is read better from the last hidden layer than from the first."""
    return _distilled(seed, size, "trained")


def untrained_read(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the probe reads the network before training."""
    return _distilled(seed, size, "untrained")


def _distilled(seed: int, size: Size, arm: str) -> Outcome:
    values = probed(seed, size, arm)["class"]
    return beats(values[LAST], values[FIRST], "accuracy of class probes, last over first layer")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Trained networks against others."""
    first, second = (probed(seed, size, arm)["luminance"][LAST] for arm in ("trained", "again"))
    return beats(first, second, "R^2 of luminance in the last hidden layer, trained over trained")


# Intrinsic dimension.


@cache
def dimensions(seed: int, size: Size, arm: str = "trained") -> list[list[float]]:
    """Of the test images, and of each hidden layer's outputs for them."""
    r = digits_rig(seed, size)
    hidden = activations(MODEL, _networks(seed, size, arm), r.task, "test")
    clouds = [r.task.inputs[r.task.test], *hidden]
    return [two_nn(ratios(cloud.double())).tolist() for cloud in clouds]


def expands(seed: int, size: Size = FULL) -> Outcome:
    """Dimension grows from the images to the first hidden layer."""
    found = dimensions(seed, size)
    return beats(found[1], found[0], "dimension of the first hidden layer over the images")


def contracts(seed: int, size: Size = FULL) -> Outcome:
    """Dimension falls from the first hidden layer to the last."""
    found = dimensions(seed, size)
    return beats(found[1], found[1 + LAST], "dimension of the first hidden layer over the last")


def expands_from_a_plane(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: of each image only the brightness of its upper and lower half is left."""
    r = digits_rig(seed, size)
    images = r.task.inputs[r.task.test].double()
    halves = images.reshape(*images.shape[:2], 2, 32).mean(3)
    plane = two_nn(ratios(halves)).tolist()
    return beats(dimensions(seed, size)[1], plane, "dimension of a hidden layer over a plane")


def dimension_control(seed: int, size: Size = FULL) -> Outcome:
    """The last hidden layers of two trained networks."""
    first, second = (dimensions(seed, size, arm)[1 + LAST] for arm in ("trained", "again"))
    return beats(first, second, "dimension of the last hidden layer, trained over trained")


def maximum(seed: int, size: Size = FULL) -> Outcome:
    """N / sum log mu is the one maximum of the Pareto likelihood."""
    return _maximum(0)


def one_less(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: N - 1 in place of N."""
    return _maximum(1)


def _maximum(less: int) -> Outcome:
    import sympy

    d, count, logs = sympy.symbols("d N L", positive=True)
    likelihood = count * sympy.log(d) - (d + 1) * logs
    slope = sympy.diff(likelihood, d)
    failures = []
    if sympy.simplify(slope.subs(d, (count - less) / logs)) != 0:
        failures.append("the slope is not 0 there")
    if not sympy.diff(slope, d).is_negative:
        failures.append("the likelihood is not concave")
    return all_of(failures, 2, "slope 0, second derivative negative")


#: Samples of one size, and the level of their intervals; asked is less, to be decidable.
TRIALS, SAMPLE, LEVEL, ASKED = 2000, 100, 0.95, 0.9
#: Of a uniform cube.
POINTS = 1000


def covered(seed: int, size: Size = FULL) -> Outcome:
    """Exact intervals for d from Pareto samples hold it at their level."""
    return _covered(seed, dropped=0)


def largest_dropped(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the largest tenth is dropped as outliers, as the fitted line does, and no more."""
    return _covered(seed, dropped=SAMPLE // 10)


def _covered(seed: int, *, dropped: int, d: float = 5.0) -> Outcome:
    from scipy.special import gammaincinv

    lots = draws(seed, [0]).uniform(Use.DATA, 1, (TRIALS, SAMPLE))[0]
    # mu = u^(-1/d) for uniform u; multiples of 2^-25 above 0 stand for u.
    squared = ((lots + 1) / 2 + 2.0**-26) ** (-2 / d)
    kept = squared.sort(dim=1).values[:, : SAMPLE - dropped]
    count = kept.shape[1]
    found = two_nn(kept)
    # count * d / found is the sum of `count` unit exponentials: a Gamma variable.
    lo, hi = (float(gammaincinv(count, p)) / count for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    inside = int(((found * lo <= d) & (d <= found * hi)).sum())
    return share(inside, TRIALS, ASKED, f"intervals of level {LEVEL} that hold d = {d:g}")


def cube(seed: int, size: Size, d: int, *, copy: int = 0) -> list[float]:
    """Relative errors for points of uniform cubes, whose neighbours are found in integers.

    Four clouds a replicate: they cost little.
    """
    members, index = draws(seed, 4 * size.replicates), 2 + d + 100 * copy
    points = members.below(1 << 20, Use.DATA, index, (POINTS, d))
    return [abs(value / d - 1) for value in two_nn(ratios(points)).tolist()]


def _within_a_tenth(seed: int, size: Size, d: int) -> Outcome:
    errors = cube(seed, size, d)
    what = f"1/10 over the relative error of TwoNN in a cube of {d} dimensions"
    return beats([0.1] * len(errors), errors, what)


def cube_control(seed: int, size: Size = FULL) -> Outcome:
    """Clouds against other clouds."""
    first, second = (cube(seed, size, 5, copy=copy) for copy in (0, 1))
    return beats(first, second, "relative error of TwoNN over its own elsewhere")


def cube_of_two(seed: int, size: Size = FULL) -> Outcome:
    return _within_a_tenth(seed, size, 2)


def cube_of_five(seed: int, size: Size = FULL) -> Outcome:
    return _within_a_tenth(seed, size, 5)


def cube_of_ten(seed: int, size: Size = FULL) -> Outcome:
    return _within_a_tenth(seed, size, 10)
