r"""Uniform components of laws: law = alpha U[-a, a] + (1 - alpha) Q.

The table holds rational alpha, each below the true weight :math:`2a \inf_{|x| \le a} p(x)`; the
balls that prove it are in ``proofs/uniform_components.py``. A law of the table is taken by its
name; any other by the least density that it has on an interval.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import parse_fraction
from slt_theory.laws import Law, floor_of, is_as_named, own_floor
from slt_theory.laws import read_law as take_law

__all__ = ["TABLE", "Component", "components", "read_law"]


@dataclass(frozen=True, slots=True)
class Component:
    """`weight` of U[-half_width, half_width] inside a law; `proof` shows it."""

    half_width: Fraction
    weight: Fraction
    proof: str


def _rows(proof: str, *rows: tuple[str, str]) -> tuple[Component, ...]:
    return tuple(Component(Fraction(a), Fraction(alpha), proof) for a, alpha in rows)


PRODUCT = _rows(
    "uniform-components",
    ("1/8", "0.2599"),
    ("1/4", "0.3465"),
    ("3/8", "0.3678"),
    ("1/2", "0.3465"),
    ("5/8", "0.2937"),
    ("3/4", "0.2157"),
)
TABLE: dict[str, tuple[Component, ...]] = {
    "uniform": _rows("uniform-components", ("1", "1")),
    "normal": _rows(
        "uniform-components",
        ("1/2", "0.3520"),
        ("3/4", "0.4516"),
        ("1", "0.4839"),
        ("5/4", "0.4566"),
        ("3/2", "0.3885"),
        ("2", "0.2159"),
    ),
    "uniform*uniform": PRODUCT,
    "relu(uniform)*uniform": tuple(replace(c, weight=c.weight / 2) for c in PRODUCT),
    "normal*normal": _rows(
        "uniform-components",
        ("1/4", "0.2453"),
        ("1/2", "0.2942"),
        ("3/4", "0.2915"),
        ("1", "0.2680"),
    ),
    "normal*uniform": _rows(
        "uniform-components",
        ("1/4", "0.2911"),
        ("1/2", "0.3237"),
        ("3/4", "0.2854"),
        ("1", "0.2233"),
    ),
}
_BERNOULLI = re.compile(r"bernoulli\(([^)]*)\)")
_INTERVAL = re.compile(r"uniform\[([^,]*),([^\]]*)\]")


def _interval(name: str) -> tuple[Component, ...]:
    """U[lo, hi] holds U[-a, a] for every a up to its nearer end."""
    match = _INTERVAL.fullmatch(name)
    if match is None:
        return ()
    lo, hi = parse_fraction("law", match[1]), parse_fraction("law", match[2])
    half = min(-lo, hi)
    if half <= 0 or hi <= lo:
        return ()
    return (Component(half, 2 * half / (hi - lo), "uniform-components"),)


def read_law(law: Any) -> tuple[str, Fraction, Fraction]:
    """Name without scale and mask, |scale|, and the probability that an item is kept.

    A law object that is not the law of its name has a name that no table knows.

    Raises
    ------
    BadInput
        If a scale or a probability inside the name is not a number of the right kind.
    """
    name = law if isinstance(law, str) else str(getattr(law, "name", law))
    if isinstance(law, Law) and not is_as_named(law):
        return f"own {name}", Fraction(1), Fraction(1)
    scale, keep, rest = Fraction(1), Fraction(1), []
    for factor in name.replace(" ", "").lower().split("*"):
        masked = _BERNOULLI.fullmatch(factor)
        try:
            if masked:
                keep *= parse_fraction("law", masked[1])
            else:
                scale *= abs(parse_fraction("law", factor))
        except BadInput:
            if masked:
                raise BadInput(
                    "law", name, "bernoulli(p) needs a number p", "write bernoulli(0.3)"
                ) from None
            rest.append("uniform" if factor == "uniform[-1,1]" else factor)
    if scale == 0 or not 0 < keep <= 1:
        raise BadInput("law", name, "needs a scale other than 0 and 0 < p <= 1", "see slt bound")
    return "*".join(sorted(rest)), scale, keep


def _by_floor(floor: Callable[[Fraction], Any], more: Iterable[Fraction]) -> tuple[Component, ...]:
    """Components of a density that is at least ``floor(half)`` on [-half, half]."""
    halves = {*map(Fraction, ("1/4", "1/2", "3/4", "1", "2")), *more}
    rows = []
    for half in sorted(halves):
        density = Fraction(floor(half))
        if density > 0:
            weight = min(Fraction(1), 2 * half * density)
            rows.append(Component(half, weight, "mixture-rule"))
    return tuple(rows)


def _of_a_law(law: Any) -> tuple[Component, ...]:
    """Components by the floor of a law that may be scaled, masked or mixed; none if it has none."""
    try:
        made = take_law(law)
    except BadInput:
        return ()
    reach = max(Fraction(0), min(-made.support[0], made.support[1]))
    shares = (reach * share for share in map(Fraction, ("1/8", "1/4", "1/2", "3/4", "1")))
    return _by_floor(lambda half: floor_of(made, half), (half for half in shares if half > 0))


def components(law: Any) -> tuple[Component, ...]:
    """Proved uniform components of a law, possibly none.

    Parameters
    ----------
    law : str or object
        A name such as ``"uniform"``, ``"0.5*normal"``, ``"bernoulli(0.3)*uniform*uniform"``; a law
        object whose ``name`` is such a name; or any object with ``density_floor(half_width)``, a
        lower bound of its density on [-half_width, half_width] that the caller vouches for.

    Raises
    ------
    BadInput
        As `read_law`.
    """
    floor = own_floor(law)
    if floor is not None:
        return _by_floor(floor, ())
    base, scale, keep = read_law(law)
    found = TABLE.get(base) or (_interval(base) if "*" not in base else ())
    if not found:
        return _of_a_law(law)
    return tuple(
        replace(row, half_width=row.half_width * scale, weight=row.weight * keep) for row in found
    )
