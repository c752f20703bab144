"""Conditions of a statement: words and test are one object, in the sentence and in the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Assumption", "Statement"]


@dataclass(frozen=True)
class Assumption:
    """A hypothesis as a check that runs: `holds` takes the parameters of a question.

    A parameter that the question does not name is not held against it; `reads` names those that
    matter.
    """

    text: str
    holds: Callable[[dict[str, Any]], bool]
    reads: tuple[str, ...] = ()


class Statement(str):
    """ "setting, where condition and condition. claim", as text that holds its conditions.

    The words of a condition stand in no other place, so that a statement without one neither says
    it nor asks it.

    Examples
    --------
    >>> small = Assumption("eps < 1/2", lambda p: p.get("eps", 0) < 0.5, ("eps",))
    >>> lemma = Statement("X_i iid U[-1,1]", (small,), "Every z is reached.")
    >>> str(lemma)
    'X_i iid U[-1,1], where eps < 1/2. Every z is reached.'
    >>> str(lemma.without(small))
    'X_i iid U[-1,1]. Every z is reached.'
    """

    setting: str
    conditions: tuple[Assumption, ...]
    claim: str

    def __new__(cls, setting: str, conditions: tuple[Assumption, ...], claim: str) -> Statement:
        *first, last = [one.text for one in conditions] or [""]
        listed = f"{', '.join(first)} and {last}" if first else last
        self = super().__new__(cls, f"{setting}{listed and f', where {listed}'}. {claim}")
        self.setting, self.conditions, self.claim = setting, conditions, claim
        return self

    def without(self, condition: Assumption) -> Statement:
        """The same statement with one condition less."""
        kept = tuple(one for one in self.conditions if one is not condition)
        return Statement(self.setting, kept, self.claim)
