"""The one door for laws: a name, a file, an object, a distribution of scipy.stats."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.laws.frozen import from_scipy, is_frozen
from slt_theory.laws.law import Law
from slt_theory.laws.names import parse_law, read_terms
from slt_theory.user_files import is_reference, load_object

__all__ = ["law_digest", "law_reference", "read_law"]

# The start of a term with values, before any file.
_INSIDE = re.compile(r"\s*[-\w.*\s]*\w\s*[(\[]")


def read_law(law: Any) -> Law:
    """A law from whatever stands for one.

    Parameters
    ----------
    law : Law, str or frozen distribution
        A law; its name (`slt laws` lists them); ``FILE.py:NAME`` for an object of a file of your
        own; or a frozen distribution of scipy.stats. A reference that `law_reference` wrote has a
        digest behind a bar, which is compared.

    Raises
    ------
    BadInput
        For anything else; the message says what would do.

    Examples
    --------
    >>> read_law("laplace(0.3)").name, read_law("uniform").name
    ('laplace(3/10,-1,1)', 'uniform')
    """
    if isinstance(law, Law):
        return law
    if is_frozen(law):
        return from_scipy(law)
    if not isinstance(law, str):
        wrong = f"{type(law).__module__}.{type(law).__qualname__}"
        what = "is a class" if isinstance(law, type) else f"is a {wrong}"
        raise BadInput(
            "law",
            repr(law),
            what + ", not a law",
            "give a name (slt laws), FILE.py:NAME, a Law, or a frozen scipy.stats distribution",
        )
    text, bar, digest = law.partition("|")
    if ".py:" in text and _INSIDE.match(text):
        way_out = (
            "make the whole law in the file, e.g. Mixed((a, b), (1, 1)), and give FILE.py:NAME"
        )
        raise BadInput("law", law, "names a file inside of a term", way_out)
    found = _of_file(text.strip()) if is_reference(text) else read_terms(text, files=True)
    if bar and law_digest(found) != digest:
        raise BadInput(
            "law",
            law,
            f"draws other numbers than before (now {law_digest(found)})",
            "the file or a library has changed",
        )
    return found


def _of_file(reference: str) -> Law:
    found = load_object(reference, lambda value: isinstance(value, Law) or is_frozen(value))
    if isinstance(found, str):
        raise BadInput("law", reference, f"is the text {found!r}", "give this text itself")
    return read_law(found)


def law_digest(law: Law) -> str:
    """A name of what a law draws: its unit, its support and 4096 draws of fixed words."""
    words = np.random.default_rng(0).integers(1 << 32, size=(4096, law.slots), dtype=np.uint32)
    parts = [str(law.unit), *map(str, law.support)]
    drawn = law.integers(words).astype("<i8").tobytes()
    return hashlib.sha256("|".join(parts).encode() + drawn).hexdigest()[:12]


def law_reference(law: Any) -> str:
    """The text from which any machine with the same files makes this law again, or refuses.

    The law's own name where nothing outside of this package enters it; else what was written, with
    `law_digest` behind a bar.

    Raises
    ------
    BadInput
        If there is none, as for an object of your own that no file names.
    """
    made = read_law(law)
    try:
        if parse_law(made.name) == made:
            return made.name
    except BadInput:
        pass
    text = law.partition("|")[0].strip() if isinstance(law, str) else made.name
    if not isinstance(law, str):
        try:
            again = read_terms(text, files=True)
        except BadInput:
            again = None
        if again != made:
            raise BadInput(
                "law",
                made.name,
                "cannot be made again from its name",
                "write it into a file and give FILE.py:NAME",
            )
    return f"{text}|{law_digest(made)}"
