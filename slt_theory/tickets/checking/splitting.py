"""Pieces of a box: those with the largest bounds are cut in two, again and again.

A cut is across one coordinate, at a float strictly between its ends, which both halves keep: they
cover the piece, whatever rounds. What holds on a piece holds on its halves, so a half takes the
better of its own facts and its parent's. The bound of the box is the largest over its pieces, those
included that were never cut; it holds whenever the cutting ends.

Cuts are numbered: piece 0 is the box, the halves of cut t are pieces 2 t + 1 and 2 t + 2. So
(piece, coordinate) of every cut says all pieces, and whoever repeats the cuts need not believe
any bound: `Division.cuts` goes to a file, and `split` starts from it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.tickets.checking.claims import round_down, round_up

__all__ = ["Cut", "Division", "Facts", "OnRegion", "cuttable", "split"]

Floats = NDArray[np.float64]
Cut = tuple[int, int]
"""A piece by its number, and the coordinate across which it is cut."""
_CLOSE = 1.05
"""Cutting ends where the bound is at most so many times the error found."""
_SHARE = 32
"""One of so many pieces is cut in a step, within limits."""
_NEW = "give the box that they were made for, or a new file"


@dataclass(frozen=True)
class OnRegion:
    """Certified facts about one region.

    Attributes
    ----------
    error_bound : float
        No input of the region has a larger error (sup norm of the output).
    error_found : float
        Some input of it has at least this. More than `error_bound` is an ArithmeticError.
    class_kept : bool or None
        Whether both networks provably name the same class, one alone, for every input of it;
        None for a network of one output.
    margin : float or None
        The target's class leads by at least this on all of it; negative if that is not shown.
    pieces : int
        In how many pieces it was cut.
    """

    error_bound: float
    error_found: float
    class_kept: bool | None
    margin: float | None
    pieces: int = 1

    def __post_init__(self) -> None:
        # Both are proved, each in its own way: here one of the proofs is wrong.
        if self.error_found > self.error_bound:
            raise ArithmeticError(
                f"the bound {self.error_bound!r} lies below an error of {self.error_found!r} that "
                "an input of the region has: a fault of slt_theory, nothing is certified"
            )


class Facts(NamedTuple):
    """What is certain of boxes, arrays (boxes,), and the coordinate to cut (-1: none can be)."""

    error: Floats
    found: Floats
    lead: Floats
    kept: NDArray[np.bool_]
    axis: NDArray[np.int64]


Certify = Callable[[Floats, Floats], Facts]


@dataclass
class Division:
    """A box in pieces, and what is certain of each; pieces that were cut stay in the lists.

    Attributes
    ----------
    cuts : list of (piece, coordinate)
    stopped : KeyboardInterrupt or None
        What ended the cutting before its time.
    """

    lo: list[Floats]
    hi: list[Floats]
    error: list[float]
    lead: list[float]
    kept: list[bool]
    axis: list[int]
    found: float
    cuts: list[Cut] = field(default_factory=list)
    stopped: KeyboardInterrupt | None = None

    @property
    def pieces(self) -> list[int]:
        """Numbers of the pieces that cover the box: all that were never cut."""
        cut = {piece for piece, _ in self.cuts}
        return [piece for piece in range(len(self.lo)) if piece not in cut]

    def facts(self, *, classes: bool) -> OnRegion:
        """Facts about the whole box: the largest bound, the smallest margin, every class."""
        pieces = self.pieces
        return OnRegion(
            max(self.error[piece] for piece in pieces),
            self.found,
            all(self.kept[piece] for piece in pieces) if classes else None,
            min(self.lead[piece] for piece in pieces) if classes else None,
            len(pieces),
        )

    def halves(self, cut: Cut) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Both sides of a cut; the float in the middle belongs to both."""
        piece, axis = cut
        lo, hi = self.lo[piece], self.hi[piece]
        low, high = lo.copy(), hi.copy()
        low[axis] = high[axis] = _middles(lo, hi)[axis]
        return (lo, high), (low, hi)

    def cut(self, cut: Cut, facts: Iterator[tuple[float, float, float, bool, int]]) -> None:
        """Put two halves in the place of a piece."""
        piece = cut[0]
        for (lo, hi), (error, found, lead, kept, axis) in zip(
            self.halves(cut), facts, strict=False
        ):
            self.found = max(self.found, found)
            self.error.append(min(error, self.error[piece]))
            self.lead.append(max(lead, self.lead[piece]))
            self.kept.append(kept or self.kept[piece])
            self.axis.append(axis)
            self.hi.append(hi)
            self.lo.append(lo)
        # Last: until then the piece itself still counts.
        self.cuts.append(cut)


def _middles(lo: Floats, hi: Floats) -> Floats:
    # Halves first: the sum of two huge ends overflows.
    return np.asarray(lo / 2 + hi / 2)


def cuttable(lo: Floats, hi: Floats) -> NDArray[np.bool_]:
    """Coordinates with a float strictly between their ends."""
    middle = _middles(lo, hi)
    return np.asarray((lo < middle) & (middle < hi))


def split(
    lo: Floats,
    hi: Floats,
    certify: Certify,
    goes_on: Callable[[], bool],
    *,
    whole: Facts | None = None,
    within: float | None = None,
    start: list[Cut] | None = None,
    at_once: tuple[int, int] = (1, 1),
) -> Division:
    """Cut the pieces of the largest bounds in two while ``goes_on()``; the pieces cover the box.

    Ends earlier where the largest bound is at most `within`, or at most 1.05 times the error found;
    where the error found is above `within`; or where that piece cannot be cut. Ctrl-C and a limit
    of time end it as well; then `Division.stopped` says so.

    Parameters
    ----------
    lo, hi : arrays (inputs,)
    certify : callable
        Facts about boxes (boxes, inputs) from their ends.
    whole : Facts, optional
        About the box itself, else `certify` says them.
    start : list of cuts, optional
        To begin with; all of them are made.
    at_once : tuple of int
        Pieces cut in one step; the second once there are 32 times as many, in between a share.

    Raises
    ------
    BadInput
        If a cut of `start` is across no piece of this box.
    """
    whole = certify(lo[None], hi[None]) if whole is None else whole
    error, found, lead, kept, axis = _row(whole, 0)
    made = Division([lo], [hi], [error], [lead], [kept], [axis], found)
    try:
        _repeat(made, certify, start or [], at_once[1])
        _go_on(made, certify, goes_on, within, at_once)
    except KeyboardInterrupt as stop:
        made.stopped = stop
    return made


def _go_on(
    made: Division,
    certify: Certify,
    goes_on: Callable[[], bool],
    within: float | None,
    at_once: tuple[int, int],
) -> None:
    heap = [(-made.error[piece], piece) for piece in made.pieces]
    heapq.heapify(heap)
    limit = -np.inf if within is None else within
    while goes_on() and made.found <= (np.inf if within is None else within):
        worst = list[int]()
        count = int(np.clip(len(heap) // _SHARE, *at_once))
        enough = max(limit, _CLOSE * made.found if within is None else limit)
        while heap and len(worst) < count and -heap[0][0] > enough:
            if made.axis[heap[0][1]] < 0:
                break
            worst.append(heapq.heappop(heap)[1])
        if not worst:
            return
        first = len(made.lo)
        _cut(made, certify, [(piece, made.axis[piece]) for piece in worst])
        for piece in range(first, len(made.lo)):
            heapq.heappush(heap, (-made.error[piece], piece))


def _cut(made: Division, certify: Certify, cuts: list[Cut]) -> None:
    halves = [half for cut in cuts for half in made.halves(cut)]
    facts = certify(np.array([lo for lo, _ in halves]), np.array([hi for _, hi in halves]))
    rows = iter([_row(facts, number) for number in range(len(halves))])
    for cut in cuts:
        made.cut(cut, rows)


def _row(facts: Facts, number: int) -> tuple[float, float, float, bool, int]:
    """Facts of one box, numbers that will be shown rounded to the safe side."""
    error, found, lead, kept, axis = (part[number] for part in facts)
    return round_up(float(error)), round_down(float(found)), float(lead), bool(kept), int(axis)


def _repeat(made: Division, certify: Certify, cuts: list[Cut], at_once: int) -> None:
    """Make the cuts of a file; only pieces that are left at the end are certified."""
    whole = made.error[0], 0.0, made.lead[0], made.kept[0], -1
    cut_before = set[int]()
    for piece, axis in cuts:
        known = 0 <= piece < len(made.lo) and piece not in cut_before
        if not known or not 0 <= axis < len(made.lo[0]):
            raise BadInput("cuts", (piece, axis), "is no piece of this box, or cut before", _NEW)
        if not cuttable(made.lo[piece], made.hi[piece])[axis]:
            raise BadInput("cuts", (piece, axis), "has no number between its ends", _NEW)
        cut_before.add(piece)
        made.cut((piece, axis), iter([whole, whole]))
    pieces = made.pieces if cuts else []
    for start in range(0, len(pieces), 2 * at_once):
        some = pieces[start : start + 2 * at_once]
        facts = certify(np.array([made.lo[p] for p in some]), np.array([made.hi[p] for p in some]))
        for number, piece in enumerate(some):
            error, found, lead, kept, made.axis[piece] = _row(facts, number)
            made.found = max(made.found, found)
            made.error[piece] = min(error, made.error[piece])
            made.lead[piece] = max(lead, made.lead[piece])
            made.kept[piece] = kept or made.kept[piece]
