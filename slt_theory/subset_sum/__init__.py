"""Exact subset sums of random numbers, as fast as the machine allows. Integers in, integers out.

The caller states the problem; the method is chosen by regime and can be overridden by ``method=``.
All numbers are integers in units of a lattice, so that no answer is a question of tolerance: a
subset is returned, or its absence is proved.

===========================  ========================  =======================================
problem                      regime                    method
===========================  ========================  =======================================
`best`                       n <= 8                    all subsets ("brute")
..                           n <= 52                   two sorted halves, four walks ("meet")
..                           n > 52                    windows of sums, little memory
..                           exactly k items           halves sorted by size
`decide`                     wide range                sums tried sixteen at a time ("scan")
..                           narrow, many items        four lists ("four-list")
..                           else, and for proofs      "meet" on few items, then on more
`solve_many`                 up to about 4e6 tries     "scan"; "meet" for what is left
..                           narrower, or optima       "meet"
`solve_shared`               one sample, many targets  a table of cells
`hitting_times`              width 1e-2 .. 1e-5        gap cells, doubts left to intervals
..                           else                      interval union
`widest_gaps`                                          interval union
`coverage_by_size`           all sizes in one pass     an interval union for each size
`vector.best`, `.decide`     up to 8 dimensions        halves joined by hashed cubes
`hitting_times_in_plane`     2 dimensions              bitmap with certified rounding
===========================  ========================  =======================================

Frozen items: ``locked=`` for one target, `solve_many_frozen` and `freeze` for rows with a pattern
each. Items may be given as a `Drawn`: a law and a seed, drawn block by block and never stored.
"""

from __future__ import annotations

from slt_theory.subset_sum.cover import UNREACHED, hitting_times, widest_gaps
from slt_theory.subset_sum.draws import Drawn
from slt_theory.subset_sum.fixed_size import coverage_by_size
from slt_theory.subset_sum.frozen import freeze, solve_many_frozen
from slt_theory.subset_sum.many import Many, solve_many
from slt_theory.subset_sum.one import Subset, best, decide, memory_needed
from slt_theory.subset_sum.plane import hitting_times_in_plane
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
    "hitting_times_in_plane",
    "memory_needed",
    "solve_many",
    "solve_many_frozen",
    "solve_shared",
    "widest_gaps",
]
