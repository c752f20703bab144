"""Invariants that a mask search keeps at every step."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import equality, every
from slt_theory.testing.scalars import integers, numbers
from slt_theory.testing.space import lists
from slt_theory.testing.spaces import masks, reals

__all__ = ["LEMMAS", "SCORES", "binary_scale", "budgets", "edge_popup", "multicoat", "sign_flips",
           "squared_error", "top"]  # fmt: skip

SCORES = lists(numbers(-1, 1, bits=2), 1, 6)
DENSITY = reals(0, 1, bits=3)


def top(scores: Sequence[Any], density: Any) -> tuple[bool, ...]:
    """edge-popup: all but the ``int((1 - density) n)`` least |scores| of a layer; ties by place."""
    dropped = int((1 - density) * len(scores))
    order = sorted(range(len(scores)), key=lambda i: (abs(scores[i]), i))
    out = set(order[:dropped])
    return tuple(i not in out for i in range(len(scores)))


edge_popup = Lemma(
    "edge-popup-count",
    "edge-popup keeps exactly n - int((1 - density) n) weights of a layer, ties or not",
    {"scores": SCORES, "density": DENSITY},
    margin=lambda scores, density: equality(
        sum(top(scores, density)), len(scores) - int((1 - density) * len(scores))
    ),
    source="Ramanujan et al. 2020 (code)",
)

edge_popup_best = Lemma(
    "edge-popup-largest",
    "among all masks of that size, edge-popup keeps the largest sum of |scores|",
    {"scores": SCORES, "density": DENSITY},
    margin=lambda scores, density: every(
        kept_score(scores, top(scores, density)) - sum(map(abs, part))
        for part in combinations(scores, sum(top(scores, density)))
    ),
    source="Ramanujan et al. 2020 (code)",
)


def kept_score(scores: Sequence[Any], mask: Sequence[bool]) -> Any:
    """Sum of ``|s|`` over the kept scores."""
    return sum((abs(s) for s, b in zip(scores, mask, strict=True) if b), Fraction(0))


def binary_scale(weights: Sequence[Any], mask: Sequence[bool]) -> Any:
    """biprop: the mean |weight| over the kept ones."""
    return kept_score(weights, mask) / max(1, sum(mask))


def squared_error(weights: Sequence[Any], mask: Sequence[bool], scale: Any) -> Any:
    """Squared distance of the kept weights from scale times their signs."""
    pairs = zip(weights, mask, strict=True)
    return sum(((abs(w) - scale) ** 2 for w, b in pairs if b), Fraction(0))


def any_mask(weights: Sequence[Any]) -> Any:
    """All masks of the weights."""
    return masks(len(weights))


binary_projection = Lemma(
    "biprop-scale",
    "the mean |weight| of the kept weights is the scale with the least squared error",
    {"weights": SCORES, "mask": lambda weights: any_mask(weights), "other": reals(-2, 2)},
    margin=lambda weights, mask, other: (
        squared_error(weights, mask, other)
        - squared_error(weights, mask, binary_scale(weights, mask))
    ),
    source="Diffenderfer and Kailkhura 2021",
)


def redrawn(
    weights: Sequence[Any], mask: Sequence[bool], fresh: Sequence[Any], chosen: Sequence[bool]
) -> tuple[Any, ...]:
    """IteRand: w m + w (1 - m)(1 - b) + w' (1 - m) b."""
    rows = zip(weights, mask, fresh, chosen, strict=True)
    return tuple(w * m + w * (1 - m) * (1 - b) + f * (1 - m) * b for w, m, f, b in rows)


rerandomised = Lemma(
    "iterand-pruned-only",
    "re-randomisation changes no kept weight, so the subnetwork computes the same",
    {
        "weights": SCORES,
        "mask": lambda weights: any_mask(weights),
        "fresh": lambda weights: lists(numbers(-1, 1, bits=2), len(weights), len(weights)),
        "chosen": lambda weights: any_mask(weights),
    },
    margin=lambda weights, mask, fresh, chosen: every(
        equality(w * m, v * m)
        for w, v, m in zip(weights, redrawn(weights, mask, fresh, chosen), mask, strict=True)
    ),
    source="Chijiwa et al. 2021 (code)",
)

multicoat = Lemma(
    "multicoat-nested",
    "coats from one score tensor are nested: what a sparser coat keeps, a denser one keeps",
    {"scores": SCORES, "dense": DENSITY, "sparse": DENSITY},
    given=lambda dense, sparse: sparse <= dense,
    margin=lambda scores, dense, sparse: every(
        int(a) - int(b) for a, b in zip(top(scores, dense), top(scores, sparse), strict=True)
    ),
    source="Okoshi et al. 2022 (code)",
)


def sign_flips(weights: Sequence[Any], momenta: Sequence[Any], tau: Any) -> tuple[Any, ...]:
    """Bop: flip w where |m| > tau and m has the sign of w."""
    return tuple(
        -w if abs(m) > tau and w * m > 0 else w for w, m in zip(weights, momenta, strict=True)
    )


magnitudes_frozen = Lemma(
    "bop-magnitudes",
    "a sign flip moves every weight against its momentum and keeps its magnitude",
    {
        "weights": SCORES,
        "momenta": lambda weights: lists(numbers(-1, 1, bits=2), len(weights), len(weights)),
        "tau": reals(0, 1, bits=2),
    },
    margin=lambda weights, momenta, tau: every(
        min(equality(abs(v), abs(w)), (w - v) * m)
        for w, v, m in zip(weights, sign_flips(weights, momenta, tau), momenta, strict=True)
    ),
    source="Chen, Zhang, Wang 2022",
)


def budgets(sizes: Sequence[int], raw: Sequence[int], total: int) -> tuple[Any, ...]:
    """Kept weights a layer in proportion to `raw`, capped at the size, the rest spread again."""
    kept = [Fraction(0)] * len(sizes)
    open_layers = list(range(len(sizes)))
    left = Fraction(total)
    while open_layers and left > 0:
        factor = left / sum(raw[i] for i in open_layers)
        full = [i for i in open_layers if factor * raw[i] >= sizes[i]]
        if not full:
            for i in open_layers:
                kept[i] = factor * raw[i]
            break
        for i in full:
            kept[i] = Fraction(sizes[i])
            left -= sizes[i]
            open_layers.remove(i)
    return tuple(kept)


layer_budgets = Lemma(
    "layer-budgets",
    "layer budgets with a cap and redistribution sum to the budget, and no layer keeps more than "
    "it has",
    {
        "sizes": lists(integers(1, 8), 1, 4),
        "raw": lambda sizes: lists(integers(1, 8), len(sizes), len(sizes)),
        "share": reals(0, 1, bits=3),
    },
    margin=lambda sizes, raw, share: min(
        equality(sum(budgets(sizes, raw, share * sum(sizes))), share * sum(sizes)),
        *(s - k for s, k in zip(sizes, budgets(sizes, raw, share * sum(sizes)), strict=True)),
    ),
    source="Erdos-Renyi-kernel and equal-per-layer budgets (code)",
)


def frozen_top(scores: Sequence[Any], pattern: Sequence[int], kept: int) -> tuple[bool, ...]:
    """Global edge-popup with frozen scores at +infinity (locked) and -infinity (pruned)."""
    order = sorted(range(len(scores)), key=lambda i: (-pattern[i], -abs(scores[i]), i))
    chosen = set(order[:kept])
    return tuple(i in chosen for i in range(len(scores)))


frozen_search = Lemma(
    "frozen-search",
    "if locked <= kept <= n - pruned, global edge-popup with frozen scores at +-infinity keeps all "
    "locked weights and no pruned one",
    {
        "scores": SCORES,
        "pattern": lambda scores: lists(integers(-1, 1), len(scores), len(scores)),
        "kept": lambda scores: lists(integers(0, len(scores)), 1, 1),
    },
    given=lambda pattern, kept: pattern.count(1) <= kept[0] <= len(pattern) - pattern.count(-1),
    margin=lambda scores, pattern, kept: every(
        0 if p == 0 else int(b == (p == 1)) - 1
        for b, p in zip(frozen_top(scores, pattern, kept[0]), pattern, strict=True)
    ),
    source="Otsuka et al. 2025 (code)",
)

LEMMAS = (
    edge_popup,
    edge_popup_best,
    binary_projection,
    rerandomised,
    multicoat,
    magnitudes_frozen,
    layer_budgets,
    frozen_search,
)
