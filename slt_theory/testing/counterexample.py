"""A counterexample, and the code that reproduces it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slt_theory.testing.margins import as_float

__all__ = ["Counterexample"]


@dataclass(frozen=True)
class Counterexample:
    """Values that satisfy the hypotheses of a lemma and refute its conclusion.

    Attributes
    ----------
    lemma_id : str
    values : mapping
        Exact values of the variables.
    margin : object
        By how much the conclusion fails: negative, or 0 if it is strict.
    word : str
        The case as one word, see `Frame.encode`.
    strict : bool
        Whether the conclusion fails at a margin of 0 already.
    """

    lemma_id: str
    values: Mapping[str, Any]
    margin: Any
    word: str
    strict: bool = False

    def code(self) -> str:
        """Python that reproduces it; for a lemma of your own, define ``lemma`` first."""
        from slt_theory.testing.catalogue import is_known

        lines = ["from fractions import Fraction", ""]
        if is_known(self.lemma_id):
            lines += [
                "from slt_theory.testing import get_lemma",
                "",
                f"lemma = get_lemma({self.lemma_id!r})",
            ]
        lines += [
            "margin = lemma.at(",
            *(f"    {name}={value!r}," for name, value in self.values.items()),
            ")",
            f"assert margin {'<=' if self.strict else '<'} 0  # {as_float(self.margin):.6g}",
        ]
        if isinstance(self.margin, float):
            lines[-1] += ", a float: rounding may decide"
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "values": {name: repr(value) for name, value in self.values.items()},
            "margin": as_float(self.margin),
            "margin_exact": str(self.margin),
            "case": self.word,
            "code": self.code(),
        }
