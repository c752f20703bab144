"""What entries share: assumptions that run, exact enumeration, random integers for small checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.theorems.conditions import Assumption
from slt_theory.theorems.entry import Paper

__all__ = [
    "OWN",
    "POSITIVE",
    "SPECTRAL",
    "all_sums",
    "at_most",
    "below",
    "integers",
    "parameter",
    "relation",
    "sizes",
    "targets_inside",
]

OWN = Paper(
    key="slt",
    authors="The slt_theory developers",
    title="slt_theory: proofs and measurements",
    venue="this package",
    year=2026,
)

POSITIVE = Assumption(
    "0 < eps and 0 < delta < 1",
    lambda p: p.get("eps", 1) > 0 and 0 < p.get("delta", 0.5) < 1,
    ("eps", "delta"),
)


def parameter(text: str, name: str, test: Callable[[Any], bool]) -> Assumption:
    """An assumption about one parameter; a question that does not name it is not held to it."""
    return Assumption(text, lambda p: bool(name not in p or test(p[name])), (name,))


def relation(text: str, names: tuple[str, ...], test: Callable[..., Any]) -> Assumption:
    """An assumption that ties parameters; a question that leaves one out is not held to it.

    Examples
    --------
    >>> fewer = relation("k <= n", ("k", "n"), lambda k, n: k <= n)
    >>> fewer.holds({"k": 3}), fewer.holds({"k": 3, "n": 2})
    (True, False)
    """

    def holds(p: dict[str, Any]) -> bool:
        return any(name not in p for name in names) or bool(test(*(p[name] for name in names)))

    return Assumption(text, holds, names)


def at_most(name: str, limit: float, text: str = "") -> Assumption:
    """``name <= limit``."""
    return parameter(text or f"{name} <= {limit:g}", name, lambda value: value <= limit)


def below(name: str, limit: float, text: str = "") -> Assumption:
    """``name < limit``."""
    return parameter(text or f"{name} < {limit:g}", name, lambda value: value < limit)


def targets_inside(limit: float) -> Assumption:
    """The window lies in [-limit, limit]."""

    def holds(p: dict[str, Any]) -> bool:
        return bool(-limit <= p.get("lo", 0) and p.get("hi", 0) <= limit)

    return Assumption(f"targets lie in [-{limit:g}, {limit:g}]", holds, ("lo", "hi"))


SPECTRAL = at_most(
    "spectral_norm", 1.0, "every target layer has spectral norm at most 1 (or is rescaled to it)"
)


def integers(seed: int, stream: int, count: int, low: int, high: int) -> NDArray[np.int64]:
    """Random integers in low .. high (both included), for small checks."""
    words = words32(seed, stream_id(Purpose.TESTS, stream), 0, count).astype(np.uint64)
    span = np.uint64(high - low + 1)
    return np.asarray(((words * span) >> np.uint64(32)).astype(np.int64) + low)


def all_sums(items: Iterable[int]) -> NDArray[np.int64]:
    """The sums of all subsets, entry m for the subset whose bits are m."""
    sums = np.zeros(1, dtype=np.int64)
    for item in items:
        sums = np.concatenate([sums, sums + int(item)])
    return sums


def sizes(n: int) -> NDArray[np.int64]:
    """Sizes of all subsets of n items, in the order of `all_sums`."""
    counts = np.zeros(1, dtype=np.int64)
    for _ in range(n):
        counts = np.concatenate([counts, counts + 1])
    return counts
