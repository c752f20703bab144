"""Progress and summary of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from slt_theory.plural import counted
from slt_theory.records import Record

__all__ = ["Failure", "Progress", "Report"]


@dataclass(frozen=True)
class Progress:
    """Progress of a run; `total` grows while a search over n goes on.

    ``done`` and ``trials`` are of this run, ``skipped`` was in the store.
    """

    done: int
    skipped: int
    failed: int
    total: int
    trials: int
    workers: int


@dataclass(frozen=True)
class Failure:
    """A cell that cannot be computed, and why."""

    draw: str
    parameters: str
    error: str
    exit_code: int


@dataclass(frozen=True)
class Report(Record):
    """Summary of one run.

    Attributes
    ----------
    done, skipped, failed : int
        Blocks computed now, blocks that the store held, blocks of cells that raised an error.
    points, finished : int
        Points of the sweep, and those that can be read.
    interrupted : bool
        Stopped before the end; all finished blocks are stored.
    """

    key: str
    done: int
    skipped: int
    failed: int
    points: int
    finished: int
    interrupted: bool
    seconds: float
    store: str | None
    set_aside: str | None = None
    failures: tuple[Failure, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """True if every point is finished."""
        return self.finished == self.points

    @property
    def exit_code(self) -> int:
        """130 if interrupted, else the worst exit code of the failures, else 0."""
        if self.interrupted:
            return 130
        return max((f.exit_code for f in self.failures), default=0)

    def summary(self) -> str:
        """One line, and one for each failure."""
        if self.complete and not self.done:
            text = f"nothing to do: {counted(self.skipped, 'block')} stored before"
        else:
            text = (
                f"{counted(self.done, 'block')} computed, {self.skipped} stored before, "
                f"{self.failed} failed; "
                f"{self.finished} of {counted(self.points, 'point')} finished, {self.seconds:.1f} s"
            )
        if self.interrupted:
            text += "; interrupted, run again to go on"
        return "\n".join([text, *(f"failed: {f.parameters}: {f.error}" for f in self.failures)])
