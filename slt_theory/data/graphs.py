"""Graphs with classified nodes: Zachary's karate club, and OGB folders that the user names."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import UnreadableFile
from slt_theory.extras import optional

__all__ = ["LabelledGraph", "karate_club", "read_ogb"]


@dataclass(frozen=True, eq=False, repr=False)
class LabelledGraph:
    """An undirected graph without loops whose nodes carry features and labels.

    Attributes
    ----------
    edges : int64 array (m, 2)
        Each edge once, smaller node first, in order.
    features : float64 array (n, d)
    labels : int64 array (n,)
    train, validation, test : int64 arrays or None
        Node numbers of the split that comes with the graph.
    """

    edges: NDArray[np.int64]
    features: NDArray[np.float64]
    labels: NDArray[np.int64]
    train: NDArray[np.int64] | None = None
    validation: NDArray[np.int64] | None = None
    test: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        width = self.features.shape[1]
        return f"LabelledGraph({len(self)} nodes of {width} features, {len(self.edges)} edges)"


def karate_club() -> LabelledGraph:
    """Zachary's karate club: 34 members, 78 friendships, the two sides after the split.

    A member's features are the unit vector of its number. Far too small for a claim about
    accuracy.

    Raises
    ------
    MissingExtra
        networkx, which brings the graph, is not installed.
    """
    networkx = optional("networkx", "graphs", "the karate club (networkx)")
    graph: Any = networkx.karate_club_graph()
    sides = [graph.nodes[node]["club"] == "Officer" for node in range(34)]
    edges = _undirected(np.array(graph.edges(), dtype=np.int64))
    return LabelledGraph(edges, np.eye(34), np.array(sides, dtype=np.int64))


def read_ogb(folder: str | PathLike[str]) -> LabelledGraph:
    """Read an unpacked node-classification data set of the Open Graph Benchmark, e.g. ogbn-arxiv.

    Parameters
    ----------
    folder : path
        Holds ``raw/edge.csv.gz``, ``raw/node-feat.csv.gz``, ``raw/node-label.csv.gz`` and
        ``split/NAME/{train,valid,test}.csv.gz``. Directions of edges are dropped.

    Raises
    ------
    UnreadableFile
        A file is missing, no table of numbers, or its counts do not fit the others.
    """
    root = Path(folder)
    features = _table(root / "raw/node-feat.csv.gz", np.float64)
    labels = _table(root / "raw/node-label.csv.gz", np.int64).ravel()
    edges = _table(root / "raw/edge.csv.gz", np.int64)
    nodes = len(features)
    if len(labels) != nodes or edges.shape[1] != 2:
        raise UnreadableFile(
            "path", str(root), f"holds {nodes} nodes, {len(labels)} labels, edges {edges.shape}"
        )
    splits = sorted(path for path in (root / "split").glob("*") if path.is_dir())
    if len(splits) != 1:
        raise UnreadableFile("path", str(root / "split"), "must hold exactly one split")
    parts = [
        _table(splits[0] / f"{name}.csv.gz", np.int64).ravel()
        for name in ("train", "valid", "test")
    ]
    for numbers in (edges, *parts):
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < nodes:
            raise UnreadableFile("path", str(root), f"names nodes beyond its {nodes}")
    return LabelledGraph(_undirected(edges), features, labels, *parts)


def _undirected(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each edge once, smaller node first; loops dropped."""
    ordered = np.sort(edges, axis=1)
    unique: NDArray[np.int64] = np.unique(ordered[ordered[:, 0] < ordered[:, 1]], axis=0)
    return unique


def _table(path: Path, dtype: Any) -> NDArray[Any]:
    try:
        with gzip.open(path, "rt", encoding="ascii") as lines:
            return np.loadtxt(lines, dtype=dtype, delimiter=",", ndmin=2)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UnreadableFile("path", str(path), f"cannot be read ({error})") from error
