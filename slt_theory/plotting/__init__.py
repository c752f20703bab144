"""Tables in, matplotlib figures out."""

from __future__ import annotations

from slt_theory.plotting.captions import caption
from slt_theory.plotting.rows import (
    by,
    curve,
    legend_above,
    legend_over,
    median_row,
    new_figure,
    panels,
)
from slt_theory.plotting.save import save_figure
from slt_theory.plotting.series import Chart, chart
from slt_theory.plotting.styles import COLOURS, STYLES, marker_of, style
from slt_theory.plotting.success import success_curves
from slt_theory.plotting.thresholds import bounds_and_measured, thresholds
from slt_theory.plotting.tidy import columns_of, number, read_rows, where, with_success

__all__ = [
    "COLOURS",
    "STYLES",
    "Chart",
    "bounds_and_measured",
    "by",
    "caption",
    "chart",
    "columns_of",
    "curve",
    "legend_above",
    "legend_over",
    "marker_of",
    "median_row",
    "new_figure",
    "number",
    "panels",
    "read_rows",
    "save_figure",
    "style",
    "success_curves",
    "thresholds",
    "where",
    "with_success",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
