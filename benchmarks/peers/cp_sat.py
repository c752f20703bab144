"""OR-tools CP-SAT: an integer solver; the lattice integers go in as they are."""

from __future__ import annotations

from ortools.sat.python import cp_model

name = "CP-SAT"
UNIT = 1 << 52


def solve(items, target, radius, limit):
    """Solve one instance with integers in units of `UNIT`: mask and the solver's verdict."""
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in items]
    whole = [int(x * UNIT) for x in items]
    goal = int(target * UNIT)
    total = sum(w * c for w, c in zip(whole, chosen, strict=True))
    if radius is None:
        error = model.new_int_var(0, sum(map(abs, whole)) + abs(goal), "")
        model.add(total - goal <= error)
        model.add(goal - total <= error)
        model.minimize(error)
    else:
        model.add_linear_constraint(total, goal - int(radius * UNIT), goal + int(radius * UNIT))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None, "none"
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, "gave up"
    claim = "found" if radius is not None else "gave up"
    if status == cp_model.OPTIMAL and radius is None:
        claim = "optimal"
    return [int(solver.value(c)) for c in chosen], claim
