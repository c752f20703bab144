"""Ascent against the margin, one number at a time or many at once, from the nearest cases."""

from __future__ import annotations

from random import Random

from slt_theory.testing.frame import Case
from slt_theory.testing.search.state import SearchState

__all__ = ["ascent"]

__tracebackhide__ = True

ENOUGH = 8


def ascent(search: SearchState, source: Random) -> None:
    """Descend from the best cases, then from random ones, until the stage is over."""
    starts = search.best()
    while not search.over:
        start = starts.pop(0) if starts else _start(search, source)
        if start is not None:
            _descend(search, start, source)


def _start(search: SearchState, source: Random) -> Case | None:
    """A random case that satisfies the hypotheses, or one of the best with one number changed."""
    best = search.best()
    if best and source.random() < 0.5:
        case = source.choice(best)
        moves = list(search.frame.moves(case))
        return source.choice(moves) if moves else None
    return search.frame.random(source, extreme=source.random() < 0.3)


def _descend(search: SearchState, case: Case, source: Random) -> None:
    """Sweep over all numbers; take all improving moves at once if that is better than any alone."""
    value = search.score(case)
    while value is not None and not search.over:
        moves = list(search.frame.moves(case))
        source.shuffle(moves)
        improving: list[tuple[float, Case]] = []
        for candidate in moves:
            if search.over:
                return
            other = search.score(candidate)
            if other is not None and other < value:
                improving.append((other, candidate))
                if len(improving) == ENOUGH:
                    break
        if not improving:
            return
        best, chosen = min(improving, key=lambda pair: pair[0])
        together = search.frame.merged(case, [c for _, c in improving])
        joint = search.score(together)
        if joint is not None and joint < best:
            best, chosen = joint, together
        case, value = chosen, best
