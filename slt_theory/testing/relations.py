"""sympy relations as margins and hypotheses, evaluated exactly or in balls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.testing.margins import Margin, holds
from slt_theory.testing.sympy_numbers import number

__all__ = ["Holds", "Relation", "from_sympy", "hypotheses_of"]

__tracebackhide__ = True


def from_sympy(relation: Any) -> Relation:
    """The margin of a sympy relation as a function of its symbols by name.

    Rational values stay Fractions; anything else is enclosed in a ball.

    Raises
    ------
    BadInput
        For anything but one relation: And, Or, Not, True, an expression.

    Examples
    --------
    >>> import sympy
    >>> x, y = sympy.symbols("x y")
    >>> from_sympy(sympy.Le(2 * x * y, x**2 + y**2))(x=Fraction(1, 2), y=Fraction(1))
    Fraction(1, 4)
    """
    import sympy
    from sympy.core.relational import Relational

    if not isinstance(relation, Relational):
        kind = type(relation).__name__
        way_out = "give each relation a lemma, or write a function with `every` or `some`"
        if kind in ("bool", "BooleanTrue", "BooleanFalse"):
            way_out = "sympy decided it already; write it as a function of the variables"
        raise BadInput("relation", str(relation), f"is {kind}, no relation like x <= y", way_out)
    gap = relation.rhs - relation.lhs
    if isinstance(relation, sympy.Equality):
        gap = -sympy.Abs(gap)
    elif isinstance(relation, sympy.Unequality):
        gap = sympy.Abs(gap)
    elif relation.rel_op in (">", ">="):
        gap = -gap
    names = {str(s) for s in relation.free_symbols}
    return Relation(gap, tuple(sorted(names)), relation.rel_op in ("<", ">", "!="))


def hypotheses_of(given: Any) -> tuple[Any, ...]:
    """A hypothesis as callables: itself, or the parts of a sympy relation or And."""
    if callable(given):
        return (given,)
    if type(given).__name__ == "And":
        return tuple(part for relation in given.args for part in hypotheses_of(relation))
    return (Holds(from_sympy(given)),)


class Relation:
    """By how much a relation holds: a sympy expression, evaluated exactly or in balls.

    Attributes
    ----------
    names : tuple of str
        Its symbols.
    strict : bool
        Whether it fails where the margin is 0.
    """

    def __init__(self, expression: Any, names: tuple[str, ...], strict: bool) -> None:
        self.expression = expression
        self.names = names
        self.strict = strict

    def __call__(self, **values: Any) -> Margin:
        symbols = self.expression.free_symbols
        value = self.expression.subs({s: _as_declared(s, values[str(s)]) for s in symbols})
        margin = number(value)
        if margin is None:
            raise BadInput("relation", str(value), "has no value", "give every symbol a number")
        return margin


def _as_declared(symbol: Any, value: Any) -> Any:
    """A value as a sympy number; refused where the symbol's assumptions exclude it."""
    import sympy

    exact = Fraction(value)
    number = sympy.Rational(exact.numerator, exact.denominator)
    facts = sorted(symbol.assumptions0.items(), key=lambda pair: (not pair[1], len(pair[0])))
    for fact, declared in facts:
        if getattr(number, f"is_{fact}", None) not in (declared, None):
            assumed = fact if declared else f"not {fact}"
            way_out = "declare what all values of the variable are, or fit its space"
            raise BadInput(str(symbol), str(exact), f"is declared {assumed}", way_out)
    return number


class Holds:
    """A relation as a hypothesis: it holds where its margin is certainly large enough."""

    def __init__(self, margin: Relation) -> None:
        self.margin = margin
        self.names = margin.names

    def __call__(self, **values: Any) -> bool:
        return holds(self.margin(**values), strict=self.margin.strict)
