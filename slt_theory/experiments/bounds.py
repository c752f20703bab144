"""Three numbers for a bound: certified (proved to suffice), counting (necessary), measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from slt_theory.certified import certified_n, counting_n
from slt_theory.errors import BadInput
from slt_theory.experiments.threshold import threshold
from slt_theory.lattice import positive_fraction
from slt_theory.statistics import probability
from slt_theory.theorems import get

__all__ = ["BoundNumbers", "bound_numbers"]

_MEASURABLE = Fraction(1, 10**6)


@dataclass(frozen=True)
class BoundNumbers:
    """What a theorem asks for at given parameters.

    Attributes
    ----------
    certified : int or None
        Numbers that are proved to suffice for the guaranteed error `eps`.
    counting : int or None
        Fewer cannot suffice.
    measured : int or None
        Smallest n whose success share reaches 1 - delta, with `measured_interval` at 95 %.
    fitted : None
        The constant of the statement fitted to measurements, where that was done.
    proof : str or None
        Id of the proof behind the certified number.
    unit : str
        What n counts.
    """

    id: str
    eps: float
    network_eps: float | None
    delta: float
    certified: int | None
    counting: int | None
    measured: int | None
    measured_interval: tuple[int | None, int | None] | None
    fitted: float | None
    proof: str | None
    method: str | None
    window: tuple[float, float]
    unit: str
    assumptions: tuple[dict[str, Any], ...]
    parameters: dict[str, Any]
    trials: int
    steps: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def _architecture(text: str) -> list[int]:
    try:
        widths = [int(part) for part in text.split("-")]
    except ValueError:
        widths = []
    if len(widths) < 2 or min(widths, default=0) < 1:
        raise BadInput("arch", text, "must be widths joined by '-'", "e.g. arch=784-500-10")
    return widths


def _per_sum(
    network_eps: Any, delta: float, parameters: dict[str, str]
) -> tuple[Fraction, float, dict[str, Any]]:
    """Error and failure probability of one sum, by the union bound and eps / (2 l d_i d_{i-1})."""
    whole = positive_fraction("network_eps", network_eps)
    if "arch" not in parameters:
        raise BadInput(
            "network_eps", float(whole), "needs an architecture", "--param arch=784-500-10"
        )
    widths = _architecture(parameters["arch"])
    sizes = [a * b for a, b in zip(widths[:-1], widths[1:], strict=True)]
    sums = 2 * sum(sizes)
    return (
        whole / (2 * len(sizes) * max(sizes)),
        delta / sums,
        {"depth": len(sizes), "sums": sums, "widths": widths},
    )


def bound_numbers(
    theorem_id: str,
    *,
    eps: Any = None,
    network_eps: Any = None,
    delta: float,
    lo: Any = None,
    hi: Any = None,
    parameters: dict[str, str] | None = None,
    trials: int = 2000,
    seed: int = 0,
) -> BoundNumbers:
    """The three numbers of one theorem.

    Parameters
    ----------
    theorem_id : str
    eps : number
        The error that is guaranteed for one sum; or `network_eps` with ``arch`` in `parameters`
        (norms at most 1, unit ball), turned into the error of one sum by a union bound.
    delta : float
    lo, hi : number, optional
        Window of targets, default the statement's own.
    trials, seed
        Behind the measured number; 0 trials: not measured.

    Raises
    ------
    BadInput
        For an unknown id, or a theorem that is not about sums of random numbers.
    """
    entry = get(theorem_id)
    probability("delta", delta)
    if entry.law is None:
        raise BadInput("theorem", theorem_id, "has no bound on random subset sums")
    shown: dict[str, Any] = dict(parameters or {})
    each_delta = delta
    if network_eps is not None:
        exact, each_delta, derived = _per_sum(network_eps, delta, parameters or {})
        shown |= derived | {"eps_per_sum": float(exact), "delta_per_sum": each_delta}
    else:
        exact = positive_fraction("eps", eps)
    low = entry.window[0] if lo is None else lo
    high = entry.window[1] if hi is None else hi
    certified = certified_n(exact, each_delta, lo=low, hi=high, law=entry.law)
    counting = counting_n(exact, delta=each_delta, lo=low, hi=high)
    measured = interval = None
    measurable = exact >= _MEASURABLE and each_delta * trials >= 10 and trials > 0
    if measurable:
        found = threshold(
            law=entry.law, eps=exact, delta=each_delta, lo=low, hi=high, trials=trials, seed=seed
        )
        measured, interval = found.n, (found.n_low, found.n_high)
    asked = {"eps": float(exact), "delta": each_delta, "lo": float(low), "hi": float(high)}
    return BoundNumbers(
        id=entry.id,
        eps=float(exact),
        network_eps=None if network_eps is None else float(network_eps),
        delta=float(delta),
        certified=None if certified is None else certified.n,
        counting=counting.n,
        measured=measured,
        measured_interval=interval,
        fitted=None,
        proof=None if certified is None else certified.proof,
        method=None if certified is None else certified.method,
        window=(float(low), float(high)),
        unit=f"random numbers with law {entry.law} offered to one target, all targets at once",
        assumptions=tuple(
            {"text": a.text, "holds": a.holds({**asked, **shown})} for a in entry.assumptions
        ),
        parameters=shown,
        trials=trials if measurable else 0,
        steps=() if certified is None else certified.steps,
    )
