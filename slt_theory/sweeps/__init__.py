"""Sweeps: many questions over a grid, on every core or a cluster, stored, resumed, exported."""

from __future__ import annotations

from slt_theory.sweeps.export import export, frame, rows
from slt_theory.sweeps.kinds import KINDS
from slt_theory.sweeps.report import Progress, Report
from slt_theory.sweeps.run import run_sweep
from slt_theory.sweeps.spec import Sweep, read_sweep
from slt_theory.sweeps.store import Store

__all__ = [
    "KINDS",
    "Progress",
    "Report",
    "Store",
    "Sweep",
    "export",
    "frame",
    "read_sweep",
    "rows",
    "run_sweep",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
