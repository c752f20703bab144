"""What the check of a ticket found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.records import Record
from slt_theory.tickets.checking.edges import Edges
from slt_theory.tickets.size import Size

__all__ = ["Verification"]


@dataclass(frozen=True)
class Verification(Record):
    """Result of the check of one ticket against one target.

    Attributes
    ----------
    ok : bool
        Complete, well-formed, every weight within its eps, and no claim of the file too good.
    complete : bool
    weights : int
        Target weights and biases.
    max_weight_error, median_weight_error : float
        Exact errors of the effective weights, rounded up to float; a weight with two halves counts
        with the worse.
    sup_error_bound : float
        No input of the domain has a larger error (sup norm of the output): the smallest of
        `bounds`.
    sup_error_found : float
        Some input of the domain has at least this error.
    layer_error_bounds : tuple of float
        An upper bound after every layer, by intervals. Copies that are switched off (0 for every
        input, and left out of what the next layer takes) do not count.
    failures : tuple of str
        Everything that is wrong, in words.
    bounds : dict from str to float
        Upper bounds of the error by method: "interval", and "relaxation" for a ticket of several
        layers that is right so far.
    size : Size or None
        Bits that the ticket stores; None for one that could not be read.
    edges : Edges or None
        Errors of convolutions at the border and inside; None without convolutions.
    parts : tuple of Verification
        Of a transformer: the checks of its parts, each on the ball that its tokens lie in.
    witnesses : tuple of float64 arrays (numbers in,)
        Inputs with large errors: one of them has `sup_error_found`, or one of a seeded set.
    """

    ok: bool
    complete: bool
    weights: int
    max_weight_error: float
    median_weight_error: float
    sup_error_bound: float
    sup_error_found: float
    layer_error_bounds: tuple[float, ...]
    failures: tuple[str, ...]
    bounds: dict[str, float] = field(default_factory=dict)
    size: Size | None = None
    edges: Edges | None = None
    parts: tuple[Verification, ...] = ()
    witnesses: tuple[NDArray[np.float64], ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def refused(
        cls, failures: Sequence[str], *, complete: bool, weights: int, layers: int
    ) -> Verification:
        """Nothing is known of the errors of a ticket whose check could not be ended."""
        return cls(
            ok=False,
            complete=complete,
            weights=weights,
            max_weight_error=math.inf,
            median_weight_error=math.inf,
            sup_error_bound=math.inf,
            sup_error_found=0.0,
            layer_error_bounds=(math.inf,) * layers,
            failures=tuple(failures),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, under the keys of ``slt ticket verify --json``."""
        return {
            "ok": self.ok,
            "complete": self.complete,
            "weights": self.weights,
            "max_weight_error": self.max_weight_error,
            "median_weight_error": self.median_weight_error,
            "sup_error_bound": self.sup_error_bound,
            "sup_error_bounds": dict(self.bounds),
            "sup_error_found": self.sup_error_found,
            "layer_error_bounds": list(self.layer_error_bounds),
            **({} if self.size is None else {"size": self.size.to_dict()}),
            **({} if self.edges is None else asdict(self.edges)),
            **({"parts": [part.certificate() for part in self.parts]} if self.parts else {}),
            "failures": list(self.failures),
        }

    def certificate(self) -> dict[str, Any]:
        """The part that a ticket file carries."""
        record = self.to_dict()
        return {key: record[key] for key in record if key not in ("ok", "complete", "failures")}
