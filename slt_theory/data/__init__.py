"""Data sets, readers of data files, and the two trained targets that are shipped."""

from __future__ import annotations

from slt_theory.data.digits import digits, held_out
from slt_theory.data.folders import read_images
from slt_theory.data.graphs import LabelledGraph, karate_club, read_ogb
from slt_theory.data.labelled import Labelled
from slt_theory.data.readers import idx_pair, read_cifar, read_idx
from slt_theory.data.shipped import SHIPPED, shipped_path, shipped_target
from slt_theory.data.tabular import TABLES, diabetes, table

__all__ = [
    "SHIPPED",
    "TABLES",
    "Labelled",
    "LabelledGraph",
    "diabetes",
    "digits",
    "held_out",
    "idx_pair",
    "karate_club",
    "read_cifar",
    "read_idx",
    "read_images",
    "read_ogb",
    "shipped_path",
    "shipped_target",
    "table",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
