"""Parameters of points: each has one declared type, so that equal values look equal.

Exact numbers become the text of a fraction ("1/100"), laws their own name. A float given in Python
is the number that it stores; in a TOML file 0.01 is exactly 1/100.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction, whole_number
from slt_theory.laws import law_reference
from slt_theory.statistics import probability

__all__ = ["REQUIRED", "read_parameter", "read_point"]

REQUIRED = object()
"""The default of a parameter that has none."""


def _law(name: str, value: Any) -> str:
    return law_reference(value)


def _exact(name: str, value: Any) -> str:
    return str(to_fraction(name, value))


def _integer(name: str, value: Any) -> int:
    return whole_number(name, value)


def _probability(name: str, value: Any) -> float:
    return probability(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadInput(name, value, "must be text")
    return value


def _targets(name: str, value: Any) -> str:
    text = _text(name, value)
    if text.startswith("fixed:"):
        return f"fixed:{to_fraction(name, text.removeprefix('fixed:'))}"
    if text not in ("all", "random"):
        raise BadInput(name, text, "must be all, fixed:Z or random")
    return text


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "law": _law,
    "claim": _text,
    "check": _text,
    "targets": _targets,
    **dict.fromkeys(("eps", "lo", "hi", "lock", "prune"), _exact),
    **dict.fromkeys(("size", "dim", "n", "max_items"), _integer),
    **dict.fromkeys(("delta", "level", "alpha"), _probability),
}


def read_parameter(name: str, value: Any) -> Any:
    """A value in the one form of its parameter; None stays None."""
    return None if value is None else _READERS[name](name, value)


def read_point(given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of a point, in the order of the kind, defaults filled in.

    Raises
    ------
    BadInput
        For an unknown parameter, a missing one, or a value of the wrong type.
    """
    for name in given:
        if name not in known:
            raise BadInput("parameter", name, "is unknown here", f"known: {', '.join(known)}")
    point = {}
    for name, default in known.items():
        value = given.get(name, default)
        if value is REQUIRED:
            raise BadInput(name, "missing", "is needed", "put it under [fixed] or [grid]")
        if value is None and default is not None:
            raise BadInput(name, None, "must have a value")
        point[name] = read_parameter(name, value)
    return point


def shown(name: str, value: Any) -> Any:
    """A parameter as a number for tables, where it is one."""
    return float(Fraction(value)) if _READERS[name] is _exact and value is not None else value
