"""SCIP through PySCIPOpt."""

from __future__ import annotations

from pyscipopt import Model, quicksum

name = "SCIP"


def solve(items, target, radius, limit):
    """Solve one instance as a mixed-integer program: mask and the solver's verdict."""
    model = Model()
    model.hideOutput()
    model.setParam("limits/time", limit)
    model.setParam("numerics/feastol", 1e-9)
    chosen = [model.addVar(vtype="B") for _ in items]
    total = quicksum(x * c for x, c in zip(items, chosen, strict=True))
    if radius is None:
        error = model.addVar(lb=0)
        model.addCons(total - error <= target)
        model.addCons(total + error >= target)
        model.setObjective(error)
        model.setParam("limits/gap", 0)
    else:
        model.addCons(total <= target + radius)
        model.addCons(total >= target - radius)
    model.optimize()
    status = model.getStatus()
    if status == "infeasible":
        return None, "none"
    if model.getNSols() == 0:
        return None, "gave up"
    best = model.getBestSol()
    claim = "found" if radius is not None else ("optimal" if status == "optimal" else "gave up")
    return [round(best[c]) for c in chosen], claim
