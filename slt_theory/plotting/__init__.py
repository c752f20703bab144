"""Tables in, matplotlib figures out."""

from __future__ import annotations

from slt_theory.plotting.rows import curve, median_row, new_figure
from slt_theory.plotting.save import save_figure
from slt_theory.plotting.styles import COLOURS, STYLES, style
from slt_theory.plotting.success import success_curves
from slt_theory.plotting.thresholds import thresholds

__all__ = [
    "COLOURS",
    "STYLES",
    "curve",
    "median_row",
    "new_figure",
    "save_figure",
    "style",
    "success_curves",
    "thresholds",
]
