"""Softmax under perturbed scores. With r = e^x all statements are rational."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from slt_theory.testing.exact import l1, largest, matvec, vector_minus
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.network_spaces import attention_inputs
from slt_theory.testing.scalars import choice, numbers
from slt_theory.testing.space import Space, lists
from slt_theory.testing.spaces import masks, one_of

__all__ = [
    "FACTORS",
    "LEMMAS",
    "RATIOS",
    "average",
    "change_of_weights",
    "output",
    "perturbed",
    "shares",
    "softmax",
    "softmax_lemma",
]  # fmt: skip

WEIGHTS = lists(choice([Fraction(1), Fraction(1, 2), Fraction(2), Fraction(1, 4), Fraction(4),
                        Fraction(1, 64), Fraction(64), Fraction(3)]), 1, 5)  # fmt: skip
"""Exponentials of the scores of one query."""

RATIOS = one_of([Fraction(2), Fraction(3, 2), Fraction(5, 4), Fraction(9, 8), Fraction(4),
                 Fraction(65, 64), Fraction(1)])  # fmt: skip
"""e^x, where x bounds the change of every score."""

FACTORS = numbers(-1, 1, bits=1)
"""Position of each changed score between -x (at -1) and x (at 1)."""

Row = Sequence[Any]


def shares(weights: Row) -> Space[tuple[Any, ...]]:
    """Lists of one factor a weight; `perturbed` maps each to a number of [1/r, r]."""
    return lists(FACTORS, len(weights), len(weights))


def perturbed(weights: Row, moves: Row, r: Any) -> list[Any]:
    """Weights times numbers of [1/r, r]."""
    low = 1 / r
    return [w * (low + (t + 1) / 2 * (r - low)) for w, t in zip(weights, moves, strict=True)]


def softmax(weights: Row) -> tuple[Any, ...]:
    """Exponentials divided by their sum; all zero if nothing is left."""
    total = sum(weights, Fraction(0))
    return tuple(w / total if total else Fraction(0) for w in weights)


def change_of_weights(weights: Row, moves: Row, r: Any) -> Any:
    """The l1 change of the softmax."""
    return l1(vector_minus(softmax(perturbed(weights, moves, r)), softmax(weights)))


def average(weights: Row, rows: Sequence[Row]) -> tuple[Any, ...]:
    """The average of rows under softmax weights: one output of attention."""
    return matvec(list(zip(*rows, strict=True)), softmax(weights))


def output(weights: Row, rows: Sequence[Row], moves: Row, r: Any) -> Any:
    """Change of one output of attention, in the maximum norm."""
    after = average(perturbed(weights, moves, r), rows)
    return largest(vector_minus(after, average(weights, rows)))


@cache
def token_rows(count: int) -> Space[Any]:
    """Inputs of attention: `count` tokens of size 2."""
    space = attention_inputs(tokens=count, size=2)
    return Space((count,), space.slots, space.build)


def tokens(weights: Row) -> Space[Any]:
    """One value vector for each score."""
    return token_rows(len(weights))


def kept(weights: Row) -> Space[Any]:
    """All masks of the weights, some weight kept or none."""
    return masks(len(weights))


softmax_lemma = Lemma(
    "softmax-lemma",
    "if scores change by at most x each, the softmax weights change by at most 2 tanh(x / 2) in "
    "l1, for any number of tokens",
    {"weights": WEIGHTS, "moves": lambda weights: shares(weights), "r": RATIOS},
    # tanh(x / 2) = (r - 1) / (r + 1)
    margin=lambda weights, moves, r: 2 * (r - 1) / (r + 1) - change_of_weights(weights, moves, r),
    proof="softmax-lemma",
    source="Otsuka et al. 2026, sharpened",
)

published_softmax = Lemma(
    "softmax-lemma-published",
    "and so by at most e^(2 x) - 1",
    {"weights": WEIGHTS, "moves": lambda weights: shares(weights), "r": RATIOS},
    margin=lambda weights, moves, r: r * r - 1 - change_of_weights(weights, moves, r),
    proof="softmax-lemma",
    source="Otsuka et al. 2026",
)

masked_softmax = Lemma(
    "softmax-lemma-masked",
    "the bound 2 tanh(x / 2) also holds over any masked set of tokens, the same before and after",
    {
        "weights": WEIGHTS,
        "moves": lambda weights: shares(weights),
        "mask": lambda weights: kept(weights),
        "r": RATIOS,
    },
    margin=lambda weights, moves, mask, r: (
        2 * (r - 1) / (r + 1)
        - change_of_weights([w * b for w, b in zip(weights, mask, strict=True)], moves, r)
    ),
    proof="softmax-lemma",
)

attention_output = Lemma(
    "attention-output",
    "with values of norm at most alpha = 1, one output of attention moves by at most "
    "2 tanh(x / 2), whatever the number of tokens",
    {
        "weights": WEIGHTS,
        "rows": lambda weights: tokens(weights),
        "moves": lambda weights: shares(weights),
        "r": RATIOS,
    },
    margin=lambda weights, rows, moves, r: 2 * (r - 1) / (r + 1) - output(weights, rows, moves, r),
    proof="softmax-lemma",
    source="Otsuka et al. 2026",
)

attention_recursion = Lemma(
    "error-recursion-attention",
    "if moreover every value moves by at most e, the output moves by at most 2 tanh(x / 2) + e",
    {
        "weights": WEIGHTS,
        "rows": lambda weights: tokens(weights),
        "changes": lambda weights: tokens(weights),
        "moves": lambda weights: shares(weights),
        "r": RATIOS,
        "e": one_of([Fraction(1), Fraction(1, 2), Fraction(1, 8)]),
    },
    margin=lambda weights, rows, changes, moves, r, e: (
        2 * (r - 1) / (r + 1)
        + e
        - largest(
            vector_minus(
                average(
                    perturbed(weights, moves, r),
                    [
                        [v + e * c for v, c in zip(row, change, strict=True)]
                        for row, change in zip(rows, changes, strict=True)
                    ],
                ),
                average(weights, rows),
            )
        )
    ),
    source="Otsuka et al. 2026 (own form)",
)

LEMMAS = (
    softmax_lemma,
    published_softmax,
    masked_softmax,
    attention_output,
    attention_recursion,
)
