"""Styles are functions of nothing that return rc dictionaries; no LaTeX is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slt_theory.errors import BadInput

__all__ = ["COLOURS", "STYLES", "style"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito's palette: told apart by colour-blind readers, and in grey."""


def _base(width: float, size: float) -> dict[str, Any]:
    return {
        "figure.figsize": (width, width * 0.62),
        "figure.constrained_layout.use": True,
        "font.size": size,
        "axes.titlesize": size,
        "axes.labelsize": size,
        "legend.fontsize": size - 1,
        "xtick.labelsize": size - 1,
        "ytick.labelsize": size - 1,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "lines.linewidth": 1.3,
        "svg.hashsalt": "slt_theory",
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
        "mathtext.fontset": "cm",
    }


def neurips() -> dict[str, Any]:
    """One column of 5.5 inches, Times, 9 points."""
    return _base(5.5, 9) | {"font.family": "serif", "mathtext.fontset": "stix"}


def icml() -> dict[str, Any]:
    """Half of two columns: 3.25 inches, Times, 8 points."""
    return _base(3.25, 8) | {"font.family": "serif", "mathtext.fontset": "stix"}


def iclr() -> dict[str, Any]:
    """One column of 5.5 inches, Times, 9 points."""
    return neurips()


def plain() -> dict[str, Any]:
    """For the screen: 6.4 inches, sans serif, 10 points."""
    return _base(6.4, 10) | {"font.family": "sans-serif", "savefig.dpi": 150}


STYLES: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": plain,
    "neurips": neurips,
    "icml": icml,
    "iclr": iclr,
}


def style(name: str) -> Any:
    """The rc dictionary of a style.

    Raises
    ------
    BadInput
        For an unknown style.
    """
    if name not in STYLES:
        raise BadInput("style", name, "is unknown", f"known: {', '.join(STYLES)}")
    return STYLES[name]()
