"""Accuracy against mask bits in frozen networks, and two published claims with verdicts.

Source: Otsuka et al., "Partially frozen random networks contain compact strong lottery tickets"
(arXiv 2402.14029): freezing with locking beats pruning alone at low sparsity, and mask bits fall by
1 / (1 - ratio) at a small loss; there on CIFAR-10, ImageNet and OGBN-Arxiv, here on 8 x 8 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from statistics import median
from typing import Any

from slt_theory.data import digits
from slt_theory.statistics import median_interval, paired_verdict
from slt_theory.torch.search.popup import search
from slt_theory.torch.search.settings import Search
from slt_theory.torch.train import (
    Mlp,
    Model,
    Recipe,
    conv,
    correct,
    draws,
    fit,
    fixed_task,
    initial,
)

__all__ = ["CLAIM_REPLICATES", "KINDS", "MARGIN", "frozen_claims", "frozen_models", "frozen_table"]

#: Locked : pruned.
KINDS = {"0:1": Fraction(0), "1:1": Fraction(1, 2), "1:0": Fraction(1)}

#: Twenty-four replicates decide at level 1e-3 with twenty wins.
CLAIM_REPLICATES = 24

#: What "small loss" means in the second claim: two points.
MARGIN = Fraction(1, 50)


def frozen_models() -> dict[str, Model]:
    """An MLP 64-128-64-10 and Conv2 with 8 channels, without biases."""
    return {
        "mlp": Mlp((64, 128, 64, 10), bias=False),
        "conv": conv(2, (1, 8, 8), width=8, bias=False),
    }


def _settings(base: Search, ratio: Fraction, kind: str, density: Fraction | None = None) -> Search:
    """The search with this share frozen; by default half of the free weights is kept."""
    lock = ratio * KINDS[kind]
    half = lock + (1 - ratio) / 2
    return replace(
        base, prune=ratio - lock, lock=lock, density=half if density is None else density
    )


def _hits(model: Model, settings: Search, seed: int, first: int, count: int) -> tuple[Any, ...]:
    """Test hits of each replicate, how many tests, density and mask bits: one stacked search."""
    train, test = digits()
    task = fixed_task("digits", train, test, count)
    found = search(model, task, settings, draws=draws(seed, range(first, first + count)))
    return correct(model, found.tensors, task).tolist(), len(test), found.density, found.mask_bits


def frozen_table(
    base: Search,
    *,
    ratios: list[Fraction],
    replicates: int = 5,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[dict[str, Any]]:
    """One row a model, ratio and kind of freezing; one stacked search each.

    Rows give each replicate's accuracy on the held-out digits, their median and an exact interval
    for the median over random weights, patterns, scores and batches (not over data sets), density,
    mask bits; and per model a row of kind "trained": the same network with its weights trained.
    """
    rows = []
    for name, model in frozen_models().items():
        rows.append({"model": name, "kind": "trained", **_trained(model, replicates, seed)})
        for ratio in ratios:
            for kind in KINDS if ratio else ("0:1",):
                settings = _settings(base, ratio, kind)
                hits, tests, density, bits = _hits(model, settings, seed, 0, replicates)
                rows.append(
                    {
                        "model": name,
                        "kind": kind if ratio else "none",
                        "ratio": float(ratio),
                        "density": density,
                        "mask_bits": bits,
                        **_summary(hits, tests),
                    }
                )
                if progress is not None:
                    progress(1)
    return rows


def _summary(hits: list[int], tests: int) -> dict[str, Any]:
    accuracies = [count / tests for count in hits]
    lo, hi, level = median_interval(accuracies)
    return {
        "accuracies": accuracies,
        "accuracy": median(accuracies),
        "accuracy_low": lo,
        "accuracy_high": hi,
        "level": level,
    }


def _trained(model: Model, replicates: int, seed: int) -> dict[str, Any]:
    members = draws(seed, replicates)
    train, test = digits()
    task = fixed_task("digits", train, test, replicates)
    fitted = fit(model, initial(model, members, law="glorot-normal"), task, Recipe(), draws=members)
    return _summary(correct(model, fitted.variables, task).tolist(), len(test))


def frozen_claims(
    base: Search,
    *,
    replicates: int = CLAIM_REPLICATES,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[dict[str, Any]]:
    """Verdicts on the two claims for both models, with a control that must stay open.

    The replicates are others than those of the table. The first claim is decided at density 3/4
    with a fifth of the weights frozen; the second at density 1/2 with a fifth and with half of them
    frozen, locked:pruned 1:1, by non-inferiority: at most `MARGIN` worse than nothing frozen. That
    mask bits fall by 1 / (1 - ratio) is a count, off by at most the rounding of two counts.
    """
    records = []
    for name, model in frozen_models().items():

        @cache
        def run(settings: Search, first: int = 1000, model: Model = model) -> tuple[Any, ...]:
            if progress is not None:
                progress(1)
            return _hits(model, settings, seed, first, replicates)

        low = {kind: _settings(base, Fraction(1, 5), kind, Fraction(3, 4)) for kind in KINDS}
        pruned, tests, _, _ = run(low["0:1"])
        for claim, kind, first in (
            ("locking beats pruning alone", "1:1", 1000),
            ("locking beats pruning alone", "1:0", 1000),
            ("control: other replicates of the same", "0:1", 2000),
        ):
            found = _paired(run(low[kind], first)[0], pruned, tests, Fraction(0))
            records.append({"model": name, "claim": claim, "ratio": 0.2, "kind": kind, **found})
        whole, _, _, weights = run(_settings(base, Fraction(0), "0:1"))
        for ratio in (Fraction(1, 5), Fraction(1, 2)):
            hits, _, _, bits = run(_settings(base, ratio, "1:1"))
            records.append(
                {
                    "model": name,
                    "claim": "mask bits fall by 1 / (1 - ratio) at small loss",
                    "ratio": float(ratio),
                    "kind": "1:1",
                    "mask_bits": [weights, bits],
                    "bits_fall": abs(bits - (1 - ratio) * weights) <= 1,
                    **_paired(hits, whole, tests, MARGIN),
                }
            )
    return records


def _paired(first: list[int], second: list[int], tests: int, margin: Fraction) -> dict[str, Any]:
    differences = [Fraction(a - b, tests) for a, b in zip(first, second, strict=True)]
    found = paired_verdict(differences, margin=margin)
    return {
        **found.to_dict(),
        "verdict": str(found.verdict),
        "margin": float(margin),
        "replicates": len(differences),
    }
