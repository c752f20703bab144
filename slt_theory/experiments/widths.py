"""Widths, random weights and mask bits of a theorem's source network for a target architecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from slt_theory.certified import Certified, certified_n
from slt_theory.errors import exactly_one
from slt_theory.lattice import positive_fraction
from slt_theory.records import Record
from slt_theory.theorems import Theorem
from slt_theory.theorems.networks import LayerShape, Layout, as_numbers

__all__ = ["NetworkCost", "network_cost"]

_Key = tuple[bool, int, Fraction, Fraction]


@dataclass(frozen=True)
class NetworkCost(Record):
    """One theorem over one architecture.

    Attributes
    ----------
    entry_eps, delta_per_sum : Fraction, float
        Error of one weight, and the share of delta of one sum.
    rule : str
        How the network's error was shared out.
    certified : int or None
        Numbers for one sum, proved to suffice for the whole network.
    at_certified : dict or None
        Depth, widths, source weights and mask bits at that n.
    """

    theorem: str
    target_weights: int
    target_depth: int
    sums: int
    entry_eps: Fraction
    delta_per_sum: float
    rule: str
    certified: int | None
    proof: str | None
    at_certified: dict[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"entry_eps": float(self.entry_eps)}


def _share(
    entry: Theorem, layers: Sequence[LayerShape], eps: Any, network_eps: Any
) -> tuple[Fraction, str]:
    """Error of one weight: as given, or by the error recursion of the statement."""
    if network_eps is None:
        return positive_fraction("eps", eps), "error of one weight as given"
    whole, depth = positive_fraction("network_eps", network_eps), len(layers)
    conv = any(layer.taps > 1 for layer in layers)
    if not conv and entry.id.startswith(("pensia", "fischer", "ferbach")):
        from slt_theory.certified.networks import root_up

        worst = max(root_up(layer.inputs * layer.outputs) for layer in layers)
        return whole / (2 * depth * worst), "eps/(2 l sqrt(d d')), Euclidean norm"
    worst = Fraction(max(layer.inputs * layer.taps for layer in layers))
    return whole / (2 * depth * worst), "eps/(2 l inputs taps), maximum norm, row sums at most 1"


def network_cost(
    entry: Theorem, layers: Sequence[LayerShape], *, eps: Any, network_eps: Any, delta: float
) -> NetworkCost | None:
    """Certified size of the source network; None if the statement has no layout for the target.

    Where the composition of the error bound is proved as a whole (dense two-layer and deep
    networks) its number is used, otherwise a union bound over all sums.

    Raises
    ------
    BadInput
        If neither or both errors are given.
    """
    exactly_one(eps=eps, network_eps=network_eps)
    construction = entry.construction
    if construction is None or not construction.applies_to(layers):
        return None
    each, rule = _share(entry, layers, eps, network_eps)
    found = (
        _union(construction, layers, each, delta)
        if network_eps is None or not construction.copied
        else None
    )
    dims = (layers[0].inputs, *(layer.outputs for layer in layers))
    chained = all(a.outputs == b.inputs for a, b in pairwise(layers))
    dense = chained and all(layer.taps == 1 for layer in layers)
    if network_eps is not None and dense and entry.id not in _POSITIVE_INPUTS:
        whole = positive_fraction("network_eps", network_eps)
        composed = _composed(_key(construction), dims, whole, delta)
        if composed is not None:
            found = composed.n, composed.proof
            each, rule = Fraction(composed.entry_error), composed.rule
    n, proof = (None, None) if found is None else found
    sums = construction.sums(layers, n or 1)
    return NetworkCost(
        theorem=entry.id,
        target_weights=sum(layer.weights for layer in layers),
        target_depth=len(layers),
        sums=sums,
        entry_eps=each,
        delta_per_sum=delta / sums,
        rule=rule,
        certified=n,
        proof=proof,
        at_certified=None if n is None else as_numbers(construction.shape(layers, n)),
    )


_POSITIVE_INPUTS = ("dacunha2022-cnn",)


def _one_sum(construction: Layout, eps: Fraction, delta: Fraction) -> Certified | None:
    if construction.asks:
        from slt_theory.certified.networks import frozen_n

        lock, prune = (Fraction(construction.asks.get(k, 0)) for k in ("lock", "prune"))
        return frozen_n(eps, delta, free=1 - lock - prune, locked=lock)
    return certified_n(eps, delta, law=construction.law)


def _union(
    construction: Layout, layers: Sequence[LayerShape], eps: Fraction, delta: float
) -> tuple[int, str] | None:
    """One sum at delta over the number of sums; copies make that number grow with n."""
    n = 1
    for _ in range(12):
        sums = construction.sums(layers, n)
        row = _one_sum(construction, eps, Fraction(delta) / sums)
        if row is None:
            return None
        if row.n <= n or not construction.copied:
            return max(n, row.n), row.proof
        n = row.n + 1
    return None


@dataclass(frozen=True)
class _Composed:
    """A composition that is proved as a whole: its largest n and smallest error of a weight."""

    n: int
    proof: str
    entry_error: float
    rule: str


@lru_cache(maxsize=32)
def _composed(
    construction: _Key, dims: tuple[int, ...], network_eps: Fraction, delta: float
) -> _Composed | None:
    from slt_theory.certified.networks import deep_widths, dense_widths

    copied, halves, free, lock = construction
    if copied:
        found = deep_widths(dims, network_eps, delta, free=free, locked=lock)
        rule = "smallest share of a layer; errors of copies travel with absolute weights"
    elif halves == 2:
        found = dense_widths(dims, network_eps, delta)
        rule = "eps/(2 l sqrt(d d')), Euclidean norm"
    else:
        return None
    if found is None:
        return None
    return _Composed(max(found.items), found.proof, min(found.entry_errors), rule)


def _key(construction: Layout) -> _Key:
    lock, prune = (Fraction(construction.asks.get(k, 0)) for k in ("lock", "prune"))
    masked = Fraction(1, 2) if construction.law.startswith("bernoulli(0.5)") else Fraction(1)
    return construction.copied, construction.halves, masked * (1 - lock - prune), lock
