"""Laws by name, as on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from slt_theory.errors import BadInput
from slt_theory.lattice import (
    parse_fraction,
)
from slt_theory.laws.composed import Masked, Product, ReLU, Scaled
from slt_theory.laws.discrete import Grid, Signs
from slt_theory.laws.hyperbolic import Hyperbolic
from slt_theory.laws.law import Law
from slt_theory.laws.normal import Normal
from slt_theory.laws.uniform import Uniform

__all__ = ["parse_law"]

_TERM = re.compile(
    r"(?P<number>[\d./]+(?:e[+-]?\d+)?)$"
    r"|relu\((?P<relu>.+)\)$"
    r"|bernoulli\((?P<mask>[^()]+)\)$"
    r"|uniform\[(?P<lo>[^,\]]+),(?P<hi>[^,\]]+)\]$"
    r"|hyperbolic\[(?P<from>[^,\]]+),(?P<to>[^,\]]+)\]$"
    r"|signs\[(?P<gain>[^\]]+)\]$"
    r"|grid\[(?P<steps>\d{1,9})\]$"
    r"|(?P<name>uniform|normal|signs)$"
)
_LONGEST_NAME = 1000
_PLAIN: dict[str, Callable[[], Law]] = {"uniform": Uniform, "normal": Normal, "signs": Signs}


def _terms(text: str) -> list[str]:
    """Split at every '*' outside brackets."""
    terms, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "*" and depth == 0:
            terms.append("")
        else:
            terms[-1] += letter
    return terms


def parse_law(text: str) -> Law:
    """Read a law from its name.

    Raises
    ------
    BadInput
        If the text is not a product of the known terms.

    Examples
    --------
    >>> parse_law("relu(uniform)*uniform").atom
    Fraction(1, 2)
    >>> parse_law("0.5*uniform").support == (Fraction(-1, 2), Fraction(1, 2))
    True
    """
    way_out = (
        "known: uniform, uniform[a,b], normal, hyperbolic[a,b], signs, signs[g], grid[m], "
        "relu(...), bernoulli(p), products with '*', a scale"
    )
    if not isinstance(text, str) or len(text) > _LONGEST_NAME:
        raise BadInput("law", text, "is not the name of a law", way_out)
    scale, kept = Fraction(1), None
    factors: list[Law] = []
    for term in _terms(text.replace(" ", "").lower()):
        match = _TERM.match(term)
        if match is None:
            raise BadInput("law", text, f"cannot read the term {term!r}", way_out)
        part = match.groupdict()
        if part["number"]:
            scale *= parse_fraction("law", part["number"])
        elif part["mask"]:
            kept = parse_fraction("law", part["mask"]) * (kept or 1)
        elif part["relu"]:
            factors.append(ReLU(parse_law(part["relu"])))
        elif part["lo"]:
            lo, hi = (parse_fraction("law", part[end]) for end in ("lo", "hi"))
            factors.append(Uniform(lo, hi))
        elif part["from"]:
            lo, hi = (parse_fraction("law", part[end]) for end in ("from", "to"))
            factors.append(Hyperbolic(lo, hi))
        elif part["gain"]:
            factors.append(Signs(parse_fraction("law", part["gain"])))
        elif part["steps"]:
            factors.append(Grid(int(part["steps"])))
        else:
            factors.append(_PLAIN[part["name"]]())
    if not factors:
        raise BadInput("law", text, "names no law", way_out)
    law: Law = factors[0] if len(factors) == 1 else Product(*factors)
    if kept is not None:
        law = Masked(law, kept)
    return law if scale == 1 else Scaled(law, scale)
