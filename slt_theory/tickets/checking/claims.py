"""What a ticket file claims, against what was recomputed: nothing may be too good.

Claims are compared name by name. One that was not recomputed is refused, whatever it says, and so
is NaN. A file may lack a method that a later version added, not a number of its own kind of ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from slt_theory.plural import counted
from slt_theory.tickets.checking.check import Verification
from slt_theory.tickets.checking.edges import Edges
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "HEADROOM",
    "claim_failures",
    "claimed",
    "claims_less",
    "edge_failures",
    "incomplete_failures",
    "network_eps_failures",
    "read_claims",
    "round_down",
    "round_up",
    "rounded_edges",
    "too_good",
    "unknown_claims",
]

HEADROOM = {"interval": 1.0, "relaxation": 1.01}
"""Room in a claim for other machines: their rounding can steer the descent of a relaxation."""


def round_up(value: float) -> float:
    """Up to six significant digits: other machines' summation orders cannot undercut the claim."""
    if not np.isfinite(value) or value == 0:
        return value
    digits, exponent = f"{value:.5e}".split("e")
    while float(f"{digits}e{exponent}") < value:
        digits = f"{float(digits) + 1e-5:.5f}"
    return float(f"{digits}e{exponent}")


def round_down(value: float) -> float:
    """Down to six significant digits, for the same reason."""
    if value <= 0:
        return value
    digits, exponent = f"{value:.5e}".split("e")
    while float(f"{digits}e{exponent}") > value:
        digits = f"{float(digits) - 1e-5:.5f}"
    return float(f"{digits}e{exponent}")


def claimed(record: Any, name: Any) -> float:
    """A number of a certificate.

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        If it is missing, or no number: text, a truth value, NaN, an integer beyond every float.
    """
    value = record[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"{name} = {value!r}"[:80])
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is out of range") from None


def read_claims(ticket: Ticket, judge: Callable[[dict[str, Any]], list[str]]) -> list[str]:
    """Findings of `judge` in a file's certificate; one that cannot be read is a failure, too."""
    if not ticket.certificate:
        return ["the file carries no certificate"]
    try:
        return judge(ticket.certificate)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return [f"the certificate cannot be read ({error!r})"]


def unknown_claims(claims: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """Claims of a name that was not recomputed."""
    unknown = sorted(set(claims) - set(known))
    return [f"claims {name[:80]}, which was not recomputed" for name in unknown]


def too_good(what: str, claim: float, recomputed: float) -> list[str]:
    """An upper bound below what was recomputed."""
    if claim >= recomputed:
        return []
    return [f"claims {what} {claim:.6g}, recomputed {recomputed:.6g}"]


def claims_less(ticket: Ticket, method: str, recomputed: float) -> bool:
    """True if a file claims a smaller error by `method`; what cannot be read is judged later."""
    try:
        return claimed(ticket.certificate["sup_error_bounds"], method) < recomputed
    except (KeyError, TypeError, ValueError):
        return False


def rounded_edges(edges: Edges) -> Edges:
    """Errors at the border and inside, bounds rounded up and findings down to six digits."""
    return Edges(
        border_error_bound=round_up(edges.border_error_bound),
        border_error_found=round_down(edges.border_error_found),
        interior_error_bound=round_up(edges.interior_error_bound),
        interior_error_found=round_down(edges.interior_error_found),
    )


def incomplete_failures(ticket: Ticket) -> list[str]:
    """Sums of a ticket that have no subset."""
    if ticket.complete:
        return []
    return [f"incomplete: {counted(len(ticket.unreached), 'sum')} without a subset within eps"]


def network_eps_failures(ticket: Ticket, whole: float) -> list[str]:
    """A certified error above the one that the ticket was built for."""
    if ticket.network_eps is None or whole <= ticket.network_eps:
        return []
    return [f"certified error {whole:.6g} is above network_eps {ticket.network_eps:.6g}"]


def edge_failures(ticket: Ticket, edges: Edges | None) -> list[str]:
    """Claims about border and interior that are too good."""
    if edges is None or not ticket.certificate:
        return []

    def judge(claims: dict[str, Any]) -> list[str]:
        failures = []
        for kind in ("border", "interior"):
            bound = getattr(edges, f"{kind}_error_bound")
            shown = claimed(claims, f"{kind}_error_found")
            failures += too_good(
                f"a {kind} error of at most", claimed(claims, f"{kind}_error_bound"), bound
            )
            if not shown <= round_up(bound):
                failures.append(
                    f"claims a {kind} error of {shown:.6g}, no input has more than {bound:.6g}"
                )
        return failures

    return read_claims(ticket, judge)


def claim_failures(
    ticket: Ticket, check: Verification, bounds: list[float], uppers: dict[str, float]
) -> list[str]:
    """Claims that are too good; `bounds` of layers and `uppers` are from before rounding up."""

    def judge(claims: dict[str, Any]) -> list[str]:
        methods, layers = claims["sup_error_bounds"], claims["layer_error_bounds"]
        if not isinstance(methods, dict) or bool(methods) != bool(uppers):
            raise ValueError("sup_error_bounds")
        if not isinstance(layers, list) or len(layers) != len(bounds):
            raise ValueError("layer_error_bounds")
        failures = unknown_claims(claims, check.certificate())
        # A ticket that is wrong already is not bounded by every method.
        failures += unknown_claims(methods, HEADROOM if check.failures else uppers)
        for key, recomputed in (
            ("max_weight_error", check.max_weight_error),
            ("median_weight_error", check.median_weight_error),
        ):
            failures += too_good(key.replace("_", " "), claimed(claims, key), recomputed)
        for name, bound in uppers.items():
            if name in methods:
                failures += too_good(f"an error by {name} of", claimed(methods, name), bound)
        for k, bound in enumerate(bounds):
            failures += too_good(f"an error after layer {k} of", claimed(layers, k), bound)
        failures += _whole_failures(claims, check, bounds)
        if claims["weights"] != check.weights:
            failures.append(f"claims {claims['weights']} weights, there are {check.weights}")
        if check.size is not None and claims["size"] != check.size.to_dict():
            failures.append(f"claims a size of {claims['size']}, it is another")
        return failures

    return read_claims(ticket, judge)


def _whole_failures(claims: dict[str, Any], check: Verification, bounds: list[float]) -> list[str]:
    """The claimed error of the network, against the file's own bounds and what was recomputed."""
    methods = claims["sup_error_bounds"]
    smallest = min((claimed(methods, name) for name in methods), default=bounds[-1])
    whole, shown = claimed(claims, "sup_error_bound"), claimed(claims, "sup_error_found")
    failures = []
    if not whole >= smallest:
        failures.append(
            f"claims a network error of at most {whole:.6g}, its own bounds claim {smallest:.6g}"
        )
    if not whole >= check.sup_error_found:
        failures.append(
            f"claims a network error of at most {whole:.6g}, an input with "
            f"{check.sup_error_found:.6g} exists"
        )
    if not shown <= check.sup_error_bound:
        failures.append(
            f"claims an input with error {shown:.6g}, no input has more than "
            f"{check.sup_error_bound:.6g}"
        )
    return failures
