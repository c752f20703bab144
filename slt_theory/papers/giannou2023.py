"""Giannou, Rajput, Papailiopoulos 2023: only the normalisation layers are tuned."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from slt_theory.theorems.checks import Check, Outcome, Power, all_of, mutant
from slt_theory.theorems.common import integers, parameter, relation
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem

PAPER = Paper(
    key="giannou2023",
    authors="Angeliki Giannou, Shashank Rajput, Dimitris Papailiopoulos",
    title="The expressive power of tuning only the normalization layers",
    venue="COLT 2023, PMLR 195, 4130-4131",
    year=2023,
    arxiv="2302.07937",
)


_WIDE = relation("width >= d^2", ("width", "d"), lambda width, d: width >= d**2)


def scaled_products(
    seed: int, stream: int, width: int, size: int, *, present: int = 4
) -> NDArray[np.int64]:
    """The map gamma -> B diag(gamma) A as a matrix, shape (size^2, width), A and B random.

    Entries are integers of -99..99, each zero unless it falls in `present` of four shares.
    """
    draws = integers(seed, stream, 2 * width * size, -99, 99)
    shares = integers(seed, 500 + stream, draws.size, 0, 3) < present
    first, second = np.where(shares, draws, 0).reshape(2, width, size)
    return (first[:, :, None] * second[:, None, :]).reshape(width, size * size).T


def rank(matrix: NDArray[np.int64]) -> int:
    """The rank over the rationals, exactly."""
    from flint import fmpz_mat

    return int(fmpz_mat(matrix.tolist()).rank())


def every_target(seed: int, missing: int = 0, present: int = 4, widen: int = 1) -> Outcome:
    """gamma -> B diag(gamma) A reaches all size x size matrices, by its exact rank."""
    failures, cases = [], 0
    for size in (2, 3, 4, 5):
        for stream in range(4):
            width = widen * size * size - missing
            cases += 1
            if rank(scaled_products(seed, 10 * size + stream, width, size, present=present)) < (
                size * size
            ):
                failures.append(f"size {size}, width {width}")
    return all_of(failures, cases, f"full rank at width {widen} size^2 - {missing}")


ENTRIES = (
    Theorem(
        id="giannou2023-normalisation",
        title="Scales of a random layer of width d^2 make any d x d matrix",
        kind="theorem",
        source=Source(PAPER, "abstract; the linear core derived here", "arXiv v2", "abstract"),
        statement=Statement(
            "A random ReLU network in which only the normalisation layers (a scale and a shift a "
            "neuron) are tuned",
            (_WIDE,),
            "It reconstructs any target network that is O(sqrt(width)) times smaller. Core: for "
            "random A (n x d) and B (d x n), gamma -> B diag(gamma) A is onto the d x d matrices "
            "if and only if n >= d^2, almost surely.",
        ),
        quantifiers=Quantifiers("all", "all", "0: exact", "all matrices"),
        assumptions=(
            parameter("weights have a density, or integers many values", "atoms", lambda v: not v),
        ),
        constants=(
            Constant("1", "1", "derived", "the core's n = d^2 is necessary and sufficient"),
        ),
        bound=Formula("d**2", lambda d: d**2),
        unit="width of the random layer",
        checks=(
            Check("full rank", "exact rank at width d^2, d = 2..5", every_target),
            mutant(
                "one less", "width d^2 - 1", partial(every_target, missing=1), power=Power(100, 100)
            ),
        ),
    ),
    Theorem(
        id="giannou2023-sparse",
        title="The same in a randomly sparsified network, of somewhat larger width",
        kind="theorem",
        source=Source(PAPER, "abstract; the width derived here", "arXiv v2", "abstract"),
        statement=Statement(
            "As giannou2023-normalisation, each weight present with probability p, independently",
            (parameter("0 < p <= 1", "p", lambda v: 0 < v <= 1),),
            "Tuning the normalisation layers still reconstructs targets, under sufficient "
            "overparameterisation.",
        ),
        quantifiers=Quantifiers("all", "all", "0: exact", "all matrices"),
        assumptions=(_WIDE,),
        constants=(Constant("C", None, "unnamed", "depends on p"),),
        bound=Formula("C*d**2/p**2", lambda d, p, C: C * d**2 / p**2),
        unit="width; an entry of the target needs neurons with both weights present",
        uses=("giannou2023-normalisation",),
        checks=(
            Check(
                "p = 1/2", "exact rank at width 8 d^2", partial(every_target, present=2, widen=8)
            ),
            mutant(
                "sparsity is free",
                "width d^2 at p = 1/2",
                partial(every_target, present=2),
                power=Power(100, 100),
            ),
        ),
    ),
)
