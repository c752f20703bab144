"""Hwang, Park, Park 2024: what networks of fixed-point numbers can represent."""

from __future__ import annotations

from functools import partial
from itertools import product

from slt_theory.theorems.checks import EXACT, Check, Outcome, all_of, mutant
from slt_theory.theorems.common import parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Paper, Quantifiers, Source, Theorem

PAPER = Paper(
    key="hwang2024",
    authors="Geonho Hwang, Yeachan Park, Sejun Park",
    title="On expressive power of quantized neural networks under fixed-point arithmetic",
    venue="arXiv",
    year=2024,
    arxiv="2409.00297",
)


def representable(largest: int, *, biases: bool = True) -> set[tuple[int, ...]]:
    """All functions that ReLU networks of weights -1 and 1 compute on the integers up to `largest`.

    A neuron adds or subtracts two values and a bias, then the sum is cut to the range: fixed-point
    arithmetic of step 1. Values of neurons are joined until nothing new appears.
    """
    inputs = range(-largest, largest + 1)

    def joined(values: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
        terms = [(0,) * len(inputs), *values, *(tuple(-x for x in v) for v in values)]
        shifts = inputs if biases else (0,)
        return {
            tuple(max(-largest, min(largest, x + y + shift)) for x, y in zip(a, b, strict=True))
            for a, b, shift in product(terms, terms, shifts)
        }

    known: set[tuple[int, ...]] = {tuple(inputs)}
    while True:
        found = known | {tuple(max(0, x) for x in value) for value in joined(known)}
        if found == known:
            return joined(known)
        known = found


def every_function(seed: int, biases: bool = True) -> Outcome:
    """Every function of -1..1 to itself is represented, all 27; `biases` False leaves them out."""
    functions = list(product(range(-1, 2), repeat=3))
    reached = representable(1, biases=biases)
    failures = [str(function) for function in functions if function not in reached]
    return all_of(failures, len(functions), "functions of fixed-point numbers, binary weights")


ENTRIES = (
    Theorem(
        id="hwang2024-fixed-point",
        title="Networks of fixed-point numbers represent every fixed-point function",
        kind="theorem",
        source=Source(PAPER, "abstract; the check derived here", "arXiv v2", "abstract"),
        statement=Statement(
            "Networks of fixed-point parameters whose sums and activations are rounded to "
            "fixed-point numbers",
            (
                parameter(
                    "the activation meets the paper's sufficient condition (ReLU, sigmoid, ELU, "
                    "SoftPlus, SiLU, Mish, GELU)",
                    "activation",
                    lambda name: name != "tanh",
                ),
            ),
            "They represent every function of fixed-point vectors to fixed-point numbers; binary "
            "weights -1 and 1 do. The condition is also necessary where some fixed-point number "
            "has activation 0.",
        ),
        quantifiers=Quantifiers("all", "all", "0: exact", "all fixed-point inputs"),
        assumptions=(),
        constants=(Constant("1", "1", "stated", "weights of size 1 do"),),
        bound=None,
        not_claimed=("a size polynomial in the precision", "sources that are random"),
        checks=(
            Check("three numbers", "all functions of -1..1, exhausted", every_function),
            mutant(
                "no bias",
                "the same without biases",
                partial(every_function, biases=False),
                power=EXACT,
            ),
        ),
    ),
)
