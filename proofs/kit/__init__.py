"""A small kit for proofs that a machine checks: steps, methods, levels, and the checks behind them.

A proof is a list of steps. Each step states a claim in readable form and names one method of a
closed list; the method decides what has to be computed. Nothing is closed by ``simplify``, nothing
by a floating-point comparison, and a check that returns anything but ``True`` fails. Textbook
facts enter as named rules (`RULES`); an argument in words caps the level.
"""

from __future__ import annotations

from .proof import LEVELS, METHODS, Proof, ProofResult, ProofStep, StepResult, cited, combined, step
from .rules import RULES

__all__ = [
    "LEVELS",
    "METHODS",
    "RULES",
    "Proof",
    "ProofResult",
    "ProofStep",
    "StepResult",
    "cited",
    "combined",
    "step",
]
