"""The numbers of one question about a bound, beside each other, each with the word of its trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slt_theory.experiments.pictures import numbers_picture
from slt_theory.records import Record

__all__ = ["BoundNumbers", "proved_fields"]


@dataclass(frozen=True)
class BoundNumbers(Record):
    """Numbers of a theorem at given parameters.

    Attributes
    ----------
    certified : int or None
        Numbers that are proved to suffice for the guaranteed error `eps`.
    counting : int or None
        Fewer cannot suffice, since there are too few subsets.
    statistical : int or None
        Certified by statistics: suffices, with probability 1 - 1e-9 over the stored trials of
        `statistical_row`.
    necessary : int or None
        Fewer cannot suffice: the best proof, `necessary_proof`.
    measured : int or None
        Smallest n whose success share reaches 1 - delta, with `measured_interval` at 95 %, for
        `measured_targets`: "all" targets of the window at once, or a "random" one. A random target
        is easier than the worst one, for which `necessary` speaks: it may be reached with fewer.
    fitted : float or None
        The statement's formula at this eps and delta with its constant fitted, see `fit`;
        `fitted_excluded` where it lies below `necessary`: a fit is no bound.
    stated : float or None
        The statement's own formula, if all its constants are named and all symbols given.
    proof : str or None
        Id of the proof behind the certified number.
    unit : str
        What n counts.
    network : dict or None
        Depth, widths, random weights and mask bits for the architecture asked about.
    notes : tuple of str
        Why a number is missing, and words about the law.
    """

    id: str
    eps: float | None
    network_eps: float | None
    delta: float
    certified: int | None
    counting: int | None
    statistical: int | None
    statistical_row: str | None
    necessary: int | None
    necessary_proof: str | None
    measured: int | None
    measured_interval: tuple[int | None, int | None] | None
    fitted: float | None
    stated: float | None
    proof: str | None
    method: str | None
    window: tuple[float, float]
    unit: str
    assumptions: tuple[dict[str, Any], ...]
    parameters: dict[str, Any]
    trials: int
    steps: tuple[str, ...] = ()
    fit: dict[str, Any] | None = None
    fitted_excluded: bool = False
    network: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    measured_targets: str | None = None

    def plot(self, axis: Any = None) -> Any:
        """Draw the numbers, one line a word, on a matplotlib axis, new without one."""
        return numbers_picture(self, axis)


def proved_fields(certified: Any, statistical: Any, necessary: Any) -> dict[str, Any]:
    """The fields of three answers of `slt_theory.certified`; None where there is none."""
    return {
        "certified": None if certified is None else certified.n,
        "proof": None if certified is None else certified.proof,
        "method": None if certified is None else certified.method,
        "steps": () if certified is None else certified.steps,
        "statistical": None if statistical is None else statistical.n,
        "statistical_row": None if statistical is None else statistical.row,
        "necessary": None if necessary is None else necessary.n,
        "necessary_proof": None if necessary is None else necessary.proof,
    }
