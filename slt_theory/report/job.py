"""The results of the main job, and a part of it that another process can run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["JobPart", "MainJob"]

_LISTS = ("verdicts", "bounds", "laws", "tickets", "proofs", "drawings", "surprises")


@dataclass
class MainJob:
    """The results of one run.

    Attributes
    ----------
    verdicts, bounds, laws, tickets, proofs : list of dict
        One record a row of the report.
    drawings : list of dict
        Name, words and size of each stored figure, drawn into ``figures``.
    figure : dict
        Table of the figure of success against n.
    curves : str
        That figure as SVG.
    outcomes : dict of str
        Verdict of every entry, known issues left out.
    skipped : list of str
        Parts whose extra is missing, and why.
    surprises : list of str
        What did not come out as recorded; empty for a good run.
    """

    full: bool
    seed: int
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    bounds: list[dict[str, Any]] = field(default_factory=list)
    laws: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[dict[str, Any]] = field(default_factory=list)
    drawings: list[dict[str, Any]] = field(default_factory=list)
    figure: dict[str, Any] = field(default_factory=dict)
    curves: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    provenance: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def take(self, piece: MainJob) -> None:
        """Add the results of a piece; what several skipped stands there once."""
        for name in _LISTS:
            getattr(self, name).extend(getattr(piece, name))
        self.figure |= piece.figure
        self.curves += piece.curves
        self.outcomes |= piece.outcomes
        self.skipped += [text for text in piece.skipped if text not in self.skipped]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, under the report's keys."""
        return {
            "verdicts": self.verdicts,
            "bounds": self.bounds,
            "thresholds": self.laws,
            "tickets": self.tickets,
            "proofs": self.proofs,
            "skipped": self.skipped,
            "surprises": self.surprises,
            "provenance": self.provenance,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class JobPart:
    """A piece of the job that another process can run.

    Attributes
    ----------
    name : str
    fill : callable
        Fills its lists of an empty job, given the folder and `arguments`.
    """

    name: str
    fill: Callable[..., None]
    arguments: tuple[Any, ...] = ()

    def __call__(self, out: Path, full: bool, seed: int) -> MainJob:
        """Its piece of the job."""
        job = MainJob(full=full, seed=seed)
        self.fill(job, out, *self.arguments)
        return job
