"""What a binary ticket consists of, bit for bit; a short search decides as well as a long one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from slt_theory.papers.diffenderfer2021 import PAPER as PRIZE
from slt_theory.papers.trained.diffenderfer2021 import THREE_TENTHS, network, parts, wide
from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Scale,
    Source,
    all_of,
    mutant,
    searching,
    torch,
    training,
)


def _short(
    seed: int, size: Scale, method: str, redraw: float = 0.0
) -> tuple[training.Tensors, searching.Found]:
    """Weights that are multiples of 2^-9, so that float32 adds them without rounding."""
    r = wide(seed, replace(size, replicates=3))
    drawn = training.initial(network(), r.draws, density=float(THREE_TENTHS))
    weights = {name: (weight * 512).round() / 512 for name, weight in drawn.items()}
    settings = searching.Search(
        density=THREE_TENTHS,
        method=method,
        redraw=redraw,
        redraw_every=10,
        recipe=replace(searching.RECIPE, steps=40),
    )
    return weights, searching.search(network(), r.task, settings, draws=r.draws, weights=weights)


def untouched(seed: int, size: Scale = FULL, *, redraw: float = 0.0) -> Outcome:
    """Kept weights have the bits they were drawn with, the others are 0, and the count is exact.

    Mutant: with `redraw`, weights outside the mask are drawn anew during the search.
    """
    weights, found = _short(seed, size, "edge-popup", redraw)
    keep = training.budget(network().shapes, THREE_TENTHS)
    failures = [
        f"{name} of replicate {k}"
        for name, weight in weights.items()
        for k, mask in enumerate(found.masks[name])
        if not torch.equal(found.tensors[name][k], weight[k] * mask) or mask.sum() != keep[name]
    ]
    return all_of(failures, 3 * len(weights), "weights as drawn, counts exact")


def scale(seed: int, size: Scale = FULL, *, kept_only: bool = True, bare: bool = False) -> Outcome:
    """Biprop's weights are signs times the mean |weight| of those kept in their layer.

    Mutants: the mean is over the whole layer; `bare`, signs without a scale.
    """
    weights, found = _short(seed, size, "biprop")
    if bare:
        signs_only = {name: value.sign() for name, value in found.tensors.items()}
        found = replace(found, tensors=signs_only)
    failures = []
    for name, (scales, signs) in parts(found.tensors).items():
        units = (weights[name] * 512).to(torch.int64)
        for k, mask in enumerate(found.masks[name]):
            chosen = mask if kept_only else torch.ones_like(mask)
            total, count = int((units[k].abs() * chosen).sum()), int(chosen.sum())
            # Below 2^24 both numbers are float32, and one division rounds once.
            expected = np.float32(total) / np.float32(512 * count)
            same_signs = torch.equal(signs[k].long(), units[k].sign() * mask)
            if total >= 1 << 24 or float(scales[k]) != float(expected) or not same_signs:
                failures.append(f"{name} of replicate {k}")
    return all_of(failures, 3 * len(weights), "scale as by its formula, bit for bit")


ENTRIES = (
    Claim(
        id="diffenderfer2021-binary-ticket",
        title="A binary ticket is signs, a mask and one scale a layer; no weight is trained",
        family="untrained networks",
        source=Source(PRIZE, "definition of the gain term", "ICLR 2021", "code"),
        statement="The weights of the ticket are those drawn; biprop's are alpha sign(w) m with "
        "alpha = |m w|_1 / |m|_1 in each layer.",
        paper_scope="any network",
        test_scope="MLP 64-200-100-10 without biases, density 3/10, weights in multiples of 2^-9",
        exact=True,
        checks=(
            Check(
                "untouched",
                "kept weights have the bits they were drawn with, and their count is exact",
                untouched,
            ),
            Check("scale", "each layer's scale is its formula's, bit for bit", scale),
            mutant(
                "redrawn",
                "weights outside the mask are drawn anew during the search",
                partial(untouched, redraw=0.3),
            ),
            mutant(
                "mean of all", "the scale is of the whole layer", partial(scale, kept_only=False)
            ),
            mutant("no scale", "signs without a scale", partial(scale, bare=True)),
        ),
    ),
)
