"""Explicit bounds with proofs: how many random items are enough, and how many are needed.

Every result names the machine-checked proof (`slt_theory.proofs`) that it comes from.
"""

from __future__ import annotations

from slt_theory.certified.circle import circle_n
from slt_theory.certified.counting import counting_n
from slt_theory.certified.frozen import frozen_n
from slt_theory.certified.networks import (
    CertifiedWidths,
    attention_widths,
    convolution_widths,
    deep_widths,
    dense_widths,
)
from slt_theory.certified.reach import Necessary, necessary_n, reach_floor
from slt_theory.certified.reach_of_size import necessary_of_size, reach_floor_of_size
from slt_theory.certified.reach_vectors import necessary_vectors, vector_floor
from slt_theory.certified.result import Certified
from slt_theory.certified.search import METHODS, certified_n
from slt_theory.certified.statistical import Statistical, statistical_n

__all__ = [
    "METHODS",
    "Certified",
    "CertifiedWidths",
    "Necessary",
    "Statistical",
    "attention_widths",
    "certified_n",
    "circle_n",
    "convolution_widths",
    "counting_n",
    "deep_widths",
    "dense_widths",
    "frozen_n",
    "necessary_n",
    "necessary_of_size",
    "necessary_vectors",
    "reach_floor",
    "reach_floor_of_size",
    "statistical_n",
    "vector_floor",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
