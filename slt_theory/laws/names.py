"""Laws by name: one grammar, ``NAME(args)``, products with ``*``, and a scale.

law  = term * term * ...
term = number | NAME | NAME(args) | NAME[args]
args = value, value, ..., name=value, ...
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from fractions import Fraction

from slt_theory.errors import BadInput
from slt_theory.lattice import parse_fraction
from slt_theory.laws.composed import Masked, Product, Scaled
from slt_theory.laws.discrete import Integers
from slt_theory.laws.law import Law
from slt_theory.laws.registry import LAWS, Arguments, Kept

__all__ = ["is_as_named", "parse_law", "read_terms", "split"]

_NUMBER = re.compile(r"[\d./]+(?:e[+-]?\d+)?", re.ASCII)
_CALL = re.compile(r"([a-zA-Z_]\w*)(?:\((.*)\)|\[(.*)\])?", re.ASCII | re.DOTALL)
_NAMED = re.compile(r"([a-z_]\w*)=(.*)", re.ASCII | re.DOTALL)
_LONGEST_NAME = 100_000
_DEEPEST = 20


def split(text: str, at: str) -> list[str]:
    """Split at every letter `at` outside brackets.

    Examples
    --------
    >>> split("relu(a*b)*c", "*")
    ['relu(a*b)', 'c']
    """
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == at and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _way_out() -> str:
    return f"known: {', '.join(LAWS)}, products with '*', a scale, FILE.py:NAME; see slt laws"


def parse_law(text: str) -> Law:
    """Read a law from its name. No file is read and none is run.

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
    >>> parse_law("mixture(0.9:laplace(0.3), 0.1:signs)").name
    'mixture(9/10:laplace(3/10,-1,1),1/10:signs)'
    """
    return read_terms(text, files=False)


def read_terms(text: str, *, files: bool, depth: int = 0) -> Law:
    """Read a law from its name; with `files` also the laws that a file defines."""
    if not isinstance(text, str) or len(text) > _LONGEST_NAME or depth > _DEEPEST:
        raise BadInput("law", text, "is not the name of a law", _way_out())
    scale, kept = Fraction(1), None
    factors: list[Law] = []
    for term in split(text, "*"):
        found = _term(term.strip(), text, files, depth)
        if isinstance(found, Fraction):
            scale *= found
        elif isinstance(found, Kept):
            kept = found.density * (kept or 1)
        else:
            factors.append(found)
    if not factors:
        raise BadInput("law", text, "names no law", _way_out())
    law = factors[0] if len(factors) == 1 else _product(factors)
    if kept is not None:
        law = Masked(law, kept)
    return law if scale == 1 else Scaled(law, scale)


def is_as_named(law: Law) -> bool:
    """True for a law that draws as the law of its name, on whatever lattice.

    A law of one's own may bear any name, and a subclass inherits one: neither is equal to it.
    """
    try:
        named = parse_law(law.name)
        return bool(named == law or named.at(law.bits) == law)
    except BadInput:
        return False


def _product(factors: list[Law]) -> Law:
    first = factors[0]
    if isinstance(first, Integers) and factors == [first, first] and first.factors == 1:
        return Integers(first.largest, 2)
    return Product(*factors)


def _term(term: str, text: str, files: bool, depth: int) -> Law | Fraction | Kept:
    if _NUMBER.fullmatch(term):
        return parse_fraction("law", term)
    call = _CALL.fullmatch(term)
    if call is None:
        raise BadInput("law", text, f"cannot read the term {term!r}", _way_out())
    name, inside = call[1].lower(), call[2] if call[2] is not None else call[3]
    entry = LAWS.get(name)
    if entry is None:
        near = get_close_matches(name, LAWS, 1)
        hint = f"did you mean {LAWS[near[0]].usage}?" if near else _way_out()
        raise BadInput("law", text, f"{name} is no law", hint)
    if entry.files and not files:
        raise BadInput("law", text, "is read from outside of this package, which is refused here")
    places: list[str] = []
    named: dict[str, str] = {}
    for part in split(inside, ",") if inside else []:
        match = _NAMED.fullmatch(part.strip())
        if match and match[1] in named:
            raise BadInput("law", text, f"gives {match[1]} twice", f"write {entry.usage}")
        if match:
            named[match[1]] = match[2].strip()
        else:
            places.append(part.strip())
    found: Law | Kept = entry.read(
        Arguments(
            entry, text, places, named, lambda law: read_terms(law, files=files, depth=depth + 1)
        )
    )
    return found
