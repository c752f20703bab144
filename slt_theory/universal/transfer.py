"""Transfer to functions outside the family: strong and weak universality, measured.

In the words of Burkholz et al.: a ticket is strongly universal if nothing but a linear readout is
trained, weakly universal if the ticket itself is trained further. Here "strong" is the best readout
of the ticket's outputs, "exact basis" the same of the functions without error, and "weak" trains
the kept weights of the last random layer too, so that the readout sees every kept hinge. All are
least-squares fits on a grid of which the sup error is measured, not certified.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from slt_theory.arrays import Floats
from slt_theory.errors import BadInput
from slt_theory.tickets.run import ticket_forward
from slt_theory.tickets.ticket import Ticket
from slt_theory.universal.family import Family, Monomials
from slt_theory.universal.features import exact_values, hinge_values

__all__ = ["TARGETS", "transfer_rows"]

_POINTS = 2001

TARGETS: dict[str, Callable[[Floats], Floats]] = {
    "exp(x)": np.exp,
    "|x - 1/3|": lambda x: np.abs(x - 1 / 3),
    "1/(1 + 25 (x - 1/2)^2)": lambda x: 1 / (1 + 25 * (x - 0.5) ** 2),
    "x sin(4 x)": lambda x: x * np.sin(4 * x),
}
"""Functions of one variable that no family here contains, on [0, 1]."""


def transfer_rows(ticket: Ticket, family: Family | Monomials) -> list[dict[str, Any]]:
    """Measured sup errors of the three readouts for each of `TARGETS`, stretched to the domain.

    Raises
    ------
    BadInput
        If the family has several variables.
    """
    if not isinstance(family, Family):
        raise BadInput("family", family.name, "must be of one variable", "e.g. powers:1-4")
    x = np.linspace(float(family.lo), float(family.hi), _POINTS)
    bases = {
        "exact basis": exact_values(family, x),
        "strong": ticket_forward(ticket, x[:, None]),
        "weak": hinge_values(ticket, x[:, None]),
    }
    share = (x - x[0]) / (x[-1] - x[0])
    rows = []
    for name, target in TARGETS.items():
        values = target(share)
        errors = {key: _sup_error(basis, values) for key, basis in bases.items()}
        rows.append({"target": name, **errors})
    return rows


def _sup_error(basis: Floats, values: Floats) -> float:
    features = np.column_stack([basis, np.ones(len(basis))])
    fit, *_ = np.linalg.lstsq(features, values, rcond=None)
    return float(np.abs(features @ fit - values).max())
