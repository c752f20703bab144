"""Zeng and Lee 2024: how much low-rank adapters can adapt."""

from __future__ import annotations

from functools import partial
from typing import Any

from slt_theory.theorems.checks import Check, Outcome, Power, all_of, mutant
from slt_theory.theorems.common import integers, parameter, relation
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem

PAPER = Paper(
    key="zeng2024",
    authors="Yuchen Zeng, Kangwook Lee",
    title="The expressive power of low-rank adaptation",
    venue="ICLR 2024",
    year=2024,
    arxiv="2310.17513",
)


def _random(seed: int, stream: int, size: int) -> Any:
    from flint import fmpq_mat, fmpz_mat

    draws = integers(seed, stream, size * size, -999, 999)
    return fmpq_mat(fmpz_mat(draws.reshape(size, size).tolist()))


def adapters(frozen: list[Any], target: Any, rank: int) -> list[Any]:
    """Updates D_k of rank at most `rank` with (W_L + D_L) ... (W_1 + D_1) = target, or fewer.

    The difference E = target - W_L ... W_1 is written as a sum of pieces E_k on disjoint sets of
    `rank` columns; D_k = (later layers)^-1 E_k (earlier updated layers)^-1 adds E_k, exactly.
    """
    from flint import fmpq_mat

    size = target.nrows()
    product = _product(frozen)
    missing = target - product
    updates, done = [], _identity(size)
    for k, weight in enumerate(frozen):
        columns = range(k * rank, min(size, (k + 1) * rank))
        piece = fmpq_mat(size, size)
        for i in range(size):
            for j in columns:
                piece[i, j] = missing[i, j]
        later = _product(frozen[k + 1 :], size)
        updates.append(later.inv() * piece * done.inv())
        done = (weight + updates[-1]) * done
    return updates


def _identity(size: int) -> Any:
    from flint import fmpq_mat

    one = fmpq_mat(size, size)
    for i in range(size):
        one[i, i] = 1
    return one


def _product(layers: list[Any], size: int = 0) -> Any:
    """W_L ... W_1 of a list [W_1, ..., W_L]."""
    result = _identity(layers[0].nrows() if layers else size)
    for layer in layers:
        result = layer * result
    return result


def exact_adaptation(seed: int, less: int = 0, layers: int = 0) -> Outcome:
    """Linear layers adapt exactly at rank ceil(D / L) and not at one less, over the rationals.

    Updates of rank R change the product of L layers by rank at most L R, so none do where the
    difference to the target has a larger rank; where it has not, updates are built and compared.
    `less` takes the rank down; `layers` fixes L.
    """
    failures, cases = [], 0
    for size, depth in ((4, 2), (6, 3), (5, 2), (6, 2)):
        if layers and depth != layers:
            continue
        rank = -(-size // depth) - less
        frozen = [_random(seed, 100 * size + 10 * depth + k, size) for k in range(depth)]
        target = _random(seed, 7000 + 100 * size + depth, size)
        cases += 1
        missing = (target - _product(frozen)).rank()
        if missing > depth * rank:
            failures.append(f"D = {size}, L = {depth}, rank {rank}: a difference of rank {missing}")
            continue
        updates = adapters(frozen, target, rank)
        adapted = _product([w + d for w, d in zip(frozen, updates, strict=True)])
        if adapted != target or any(d.rank() > rank for d in updates):
            failures.append(f"D = {size}, L = {depth}, rank {rank}")
    return all_of(failures, cases, "exact adaptation of products of frozen layers")


ENTRIES = (
    Theorem(
        id="zeng2024-fully-connected",
        title="Adapters of rank width times depth of the target over depth of the frozen network",
        kind="theorem",
        source=Source(PAPER, "abstract; the linear core derived here", "arXiv v3", "abstract"),
        statement=Statement(
            "A frozen fully connected network of width D and depth r times that of a "
            "smaller target, "
            "a low-rank update on every weight matrix",
            (
                relation("rank >= D / r", ("rank", "d", "r"), lambda rank, d, r: rank >= d / r),
                parameter("the frozen weights are generic", "generic", bool),
            ),
            "Some updates make it represent the target exactly. For linear layers rank ceil(D/r) "
            "is also necessary: updates of rank R change a product of r layers by rank at most "
            "r R.",
        ),
        quantifiers=Quantifiers("all", "all", "0: exact", "all targets of smaller size"),
        assumptions=(),
        constants=(Constant("1", "1", "stated", "rank = D / r"),),
        bound=Formula("d/r", lambda d, r: d / r),
        unit="rank of an update",
        not_claimed=("finding the updates by training",),
        checks=(
            Check(
                "linear layers", "updates built and compared over the rationals", exact_adaptation
            ),
            mutant(
                "one rank less",
                "rank ceil(D/r) - 1",
                partial(exact_adaptation, less=1),
                power=Power(100, 100),
            ),
        ),
    ),
    Theorem(
        id="zeng2024-transformer",
        title="Adapters of half the embedding size adapt attention weights",
        kind="theorem",
        source=Source(PAPER, "abstract; the pair of layers derived here", "arXiv v3", "abstract"),
        statement=Statement(
            "A frozen transformer with low-rank updates on its attention weights",
            (relation("rank >= D/2", ("rank", "d"), lambda rank, d: rank >= d / 2),),
            "It can be adapted to any transformer of the same size: query and key, and value and "
            "output, are products of two matrices, so rank D/2 on each does.",
        ),
        quantifiers=Quantifiers("all", "all", "0: exact", "all targets of the same size"),
        assumptions=(parameter("the frozen weights are generic", "generic", bool),),
        constants=(Constant("1/2", "1/2", "stated", "two matrices in a product"),),
        bound=Formula("d/2", lambda d: d / 2),
        unit="rank of an update",
        uses=("zeng2024-fully-connected", "otsuka2026-two-for-one"),
        checks=(
            Check("pairs", "products of two matrices, exact", partial(exact_adaptation, layers=2)),
            mutant(
                "less",
                "rank D/2 - 1",
                partial(exact_adaptation, layers=2, less=1),
                power=Power(100, 100),
            ),
        ),
    ),
)
