"""Kummer et al. 2025: which sparse graph networks still see what Weisfeiler and Leman see."""

from __future__ import annotations

from functools import partial
from itertools import combinations

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

_WIDTH, _LAYERS = 6, 3


def all_graphs(nodes: int) -> NDArray[np.int64]:
    """Adjacency matrices of all labelled graphs, shape (2^(nodes choose 2), nodes, nodes)."""
    edges = list(combinations(range(nodes), 2))
    masks = np.arange(1 << len(edges))
    graphs = np.zeros((masks.size, nodes, nodes), dtype=np.int64)
    for k, (i, j) in enumerate(edges):
        graphs[:, i, j] = graphs[:, j, i] = (masks >> k) & 1
    return graphs


def _numbered(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Equal rows of a (count, length) array as equal numbers, shape (count,)."""
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)


def refinement(graphs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class of each graph under colour refinement (1-WL), one round a node."""
    count, nodes, _ = graphs.shape
    colours = np.zeros((count, nodes), dtype=np.int64)
    for _ in range(nodes):
        around = np.sort(np.where(graphs == 1, colours[:, None, :] + 1, 0), axis=2)
        rows = np.concatenate([colours[:, :, None], around], axis=2)
        colours = _numbered(rows.reshape(count * nodes, nodes + 1)).reshape(count, nodes)
    return _numbered(np.sort(colours, axis=1))


def sparse_network(
    graphs: NDArray[np.int64], weights: NDArray[np.int64], masks: NDArray[np.int64]
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


def as_fine(seed: int, path: bool = True, nodes: int = 5) -> Outcome:
    """A network that keeps one path of positive weights separates what refinement separates.

    All 2^10 graphs of five nodes. `path` False removes the path in the second layer, and with it
    every route from the input to the output.
    """
    graphs = all_graphs(nodes)
    classes = refinement(graphs)
    failures, cases = [], 6
    for case in range(cases):
        shape = (_LAYERS, _WIDTH, _WIDTH)
        weights = integers(seed, case, _LAYERS * _WIDTH**2, -999, 999).reshape(shape)
        masks = np.zeros(shape, dtype=np.int64)
        # One path: neuron k of a layer feeds neuron k' of the next, chosen at random.
        stops = integers(seed, 100 + case, _LAYERS + 1, 0, _WIDTH - 1)
        for layer in range(_LAYERS):
            masks[layer, stops[layer + 1], stops[layer]] = 1
            weights[layer, stops[layer + 1], stops[layer]] = 1 + abs(
                weights[layer, stops[layer + 1], stops[layer]]
            )
        if not path:
            masks[1] = 0
        seen = sparse_network(graphs, weights, masks)
        if len(np.unique(np.stack([classes, seen]), axis=1).T) != len(np.unique(seen)) or len(
            np.unique(seen)
        ) != len(np.unique(classes)):
            failures.append(f"network {case}: {len(np.unique(seen))} classes")
    return all_of(failures, cases, f"{len(np.unique(classes))} classes of refinement")


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
            Check("all graphs of five nodes", "classes by refinement and by network", as_fine),
            mutant(
                "any mask",
                "the path is cut in the second layer",
                partial(as_fine, path=False),
                power=Power(100, 100),
            ),
        ),
    ),
)
