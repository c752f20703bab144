"""Schlisselberg and Darshan 2025: which of the weights are learnt matters, not how many."""

from __future__ import annotations

from functools import partial

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, Power, all_of, mutant
from slt_theory.theorems.common import integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem

PAPER = Paper(
    key="schlisselberg2025",
    authors="Ofir Schlisselberg, Ran Darshan",
    title="The impact of allocation strategies in subset learning on the expressive power of "
    "neural networks",
    venue="ICLR 2025",
    year=2025,
    arxiv="2502.06300",
)

_SIZE = 5


def matches(seed: int, stream: int, rows: list[list[int]]) -> bool:
    """Decide exactly whether a student with learnt weights matches a random teacher.

    Student and teacher are 5 x 5 matrices of integers of 21 bits, seen on two random inputs; `rows`
    lists the learnt columns of every row. A row with learnt columns c matches iff the error of its
    frozen part lies in the span of the inputs' coordinates c.
    """
    from flint import fmpz_mat

    draws = integers(seed, stream, 2 * _SIZE * _SIZE + 2 * _SIZE, -(1 << 20), 1 << 20)
    inputs = draws[: 2 * _SIZE].reshape(_SIZE, 2)
    student, teacher = draws[2 * _SIZE :].reshape(2, _SIZE, _SIZE)
    for row, learnt in enumerate(rows):
        frozen = [k for k in range(_SIZE) if k not in learnt]
        missing = teacher[row] @ inputs - student[row][frozen] @ inputs[frozen]
        span = inputs[learnt].reshape(-1, 2)
        both = np.vstack([span, missing])
        before = fmpz_mat(span.tolist()).rank() if len(learnt) else 0
        if fmpz_mat(both.tolist()).rank() != before:
            return False
    return True


def allocated(seed: int, spread: bool = True) -> Outcome:
    """Ten learnt weights, two a row, match ten observations; `spread` False puts them in two rows.

    Spread ones match whichever columns they take; two full rows leave the other three as they are.
    """
    failures, cases = [], 20
    for case in range(cases):
        columns = integers(seed, 100 + case, _SIZE, 0, _SIZE - 1).tolist()
        two_each = [sorted({c, (c + 1) % _SIZE}) for c in columns]
        rows = two_each if spread else [list(range(_SIZE))] * 2 + [[]] * (_SIZE - 2)
        if not matches(seed, case, rows):
            failures.append(f"case {case}")
    return all_of(failures, cases, "ten learnt weights of 25 against a random teacher")


ENTRIES = (
    Theorem(
        id="schlisselberg2025-allocation",
        title="Learnt weights match a teacher with probability 1 or 0, by where they are",
        kind="theorem",
        source=Source(PAPER, "abstract; one linear layer derived here", "arXiv", "abstract"),
        statement=Statement(
            "A linear network, recurrent or feedforward, with a fixed number of learnt weights "
            "among frozen random ones, against a random teacher",
            (parameter("teacher, student and inputs are generic", "generic", bool),),
            "There are conditions under which an allocation has the largest or the smallest "
            "expressive power, and spread allocations are in general the more expressive. For one "
            "layer seen on k inputs the match has probability 1 if every row has at least k "
            "learnt weights, and 0 otherwise.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "0: exact", "one random teacher"),
        assumptions=(),
        constants=(Constant("k", "k", "derived", "learnt weights a row for k inputs"),),
        bound=Formula("k*d", lambda k, d: k * d),
        unit="learnt weights of a square layer of width d for k inputs",
        claims="necessary",
        not_claimed=("training that finds the weights", "the paper's heuristics for other cases"),
        checks=(
            Check("one layer", "exact ranks, 5 x 5, two inputs", allocated),
            mutant(
                "number alone",
                "any ten learnt weights do",
                partial(allocated, spread=False),
                power=Power(100, 100),
            ),
        ),
    ),
)
