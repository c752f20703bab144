"""The words of a paper module: rig, arms, pairs, verdicts, entries of the catalogue.

Nothing here knows a paper, and nothing loads torch before it is used. `balls`, `ellipsoid` and
`cut` (rigorous enclosures) are imported by name where they are needed.
"""

from __future__ import annotations

from slt_theory.papers.trained.shared.arms import Arms, Beats, Comparison, Equivalent, Run, Within
from slt_theory.papers.trained.shared.lazy import datasets, functional, searching, torch, training
from slt_theory.papers.trained.shared.pruning import controls, keeps, rest, rewound
from slt_theory.papers.trained.shared.rig import REPLICATES, SCOPE, Rig, all_digits, rig
from slt_theory.papers.trained.shared.speed import Learned, Sooner, learned
from slt_theory.papers.trained.shared.verdicts import (
    FULL,
    SMALL,
    Scale,
    beats,
    equivalent,
    not_worse,
)
from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check, Outcome, all_of, control, mutant, share
from slt_theory.theorems.entry import Claim, KnownIssue, Paper, Source

__all__ = [
    "FULL",
    "REPLICATES",
    "SCOPE",
    "SMALL",
    "Arms",
    "Beats",
    "Check",
    "Claim",
    "Comparison",
    "Equivalent",
    "KnownIssue",
    "Learned",
    "Outcome",
    "Paper",
    "Rig",
    "Run",
    "Scale",
    "Sooner",
    "Source",
    "Verdict",
    "Within",
    "all_digits",
    "all_of",
    "beats",
    "control",
    "controls",
    "datasets",
    "equivalent",
    "functional",
    "keeps",
    "learned",
    "mutant",
    "not_worse",
    "rest",
    "rewound",
    "rig",
    "searching",
    "share",
    "torch",
    "training",
]
