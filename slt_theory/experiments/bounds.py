"""Numbers for a bound: certified (proved to suffice), necessary (proved), measured.

A fourth, where the papers leave a constant open, is called fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.certified import counting_n
from slt_theory.certified.components import components
from slt_theory.errors import BadInput
from slt_theory.experiments.claims import claim_of
from slt_theory.experiments.fits import Fit, fit_constant
from slt_theory.experiments.pictures import numbers_picture
from slt_theory.experiments.question import Question
from slt_theory.experiments.sufficient import certified_for, necessary_for, statistical_for
from slt_theory.experiments.threshold import threshold
from slt_theory.experiments.widths import NetworkCost, network_cost
from slt_theory.lattice import parse_fraction, positive_fraction
from slt_theory.laws import read_law
from slt_theory.records import Record
from slt_theory.statistics import DELTA, probability
from slt_theory.theorems import Theorem, get
from slt_theory.theorems.networks import LayerShape, parse_architecture
from slt_theory.theorems.symbols import SYMBOLS

__all__ = ["BoundNumbers", "bound_numbers"]

_MEASURABLE = Fraction(1, 10**6)
_DEMANDING_TRIALS = 300


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
        Smallest n whose success share reaches 1 - delta, with `measured_interval` at 95 %.
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

    def plot(self, axis: Any = None) -> Any:
        """Draw the numbers, one line a word, on a matplotlib axis, new without one."""
        return numbers_picture(self, axis)


def _value(text: str) -> Any:
    """A parameter from the command line: a number, a truth value, or the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(parse_fraction("param", text))
    except (BadInput, OverflowError):
        return text


def _given(entry: Theorem, parameters: dict[str, str]) -> dict[str, Any]:
    """The parameters as values, the architecture left out; a name that nothing reads is refused."""
    known = ("arch", *entry.parameters)
    for name, value in parameters.items():
        if name not in known:
            raise BadInput(
                "param",
                f"{name}={value}",
                f"is not read by {entry.id}",
                f"it reads {', '.join(known)}",
            )
    return {name: _value(text) for name, text in parameters.items() if name != "arch"}


def bound_numbers(
    theorem_id: str,
    *,
    eps: Any = None,
    network_eps: Any = None,
    delta: float = DELTA,
    lo: Any = None,
    hi: Any = None,
    law: Any = None,
    parameters: dict[str, str] | None = None,
    trials: int = 2000,
    seed: int = 0,
) -> BoundNumbers:
    """The numbers of one theorem.

    Parameters
    ----------
    theorem_id : str
    eps, network_eps : number
        The error that is guaranteed for one sum, or for a network whose architecture is in
        `parameters` (``arch``: widths such as 784-500-10, or a name); exactly one. A network's
        error is shared out over its weights and delta over its sums.
    delta : float
    lo, hi : number, optional
        Window of targets, default the statement's own.
    law : optional
        Ask the statement's question about another law, see `slt_theory.laws.read_law`.
    parameters : dict of str
        ``arch`` and the symbols of the statement's formula.
    trials, seed
        Behind the measured and the fitted number; 0 trials: neither.

    Raises
    ------
    BadInput
        For an unknown id, or parameters that do not fit.
    """
    entry = claim_of(get(theorem_id), law)
    assert isinstance(entry, Theorem)
    delta = probability("delta", delta)
    given = _given(entry, parameters or {})
    each_delta = delta
    shown: dict[str, Any] = dict(parameters or {})
    if network_eps is not None and "arch" not in shown:
        raise BadInput(
            "network_eps", str(network_eps), "needs an architecture", "--param arch=784-500-10"
        )
    cost: NetworkCost | None = None
    if "arch" in shown:
        layers = parse_architecture(shown["arch"])
        cost = network_cost(entry, layers, eps=eps, network_eps=network_eps, delta=delta)
        given = _sizes(layers) | given
    if cost is not None:
        exact, each_delta = cost.entry_eps, cost.delta_per_sum
        shown |= {"eps_per_sum": float(exact), "delta_per_sum": each_delta, "sums": cost.sums}
        shown |= {"depth": cost.target_depth}
    elif network_eps is not None:
        exact = positive_fraction("network_eps", network_eps)
    else:
        exact = positive_fraction("eps", eps)
    low = entry.window[0] if lo is None else lo
    high = entry.window[1] if hi is None else hi
    certified = None
    if cost is None or cost.certified is None:
        certified = certified_for(entry, exact, each_delta, low, high)
    enough, proof = (None, None) if cost is None else (cost.certified, cost.proof)
    if certified is not None:
        enough, proof = certified.n, certified.proof
    likely = statistical_for(entry, exact, each_delta, low, high)
    needed = necessary_for(entry, exact, each_delta, low, high)
    measured, interval, used = _measured(entry, exact, each_delta, low, high, trials, seed)
    fit = fit_constant(entry, trials=min(trials, 1000), seed=seed) if trials else None
    fitted = None if fit is None else _fitted(entry, fit, float(exact), each_delta)
    asked = {"eps": float(exact), "delta": each_delta, "lo": float(low), "hi": float(high)}
    network_asked = {"eps": float(network_eps)} if network_eps is not None else {}
    return BoundNumbers(
        id=entry.id,
        eps=float(exact),
        network_eps=None if network_eps is None else float(network_eps),
        delta=float(delta),
        certified=enough,
        counting=_counting(entry, exact, each_delta, low, high),
        statistical=None if likely is None else likely.n,
        statistical_row=None if likely is None else likely.row,
        necessary=None if needed is None else needed.n,
        necessary_proof=None if needed is None else needed.proof,
        measured=measured,
        measured_interval=interval,
        fitted=fitted,
        fitted_excluded=fitted is not None and needed is not None and math.ceil(fitted) < needed.n,
        stated=_stated(entry, {**asked, "delta": delta, **network_asked, **given}),
        proof=proof,
        method=None if certified is None else certified.method,
        window=(float(low), float(high)),
        unit=_unit(entry),
        assumptions=tuple(
            {"text": a.text, "holds": a.holds({**asked, **given})} for a in entry.conditions
        ),
        parameters=shown,
        trials=used,
        steps=() if certified is None else certified.steps,
        fit=None if fit is None else fit.to_dict(),
        network=None if cost is None else cost.to_dict(),
        notes=_notes(entry, certified is None and cost is None, bool(trials) and fit is None),
    )


def _sizes(layers: Sequence[LayerShape]) -> dict[str, float]:
    """Symbols of an architecture: depth l and the largest widths d_in, d_out."""
    return {
        "l": float(len(layers)),
        "d_in": float(max(x.inputs for x in layers)),
        "d_out": float(max(x.outputs for x in layers)),
    }


def _notes(entry: Theorem, uncertified: bool, unfitted: bool) -> tuple[str, ...]:
    """Words about the law, and why a number is missing."""
    if entry.law is None:
        return ()
    law = read_law(entry.law)
    missing = uncertified and not entry.asks and not components(law)
    why = f"no certified n: {law.name} has no proved density floor around 0" if missing else ""
    fits = entry.is_about_sums and entry.claims != "necessary"
    few = "no fit: so few trials do not determine the constant; take 1000" if fits else ""
    return tuple(note for note in (law.note, why, few if unfitted else "") if note)


def _unit(entry: Theorem) -> str:
    if entry.law is None:
        return entry.unit
    who = "all targets at once" if entry.quantifiers.targets == "all" else "each fixed target"
    demands = "".join(f", {k} = {v}" for k, v in entry.asks.items())
    return f"random numbers with law {entry.law} offered to one target, {who}{demands}"


def _counting(entry: Theorem, eps: Fraction, delta: float, lo: Any, hi: Any) -> int | None:
    """Numbers below which counting excludes the claim; vectors count d coordinates."""
    if entry.law is None:
        return None
    if entry.quantifiers.targets == "all" and not entry.asks:
        return counting_n(eps, delta=delta, lo=lo, hi=hi, law=entry.law).n
    # A claim for every fixed target holds for a random one: 2^n boxes of side 2 eps must cover a
    # share 1 - delta of the window.
    dim = int(entry.asks.get("dim", 1))
    need = (1 - Fraction(delta)) * (Fraction(hi) - Fraction(lo)) ** dim
    if "size" in entry.asks:
        return None
    n = 0
    while 2**n * (2 * eps) ** dim < need:
        n += 1
    return n


def _measured(
    entry: Theorem, eps: Fraction, delta: float, lo: Any, hi: Any, trials: int, seed: int
) -> tuple[int | None, tuple[int | None, int | None] | None, int]:
    if entry.asks and trials:
        trials = min(trials, _DEMANDING_TRIALS)
    if entry.law is None or trials == 0 or eps < _MEASURABLE or delta * trials < 10:
        return None, None, 0
    vectors = entry.asks.get("dim", 1) > 1
    found = threshold(
        law=entry.law,
        eps=eps,
        delta=delta,
        targets="random" if vectors or entry.quantifiers.targets == "fixed" else "all",
        lo=lo,
        hi=hi,
        trials=trials,
        seed=seed,
        max_items=400,
        **Question.demands(entry.asks),
    )
    return found.n, (found.n_low, found.n_high), trials


def _fitted(entry: Theorem, fit: Fit, eps: float, delta: float) -> float:
    constant = fit.constants["C"][0]
    own = entry.bound is not None and set(entry.bound.symbols) == {"eps", "delta", "C"}
    if own and entry.bound is not None:
        return entry.bound(eps=eps, delta=delta, C=constant)
    return constant * math.log(2 / min(eps, delta))


def _stated(entry: Theorem, values: dict[str, Any]) -> float | None:
    """The published formula, if nothing in it is left open."""
    unnamed = any(c.provenance in ("unnamed", "fitted") for c in entry.constants)
    if entry.bound is None or unnamed:
        return None
    symbols = entry.bound.symbols
    if not all(isinstance(values.get(s), int | float) for s in symbols if s in SYMBOLS):
        return None
    try:
        return entry.bound(**{s: float(values[s]) for s in symbols})
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
