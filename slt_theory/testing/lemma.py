"""A lemma as an object: variables, hypotheses, and a conclusion with its margin."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slt_theory.balls import precision
from slt_theory.errors import BadInput
from slt_theory.testing.frame import Frame
from slt_theory.testing.margins import Margin, fails, some, taken, truth
from slt_theory.testing.relations import from_sympy, hypotheses_of
from slt_theory.testing.space import Space

__all__ = ["Lemma", "Variables", "named_arguments", "noting"]

__tracebackhide__ = True

BALL_BITS = 128
"""Precision of balls inside hypotheses and margins."""

Variables = Mapping[str, Space[Any] | Callable[..., Space[Any]]]


def named_arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the variables that a callable takes."""
    names = getattr(function, "names", None)
    return names if names is not None else tuple(inspect.signature(function).parameters)


@contextmanager
def noting(lemma_id: str, values: Mapping[str, Any]) -> Iterator[None]:
    """Add the values of the variables to whatever is raised inside."""
    try:
        yield
    except Exception as error:
        shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
        error.add_note(f"at a case of the lemma {lemma_id}: {shown}")
        raise


@dataclass(frozen=True, eq=False)
class Lemma:
    """For all values of the variables that satisfy the hypotheses, the conclusion holds.

    Parameters
    ----------
    id : str
        Lower-case words joined by hyphens; that of the proof or catalogue entry where one exists.
    statement : str
        The claim in one sentence.
    variables : mapping from name to Space, or to a callable
        In order. A callable takes earlier variables by name and returns the space that fits them.
    margin : callable or sympy relation
        Takes variables by name (any of them) and returns a number: the conclusion holds if it is
        >= 0. Exact arithmetic: ints, Fractions, sympy numbers or balls (`margins.ball`); floats
        are counted apart. A strict sympy relation (<, >, Ne) fails at a margin of 0.
    given : callable, sympy relation, or tuple of them
        Hypotheses: each takes variables by name and says whether it holds.
    witnesses : callable, optional
        "There is": takes variables by name and yields finitely many witnesses; the conclusion must
        hold for one of them, and `margin` takes it as ``witness``.
    proof : str, optional
        Id of the machine-checked proof.
    theorem : str, optional
        Id of the catalogue entry that states it or rests on it most directly.
    source : str
        Where the statement stands.

    Examples
    --------
    >>> from slt_theory.testing import Lemma, least_error, samples, targets
    >>> lemma = Lemma(
    ...     "more-items-do-no-harm",
    ...     "an item more never makes the best error larger",
    ...     {"sample": samples(min_size=1, max_size=3), "z": targets()},
    ...     margin=lambda sample, z: least_error(sample[1:], z) - least_error(sample, z),
    ... )
    >>> lemma.at(sample=(1, 1), z=2)
    Fraction(1, 1)
    """

    id: str
    statement: str
    variables: Variables
    margin: Any
    given: Any = ()
    witnesses: Callable[..., Iterable[Any]] | None = None
    proof: str | None = None
    theorem: str | None = None
    source: str = ""
    hypotheses: tuple[Callable[..., bool], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given = self.given if isinstance(self.given, tuple | list) else (self.given,)
        conditions = [part for h in given for part in hypotheses_of(h)]
        object.__setattr__(self, "hypotheses", tuple(conditions))
        if not callable(self.margin):
            object.__setattr__(self, "margin", from_sympy(self.margin))
        allowed = {*self.variables, *(("witness",) if self.witnesses else ())}
        for function in (self.margin, *self.hypotheses, *filter(None, [self.witnesses])):
            unknown = set(named_arguments(function)) - allowed
            if unknown:
                raise BadInput(
                    "lemma", self.id, f"takes {sorted(unknown)}, which are no variables of it"
                )

    @cached_property
    def frame(self) -> Frame:
        """The variables as one search space."""
        return Frame(self.variables)

    @cached_property
    def _takes(self) -> dict[Any, tuple[str, ...]]:
        functions = (self.margin, *self.hypotheses, *filter(None, [self.witnesses]))
        return {function: named_arguments(function) for function in functions}

    def _call(self, function: Any, values: Mapping[str, Any]) -> Any:
        return function(**{name: values[name] for name in self._takes[function]})

    def holds_hypotheses(self, values: Mapping[str, Any]) -> bool:
        """True if all hypotheses hold."""
        return all(truth("given", self._call(h, values)) for h in self.hypotheses)

    def evaluate(self, values: Mapping[str, Any]) -> Margin | None:
        """The margin, or None where a hypothesis fails and the lemma says nothing.

        Raises
        ------
        BadInput
            If the margin is no real number, or a hypothesis no truth value. This and whatever the
            functions of the lemma raise carries a note with the values.
        """

        with precision(BALL_BITS), noting(self.id, values):
            return self._evaluate(values)

    def _evaluate(self, values: Mapping[str, Any]) -> Margin | None:
        if not self.holds_hypotheses(values):
            return None
        if self.witnesses is None:
            return taken(self._call(self.margin, values))
        candidates = self._call(self.witnesses, values)
        return some(self._call(self.margin, {**values, "witness": w}) for w in candidates)

    def at(self, **values: Any) -> Margin:
        """The margin at given values of the variables.

        Raises
        ------
        BadInput
            If a variable is missing or unknown, or a hypothesis fails there.
        """
        if set(values) != set(self.variables):
            raise BadInput("variables", sorted(values), f"must be {sorted(self.variables)}")
        margin = self.evaluate(values)
        if margin is None:
            raise BadInput("values", values, f"do not satisfy the hypotheses of {self.id}")
        return margin

    def is_refuted_by(self, values: Mapping[str, Any]) -> bool:
        """True if the values satisfy the hypotheses and the conclusion certainly fails."""
        margin = self.evaluate(values)
        return margin is not None and self.fails(margin)

    @property
    def strict(self) -> bool:
        """True if the conclusion is strict (a sympy relation with <, > or !=)."""
        return bool(getattr(self.margin, "strict", False))

    def fails(self, margin: Margin) -> bool:
        """True if the conclusion certainly fails with this margin."""
        return fails(margin, strict=self.strict)

    def __repr__(self) -> str:
        return f"Lemma({self.id!r}: {self.statement})"
