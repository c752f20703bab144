"""Words of Rocq that every generated file uses."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

__all__ = ["COMPUTED", "HEADER", "OPEN", "imported", "listed", "rational"]

HEADER = "(* Written by slt_theory.proofs.kernel; do not edit. *)\n"
OPEN = "Import ListNotations.\nOpen Scope Z_scope.\n\n"
COMPUTED = "vm_compute; first [reflexivity | discriminate]. Qed.\n\n"
"""Ends a proof whose open goals are equations and inequalities of numbers."""


def imported(names: str) -> str:
    """Imports of files of ``proofs/rocq``, separated by blanks, and what they build on."""
    return f"From Coq Require Import ZArith QArith List.\nFrom slt Require Import {names}.\n"


def listed(items: Iterable[object], between: str = "; ") -> str:
    """A list in Rocq."""
    return "[" + between.join(str(item) for item in items) + "]"


def rational(value: Fraction) -> str:
    """A rational number in Rocq."""
    return f"({value.numerator} # {value.denominator})"
