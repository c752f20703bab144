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
from slt_theory.experiments.bound_record import BoundNumbers, proved_fields
from slt_theory.experiments.claims import claim_of
from slt_theory.experiments.fits import Fit, fit_constant
from slt_theory.experiments.question import Question
from slt_theory.experiments.sufficient import certified_for, necessary_for, statistical_for
from slt_theory.experiments.threshold import threshold
from slt_theory.experiments.widths import NetworkCost, network_cost
from slt_theory.lattice import parse_fraction, positive_fraction
from slt_theory.laws import read_law
from slt_theory.statistics import DELTA, probability
from slt_theory.theorems import Theorem, get
from slt_theory.theorems.networks import LayerShape, parse_architecture
from slt_theory.theorems.symbols import SYMBOLS

__all__ = ["bound_numbers"]

_MEASURABLE = Fraction(1, 10**6)
_DEMANDING_TRIALS = 300


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
    asked = _asked(entry, eps, network_eps, delta, parameters or {})
    window = (entry.window[0] if lo is None else lo, entry.window[1] if hi is None else hi)
    total = None if network_eps is None else float(network_eps)
    return _numbers(entry, asked, delta, total, window, trials=trials, seed=seed)


def _numbers(
    entry: Theorem,
    asked: _Asked,
    delta: float,
    network_eps: float | None,
    window: tuple[Any, Any],
    *,
    trials: int,
    seed: int,
) -> BoundNumbers:
    """The record of all numbers, proved, measured and fitted."""
    cost = asked.cost
    question = (entry, asked.eps, asked.delta, *window)
    # A network whose widths are certified as a whole needs no bound of one sum.
    whole = cost is not None and cost.certified is not None
    certified = None if whole else certified_for(*question)
    needed = necessary_for(*question)
    proved = proved_fields(certified, statistical_for(*question), needed)
    if cost is not None and certified is None:
        proved |= {"certified": cost.certified, "proof": cost.proof}
    fit = fit_constant(entry, trials=min(trials, 1000), seed=seed) if trials else None
    fitted = None if fit is None else _fitted(entry, fit, float(asked.eps), asked.delta)
    targets = _measured_targets(entry)
    measured, interval, used = _measured(*question, targets, trials, seed)
    return BoundNumbers(
        id=entry.id,
        eps=float(asked.eps),
        network_eps=network_eps,
        delta=float(delta),
        counting=_counting(*question),
        measured=measured,
        measured_interval=interval,
        trials=used,
        measured_targets=targets if used else None,
        fitted=fitted,
        fitted_excluded=fitted is not None and needed is not None and math.ceil(fitted) < needed.n,
        fit=None if fit is None else fit.to_dict(),
        parameters=asked.shown,
        network=None if cost is None else cost.to_dict(),
        notes=_notes(entry, certified is None and cost is None, bool(trials) and fit is None),
        **_statement(entry, asked, delta, network_eps, window),
        **proved,
    )


def _statement(
    entry: Theorem,
    asked: _Asked,
    delta: float,
    network_eps: float | None,
    window: tuple[Any, Any],
) -> dict[str, Any]:
    """The published number, its unit and window, and whether its assumptions hold."""
    low, high = float(window[0]), float(window[1])
    one_sum = {"eps": float(asked.eps), "delta": asked.delta, "lo": low, "hi": high}
    everything = {} if network_eps is None else {"eps": network_eps}
    return {
        "stated": _stated(entry, {**one_sum, "delta": delta, **everything, **asked.given}),
        "window": (low, high),
        "unit": _unit(entry),
        "assumptions": tuple(
            {"text": a.text, "holds": a.holds({**one_sum, **asked.given})} for a in entry.conditions
        ),
    }


@dataclass(frozen=True)
class _Asked:
    """Error and failure probability of one sum, and what a network costs that shares them out."""

    eps: Fraction
    delta: float
    given: dict[str, Any]
    shown: dict[str, Any]
    cost: NetworkCost | None = None


def _asked(
    entry: Theorem, eps: Any, network_eps: Any, delta: float, parameters: dict[str, str]
) -> _Asked:
    given, shown, cost = _given(entry, parameters), dict[str, Any](parameters), None
    if "arch" in shown:
        layers = parse_architecture(shown["arch"])
        given = _sizes(layers) | given
        cost = network_cost(entry, layers, eps=eps, network_eps=network_eps, delta=delta)
    elif network_eps is not None:
        raise BadInput(
            "network_eps", str(network_eps), "needs an architecture", "--param arch=784-500-10"
        )
    if cost is None:
        name, error = ("eps", eps) if network_eps is None else ("network_eps", network_eps)
        return _Asked(positive_fraction(name, error), delta, given, shown)
    each = cost.entry_eps, cost.delta_per_sum
    shown |= {"eps_per_sum": float(each[0]), "delta_per_sum": each[1], "sums": cost.sums}
    shown |= {"depth": cost.target_depth}
    return _Asked(*each, given, shown, cost)


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


def _measured_targets(entry: Theorem) -> str:
    vectors = entry.asks.get("dim", 1) > 1
    return "random" if vectors or entry.quantifiers.targets == "fixed" else "all"


def _measured(
    entry: Theorem,
    eps: Fraction,
    delta: float,
    lo: Any,
    hi: Any,
    targets: str,
    trials: int,
    seed: int,
) -> tuple[int | None, tuple[int | None, int | None] | None, int]:
    if entry.asks and trials:
        trials = min(trials, _DEMANDING_TRIALS)
    if entry.law is None or trials == 0 or eps < _MEASURABLE or delta * trials < 10:
        return None, None, 0
    found = threshold(
        law=entry.law,
        eps=eps,
        delta=delta,
        targets=targets,
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
