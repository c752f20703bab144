"""What a ticket file claims, against what was recomputed: nothing may be too good."""

from __future__ import annotations

from typing import Any

import numpy as np

from slt_theory.tickets.checking.check import Check
from slt_theory.tickets.checking.edges import Edges
from slt_theory.tickets.ticket import Ticket

__all__ = ["HEADROOM", "claim_failures", "edge_failures", "round_down", "round_up", "rounded_edges"]

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


def rounded_edges(edges: Edges) -> Edges:
    return Edges(
        border_error_bound=round_up(edges.border_error_bound),
        border_error_found=round_down(edges.border_error_found),
        interior_error_bound=round_up(edges.interior_error_bound),
        interior_error_found=round_down(edges.interior_error_found),
    )


def edge_failures(claims: dict[str, Any], edges: Edges | None) -> list[str]:
    """Claims about border and interior that are too good."""
    failures: list[str] = []
    if edges is None or not claims:
        return failures
    for kind in ("border", "interior"):
        bound = getattr(edges, f"{kind}_error_bound")
        try:
            claimed = float(claims[f"{kind}_error_bound"])
            shown = float(claims[f"{kind}_error_found"])
        except (KeyError, TypeError, ValueError) as error:
            failures.append(f"the certificate cannot be read ({error!r})")
            continue
        if not claimed >= bound:
            failures.append(
                f"claims a {kind} error of at most {claimed:.6g}, recomputed {bound:.6g}"
            )
        if not shown <= round_up(bound):
            failures.append(
                f"claims a {kind} error of {shown:.6g}, no input has more than {bound:.6g}"
            )
    return failures


def claim_failures(
    ticket: Ticket, check: Check, bounds: list[float], uppers: dict[str, float]
) -> list[str]:
    """Claims that are too good; `bounds` of layers and `uppers` are from before rounding up."""
    claims = ticket.certificate
    if not claims:
        return ["the file carries no certificate"]
    failures = []
    try:
        layers = [float(value) for value in claims["layer_error_bounds"]]
        methods = set(claims["sup_error_bounds"])
        if not methods <= set(HEADROOM) or not set(uppers) <= methods:
            raise ValueError(f"bounds by {', '.join(sorted(methods))}")
        # (what, claimed, recomputed): a claim below what was recomputed is too good.
        upper = [
            (f"claims {key.replace('_', ' ')}", float(claims[key]), recomputed)
            for key, recomputed in (
                ("max_weight_error", check.max_weight_error),
                ("median_weight_error", check.median_weight_error),
            )
        ]
        upper += [
            (f"claims an error by {name} of", float(claims["sup_error_bounds"][name]), bound)
            for name, bound in uppers.items()
        ]
        upper += [
            (f"claims an error after layer {k} of", claimed, bound)
            for k, (claimed, bound) in enumerate(zip(layers, bounds, strict=True))
        ]
        failures += [
            f"{what} {claimed:.6g}, recomputed {bound:.6g}"
            for what, claimed, bound in upper
            if not claimed >= bound
        ]
        smallest = min(float(bound) for bound in claims["sup_error_bounds"].values())
        if not float(claims["sup_error_bound"]) >= smallest:
            failures.append(
                f"claims a network error of at most {claims['sup_error_bound']:.6g}, its own "
                f"bounds claim {smallest:.6g}"
            )
        if not float(claims["sup_error_bound"]) >= check.sup_error_found:
            failures.append(
                f"claims a network error of at most {claims['sup_error_bound']:.6g}, an input "
                f"with {check.sup_error_found:.6g} exists"
            )
        if not float(claims["sup_error_found"]) <= check.sup_error_bound:
            failures.append(
                f"claims an input with error {claims['sup_error_found']:.6g}, no input has more "
                f"than {check.sup_error_bound:.6g}"
            )
        if check.size is None or claims["size"] != check.size.to_dict():
            failures.append(f"claims a size of {claims['size']}, it is another")
        if claims["weights"] != check.weights:
            failures.append(f"claims {claims['weights']} weights, there are {check.weights}")
    except (KeyError, TypeError, ValueError) as error:
        failures.append(f"the certificate cannot be read ({error!r})")
    return failures
