"""How a freezing ratio is spread over the random layers of a source.

Budgets of Otsuka et al. (arXiv 2402.14029) and, for sparse training, of Mocanu et al. and Evci et
al.: the same ratio everywhere, the same number of free weights in every layer ("epl"), or free
densities in proportion to (rows + columns) / (rows * columns), the Erdos-Renyi kernel ("erk"). A
layer cannot be more than wholly free: what is over goes to the others. The frozen part of a layer
is split into pruned and locked as the whole is. In the in-layer of a gadget nothing may be locked;
there the locked part stays free.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.tickets.frozen import Freezing, freezing

__all__ = ["BUDGETS", "free_shares", "spread"]

BUDGETS = ("uniform", "epl", "erk")
_GRAIN = 1 << 32


def free_shares(shapes: Sequence[tuple[int, int]], free: Fraction, budget: str) -> list[Fraction]:
    """Free fraction of every layer, exact; together they leave `free` of all weights.

    Parameters
    ----------
    shapes : sequence of (rows, columns)
    free : Fraction
        Of all weights, in (0, 1].
    budget : {"uniform", "epl", "erk"}

    Examples
    --------
    >>> [str(share) for share in free_shares([(2, 2), (4, 4)], Fraction(1, 2), "epl")]
    ['1', '3/8']
    """
    if budget == "uniform":
        return [free] * len(shapes)
    sizes = [prod(shape) for shape in shapes]
    # Free weights in proportion to these, up to the size of the layer.
    claims = [1 if budget == "epl" else sum(shape) for shape in shapes]
    left, open_layers = free * sum(sizes), set(range(len(shapes)))
    shares = [Fraction(1)] * len(shapes)
    while open_layers:
        unit = left / sum(claims[k] for k in open_layers)
        full = {k for k in open_layers if unit * claims[k] >= sizes[k]}
        if not full:
            for k in open_layers:
                shares[k] = unit * claims[k] / sizes[k]
            break
        left -= sum(sizes[k] for k in full)
        open_layers -= full
    return shares


def spread(
    prune: Any,
    lock: Any,
    budget: str,
    shapes: Sequence[tuple[int, int]],
    gadgets: Sequence[bool],
) -> tuple[Freezing, ...]:
    """The freezing of every layer.

    Parameters
    ----------
    prune, lock : number, or a sequence with a number a layer
        Sequences are a budget of their own, and need ``budget="uniform"``.
    budget : {"uniform", "epl", "erk"}
    shapes : sequence of (rows, columns)
    gadgets : sequence of bool
        Layers in which nothing may be locked.

    Raises
    ------
    BadInput
        For an unknown budget, a list of the wrong length, or a layer without free weights; names
        the feasible range.
    """
    if budget not in BUDGETS:
        raise BadInput("budget", budget, f"must be one of {', '.join(BUDGETS)}")
    lists = {name: value for name, value in (("prune", prune), ("lock", lock)) if _is_list(value)}
    for name, value in lists.items():
        if budget != "uniform":
            raise BadInput(
                name, value, f"gives each layer its ratio, and so does the budget {budget}"
            )
        if len(value) != len(shapes):
            raise BadInput(
                name,
                f"{len(value)} numbers",
                f"must be one, or one for each of {len(shapes)} layers",
            )
    if lists:
        each = [
            freezing(*(value[k] if _is_list(value) else value for value in (prune, lock)))
            for k in range(len(shapes))
        ]
    else:
        whole = freezing(prune, lock)
        each = [
            _share(whole, free) if budget != "uniform" else whole
            for free in free_shares(shapes, whole.free, budget)
        ]
    return tuple(one.gadget if gadget else one for one, gadget in zip(each, gadgets, strict=True))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _share(whole: Freezing, free: Fraction) -> Freezing:
    """The same split of another frozen share, on the lattice of the words that freeze."""
    frozen = whole.prune + whole.lock
    if not frozen:
        return whole
    parts = (part / frozen * (1 - free) for part in (whole.prune, whole.lock))
    return Freezing(*(Fraction(int(part * _GRAIN), _GRAIN) for part in parts))
