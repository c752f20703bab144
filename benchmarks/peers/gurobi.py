"""Gurobi; the licence that comes with the package is limited in size and not for production."""

from __future__ import annotations

import gurobipy as gp

name = "Gurobi"
_ENVIRONMENT = gp.Env(params={"OutputFlag": 0})


def solve(items, target, radius, limit):
    """Solve one instance as a mixed-integer program: mask and the solver's verdict."""
    with gp.Model(env=_ENVIRONMENT) as model:
        settings = {
            "TimeLimit": limit,
            "Threads": 1,
            "MIPGap": 0,
            "MIPGapAbs": 0,
            "FeasibilityTol": 1e-9,
            "IntFeasTol": 1e-9,
        }
        for key, value in settings.items():
            model.setParam(key, value)
        chosen = [model.addVar(vtype="B") for _ in items]
        total = gp.quicksum(x * c for x, c in zip(items, chosen, strict=True))
        if radius is None:
            error = model.addVar(lb=0)
            model.addConstr(total - error <= target)
            model.addConstr(total + error >= target)
            model.setObjective(error)
        else:
            model.addConstr(total <= target + radius)
            model.addConstr(total >= target - radius)
        model.optimize()
        if model.Status == gp.GRB.INFEASIBLE:
            return None, "none"
        if model.SolCount == 0:
            return None, "gave up"
        claim = "found"
        if radius is None:
            claim = "optimal" if model.Status == gp.GRB.OPTIMAL else "gave up"
        return [round(c.X) for c in chosen], claim
