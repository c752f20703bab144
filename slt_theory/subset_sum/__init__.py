"""Exact subset sums of random numbers, as fast as the machine allows. Integers in, integers out.

The caller states the problem; the method is chosen by regime and can be overridden with
``method=``.
"""

from __future__ import annotations

from slt_theory.subset_sum.cover import UNREACHED, hitting_times, widest_gaps
from slt_theory.subset_sum.draws import Drawn
from slt_theory.subset_sum.fixed_size import coverage_by_size
from slt_theory.subset_sum.frozen import freeze, solve_many_frozen
from slt_theory.subset_sum.many import Many, solve_many
from slt_theory.subset_sum.one import Subset, best, decide, memory_needed
from slt_theory.subset_sum.shared import solve_shared

__all__ = [
    "UNREACHED",
    "Drawn",
    "Many",
    "Subset",
    "best",
    "coverage_by_size",
    "decide",
    "freeze",
    "hitting_times",
    "memory_needed",
    "solve_many",
    "solve_many_frozen",
    "solve_shared",
    "widest_gaps",
]
