"""Data sets, readers of data files, and the two trained targets that are shipped."""

from __future__ import annotations

from slt_theory.data.digits import digits, held_out
from slt_theory.data.labelled import Labelled
from slt_theory.data.readers import idx_pair, read_cifar, read_idx
from slt_theory.data.shipped import SHIPPED, shipped_path, shipped_target

__all__ = [
    "SHIPPED",
    "Labelled",
    "digits",
    "held_out",
    "idx_pair",
    "read_cifar",
    "read_idx",
    "shipped_path",
    "shipped_target",
]
