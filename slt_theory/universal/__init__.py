"""Universal tickets: one masked random network that approximates every function of a family.

`build_universal` finds the mask, `verify` checks it on its own: it regenerates the weights and
bounds the sup error of every function over the whole domain.
"""

from __future__ import annotations

from slt_theory.universal.build import build_universal
from slt_theory.universal.check import (
    FunctionCheck,
    UniversalCheck,
    family_of,
    verify,
)
from slt_theory.universal.family import Family, Monomials, parse_family
from slt_theory.universal.functions import Function

__all__ = [
    "Family",
    "Function",
    "FunctionCheck",
    "Monomials",
    "UniversalCheck",
    "build_universal",
    "family_of",
    "parse_family",
    "verify",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
