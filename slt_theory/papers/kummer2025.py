"""Kummer et al. 2025: which sparse graph networks still see what Weisfeiler and Leman see."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from slt_theory.theorems.checks import Check, Outcome, Power, all_of, mutant
from slt_theory.theorems.common import integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

PAPER = Paper(
    key="kummer2025",
    authors="Lorenz Kummer, Samir Moustafa, Anatol Ehrlich, Franka Bause, Nikolaus Suess, Wilfried "
    "N. Gansterer, Nils M. Kriege",
    title="Weisfeiler and Leman go gambling: why expressive lottery tickets win",
    venue="ICML 2025",
    year=2025,
    arxiv="2506.03919",
)

_WIDTH, _LAYERS = 6, 4


@cache
def _up_to_isomorphism(nodes: int) -> tuple[int, ...]:
    """One code for each isomorphism class of graphs: bit k of it is the k-th pair of nodes.

    A code is the least over all orders of the nodes; `nodes` is at most 6, for 720 orders.
    """
    pairs = list(combinations(range(nodes), 2))
    codes = np.arange(1 << len(pairs)) if nodes < 3 else _codes(extended(nodes))
    least = codes
    for order in permutations(range(nodes)):
        place = [pairs.index((min(order[i], order[j]), max(order[i], order[j]))) for i, j in pairs]
        moved = sum(((codes >> k) & 1) << to for k, to in enumerate(place))
        least = np.minimum(least, moved)
    return tuple(np.unique(least).tolist())


def _codes(graphs: NDArray[np.int64]) -> NDArray[np.int64]:
    pairs = combinations(range(graphs.shape[1]), 2)
    return np.asarray(sum(graphs[:, i, j] << k for k, (i, j) in enumerate(pairs)))


def extended(nodes: int) -> NDArray[np.int64]:
    """Adjacency matrices of every graph of so many nodes, some of them several times.

    Each graph of one node less, up to isomorphism, with a further node joined to every set of its
    nodes: shape (count, nodes, nodes), `nodes` from 2 to 7.

    Examples
    --------
    >>> extended(4).shape
    (32, 4, 4)
    """
    old = np.array(_up_to_isomorphism(nodes - 1))
    count, joins = old.size, 1 << (nodes - 1)
    graphs = np.zeros((count, joins, nodes, nodes), dtype=np.int64)
    for k, (i, j) in enumerate(combinations(range(nodes - 1), 2)):
        graphs[:, :, i, j] = graphs[:, :, j, i] = ((old >> k) & 1)[:, None]
    for i in range(nodes - 1):
        graphs[:, :, i, -1] = graphs[:, :, -1, i] = (np.arange(joins) >> i) & 1
    return graphs.reshape(-1, nodes, nodes)


def _numbered(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Equal rows of a (count, length) array as equal numbers, shape (count,); entries >= 0."""
    numbers = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        _, column = np.unique(column, return_inverse=True)
        # Column by column: sorting numbers is ten times as fast as sorting rows.
        _, numbers = np.unique(numbers * (column.max() + 1) + column, return_inverse=True)
    return numbers


def refinement(graphs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class of each graph under colour refinement (1-WL), one round a node."""
    count, nodes, _ = graphs.shape
    colours = np.zeros((count, nodes), dtype=np.int64)
    for _ in range(nodes):
        around = np.sort(np.where(graphs == 1, colours[:, None, :] + 1, 0), axis=2)
        rows = np.concatenate([colours[:, :, None], around], axis=2)
        colours = _numbered(rows.reshape(count * nodes, nodes + 1)).reshape(count, nodes)
    return _numbered(np.sort(colours, axis=1))


@cache
def refined(nodes: int) -> NDArray[np.int64]:
    """The class of each of the `extended` graphs under colour refinement."""
    return refinement(extended(nodes))


def sparse_network(
    graphs: NDArray[np.int64], weights: NDArray[np.int64], masks: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Class of each graph by the sums over its nodes of h <- relu(W (5 h + sum of neighbours)).

    weights and masks: (layers, width, width), integers; the first layer sees the constant 1.
    Values of a layer are squared, a moment that separates multisets which sums alone do not, and
    reduced modulo the prime 2^31 - 1 so that integers stay exact.
    """
    count, nodes, _ = graphs.shape
    h = np.ones((count, nodes, weights.shape[1]), dtype=np.int64)
    for matrix, mask in zip(weights, masks, strict=True):
        h = (5 * h + graphs @ h) @ (matrix * mask).T
        h = np.maximum(h, 0) % (2**31 - 1)
        h = (h * h + h) % (2**31 - 1)
    return _numbered(h.sum(axis=1))


def _paths(seed: int, case: int) -> NDArray[np.bool_]:
    """Masks of one path: neuron k of a layer feeds neuron k' of the next, at random places."""
    stops = integers(seed, 100 + case, _LAYERS + 1, 0, _WIDTH - 1)
    masks = np.zeros((_LAYERS, _WIDTH, _WIDTH), dtype=np.bool_)
    masks[np.arange(_LAYERS), stops[1:], stops[:-1]] = True
    return masks


def _anywhere(seed: int, case: int) -> NDArray[np.bool_]:
    """Masks of as many weights as a path has, one a layer, at random places."""
    masks = np.zeros((_LAYERS, _WIDTH**2), dtype=np.bool_)
    masks[np.arange(_LAYERS), integers(seed, 100 + case, _LAYERS, 0, _WIDTH**2 - 1)] = True
    return masks.reshape(_LAYERS, _WIDTH, _WIDTH)


def as_fine(seed: int, kept: Callable[[int, int], NDArray[np.bool_]] = _paths) -> Outcome:
    """A network that keeps one path of positive weights separates what refinement separates.

    All graphs of 2 to 7 nodes; `kept` says which weights a mask keeps.
    """
    failures, cases, found = [], 3, []
    for nodes in range(2, 8):
        graphs = extended(nodes)
        classes = refined(nodes)
        found.append(str(len(np.unique(classes))))
        for case in range(cases):
            shape = (_LAYERS, _WIDTH, _WIDTH)
            weights = integers(seed, case, _LAYERS * _WIDTH**2, 1, 999).reshape(shape)
            seen = sparse_network(graphs, weights, kept(seed, case))
            joint = len(np.unique(np.stack([classes, seen]), axis=1).T)
            if not joint == len(np.unique(seen)) == len(np.unique(classes)):
                failures.append(f"{nodes} nodes, network {case}: {len(np.unique(seen))} classes")
    words = f"{', '.join(found)} classes of refinement, graphs of 2 to 7 nodes"
    return all_of(failures, 6 * cases, words)


ENTRIES = (
    Theorem(
        id="kummer2025-expressive-tickets",
        title="A sparse graph network that keeps its critical paths is as expressive as 1-WL",
        kind="theorem",
        source=Source(PAPER, "abstract; critical paths as summarised", "arXiv v1", "abstract"),
        statement=Statement(
            "A random moment-based message-passing network and a mask of its weights",
            (parameter("the mask keeps the critical paths", "critical_paths", bool),),
            "The sparse network distinguishes the graphs that the full one does, in particular "
            "those that colour refinement (1-WL) does; so sparse subnetworks as expressive as the "
            "full network exist at initialisation. Expressivity that a mask destroys cannot be "
            "trained back.",
        ),
        quantifiers=Quantifiers("all", "all", "0: exact classes", "graphs"),
        assumptions=(),
        constants=(Constant("1", "1", "derived", "one path does in the check"),),
        bound=Formula("l", lambda l: l),  # noqa: E741
        unit="weights kept for one path through l layers (ours)",
        not_claimed=("higher orders of Weisfeiler and Leman", "accuracy after training"),
        known_issues=(
            KnownIssue("definition 3.1 of critical paths was not read; the check keeps one path"),
        ),
        checks=(
            Check("graphs of 2 to 7 nodes", "classes by refinement and by network", as_fine),
            mutant(
                "any mask",
                "as many weights kept, at random places",
                partial(as_fine, kept=_anywhere),
                power=Power(100, 100),
            ),
        ),
    ),
)
