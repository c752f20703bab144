"""Styles are functions of nothing that return rc dictionaries; no LaTeX is needed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from slt_theory.errors import BadInput

__all__ = ["COLOURS", "STYLES", "marker_of", "style"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito's palette: distinct for colour-blind readers, and in grey."""
_MARKERS = "os^DvP*"


def marker_of(colour: str) -> str:
    """The marker that goes with a colour of the palette, for readers of grey prints.

    Examples
    --------
    >>> marker_of(COLOURS[1]), marker_of("0.4")
    ('s', 'o')
    """
    return dict(zip(COLOURS, _MARKERS, strict=True)).get(colour, "o")


# STIX is a Times that comes with matplotlib: text and formulas are one face on every machine.
_TIMES: dict[str, Any] = {"font.family": "STIXGeneral", "mathtext.fontset": "stix"}


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
        "mathtext.fontset": "dejavusans",
        "savefig.dpi": 300,
    }


def neurips() -> dict[str, Any]:
    """One column of 5.5 inches, Times, 9 points."""
    return _base(5.5, 9) | _TIMES


def icml() -> dict[str, Any]:
    """Half of two columns: 3.25 inches, Times, 8 points."""
    return _base(3.25, 8) | _TIMES


def iclr() -> dict[str, Any]:
    """One column of 5.5 inches, Times, 9 points."""
    return neurips()


def plain() -> dict[str, Any]:
    """For the screen: 6.4 inches, sans serif, 10 points."""
    return _base(6.4, 10) | {"font.family": "sans-serif", "savefig.dpi": 150}


def talk() -> dict[str, Any]:
    """For a slide: 10 inches, sans serif, 18 points, thick lines."""
    thick = {"lines.linewidth": 2.6, "lines.markersize": 8, "savefig.dpi": 150}
    return _base(10, 18) | {"font.family": "sans-serif"} | thick


STYLES: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": plain,
    "neurips": neurips,
    "icml": icml,
    "iclr": iclr,
    "talk": talk,
}


def style(name: str, *, usetex: bool = False) -> Any:
    """The rc dictionary of a style.

    Parameters
    ----------
    name : str
        A key of `STYLES`.
    usetex : bool
        Set all text with LaTeX, which must be installed.

    Raises
    ------
    BadInput
        For an unknown style, or without LaTeX where it is asked for.
    """
    if name not in STYLES:
        raise BadInput("style", name, "is unknown", f"known: {', '.join(STYLES)}")
    if usetex and not (shutil.which("latex") and shutil.which("dvipng")):
        raise BadInput(
            "usetex", True, "needs the programs latex and dvipng", "leave it out: none is needed"
        )
    return STYLES[name]() | {"text.usetex": usetex}
