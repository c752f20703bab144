"""HiGHS through `scipy.optimize.milp`."""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

name = "HiGHS"


def solve(items, target, radius, limit):
    """Solve one instance as a mixed-integer program: mask and the solver's verdict."""
    n = len(items)
    options = {"time_limit": limit, "mip_rel_gap": 0.0}
    if radius is None:
        rows = np.block([[np.array(items), -1.0], [np.array(items), 1.0]])
        result = milp(
            np.r_[np.zeros(n), 1.0],
            constraints=LinearConstraint(rows, [-np.inf, target], [target, np.inf]),
            integrality=np.r_[np.ones(n), 0],
            bounds=Bounds(np.zeros(n + 1), np.r_[np.ones(n), np.inf]),
            options=options,
        )
    else:
        result = milp(
            np.zeros(n),
            constraints=LinearConstraint(np.array([items]), target - radius, target + radius),
            integrality=np.ones(n),
            bounds=Bounds(0, 1),
            options=options,
        )
    if result.status == 2:
        return None, "none"
    if result.x is None:
        return None, "gave up"
    claim = "found" if radius is not None else ("optimal" if result.status == 0 else "gave up")
    return [int(v) for v in np.rint(result.x[:n])], claim
