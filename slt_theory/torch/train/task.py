"""Data with the split of every replicate, recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from slt_theory.data.graphs import LabelledGraph
from slt_theory.data.labelled import Labelled
from slt_theory.errors import BadInput
from slt_theory.torch.train.replicates import Draws, Use

__all__ = ["Task", "fixed_task", "graph_task", "split_task"]


@dataclass(frozen=True, eq=False, repr=False)
class Task:
    """Examples, and which of them each network of a stack trains, selects and is tested on.

    Attributes
    ----------
    name : str
    inputs : Tensor (n, ...)
        Shared by all networks; node numbers for a graph.
    labels : Tensor (n,) or (S, n)
        int64; shared, or each network's own.
    train, validation, test : Tensor (S, count)
        Example numbers of each replicate, disjoint; validation may be empty.
    """

    name: str
    inputs: Tensor
    labels: Tensor
    train: Tensor
    validation: Tensor
    test: Tensor

    @property
    def classes(self) -> int:
        """Number of classes: the largest label plus one."""
        return int(self.labels.max()) + 1

    @property
    def stack(self) -> int:
        """Number S of networks."""
        return int(self.train.shape[0])

    def part(self, name: str) -> Tensor:
        """The example numbers of train, validation or test."""
        if name not in ("train", "validation", "test"):
            raise BadInput("part", name, "must be train, validation or test")
        numbers: Tensor = getattr(self, name)
        return numbers

    def answers(self, numbers: Tensor) -> Tensor:
        """Labels of the examples `numbers` (S, count) of each network."""
        return self.labels[numbers] if self.labels.dim() == 1 else self.labels.gather(1, numbers)

    def only(self, *positions: int) -> Task:
        """The same examples with the splits of some networks."""
        pick = list(positions)
        return replace(
            self,
            labels=self.labels if self.labels.dim() == 1 else self.labels[pick],
            train=self.train[pick],
            validation=self.validation[pick],
            test=self.test[pick],
        )

    def to(self, dtype: torch.dtype) -> Task:
        """The same task with inputs in another floating type."""
        return replace(self, inputs=self.inputs.to(dtype))

    def to_dict(self) -> dict[str, Any]:
        """Name, sizes, and a hash that fixes who was trained on what."""
        parts = {name: self.part(name) for name in ("train", "validation", "test")}
        digest = hashlib.sha256()
        for numbers in parts.values():
            digest.update(numbers.contiguous().numpy().tobytes())
        counts = {name: int(numbers.shape[1]) for name, numbers in parts.items()}
        return {"name": self.name, **counts, "split_sha256": digest.hexdigest()}

    def __repr__(self) -> str:
        counts = "/".join(str(part.shape[1]) for part in (self.train, self.validation, self.test))
        return f"Task({self.name}, {self.stack} splits of {counts})"


def split_task(
    name: str,
    sample: Labelled,
    draws: Draws,
    counts: Sequence[int],
    *,
    dtype: torch.dtype = torch.float32,
) -> Task:
    """A random split of its own for every replicate.

    Parameters
    ----------
    counts : (train, validation, test)
        Together at most ``len(sample)``.
    """
    inputs = torch.from_numpy(sample.inputs).to(dtype)
    parts = _random_parts(len(sample), draws, counts)
    return Task(name, inputs, torch.from_numpy(sample.labels), *parts)


def _random_parts(size: int, draws: Draws, counts: Sequence[int]) -> list[Tensor]:
    if len(counts) != 3 or min(counts) < 0 or not 0 < sum(counts) <= size:
        raise BadInput("counts", tuple(counts), f"must be three counts of together at most {size}")
    order = draws.order(size, Use.SPLITS, 0)[:, : sum(counts)]
    return list(torch.split(order, list(counts), dim=1))


def fixed_task(
    name: str,
    train: Labelled,
    test: Labelled,
    stack: int,
    *,
    dtype: torch.dtype = torch.float32,
) -> Task:
    """One split for all replicates, as shipped with the data."""
    inputs = torch.cat([torch.from_numpy(part.inputs) for part in (train, test)]).to(dtype)
    labels = torch.cat([torch.from_numpy(part.labels) for part in (train, test)])
    numbers = torch.arange(len(labels)).expand(stack, -1)
    none = torch.empty(stack, 0, dtype=torch.int64)
    return Task(name, inputs, labels, numbers[:, : len(train)], none, numbers[:, len(train) :])


def graph_task(
    name: str, graph: LabelledGraph, draws: Draws, counts: Sequence[int] | None = None
) -> Task:
    """Classification of a graph's nodes; inputs are node numbers.

    Parameters
    ----------
    counts : (train, validation, test), optional
        A random split for every replicate; default: the split that comes with the graph.
    """
    nodes, labels = torch.arange(len(graph)), torch.from_numpy(graph.labels)
    if counts is not None:
        return Task(name, nodes, labels, *_random_parts(len(graph), draws, counts))
    if graph.train is None or graph.validation is None or graph.test is None:
        raise BadInput("counts", None, f"is needed: {name} has no split of its own")
    own = (graph.train, graph.validation, graph.test)
    return Task(
        name, nodes, labels, *(torch.from_numpy(part).expand(len(draws), -1) for part in own)
    )
