"""Captions for LaTeX: what is drawn, from which data, trials and intervals, by which command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["caption", "facts", "latex"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "ε": r"$\varepsilon$",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}
_POWER = re.compile(r"\b([A-Za-z0-9]+)\^(\([^()]+\)|-?[A-Za-z0-9.]+)")
_CODE = re.compile(r"`+([^`]+)`+|\*([^*\n]+)\*|\$([^$]+)\$")


def latex(text: str) -> str:
    """Plain text as LaTeX: special characters escaped, ``2^-n`` set as a formula, code as such.

    Examples
    --------
    >>> print(latex("95 % of 2^(1 - n), `slt figure a_b`, $x_1$"))
    95 \\% of $2^{1 - n}$, \\texttt{slt figure a\\_b}, $x_1$
    """
    parts, last = [], 0
    for match in _CODE.finditer(text):
        code, strong, formula = match.groups()
        parts.append(_plain(text[last : match.start()]))
        parts.append(
            f"\\texttt{{{_escaped(code)}}}"
            if code
            else f"\\emph{{{_plain(strong)}}}"
            if strong
            else f"${formula}$"
        )
        last = match.end()
    return "".join([*parts, _plain(text[last:])])


def _plain(text: str) -> str:
    parts, last = [], 0
    for match in _POWER.finditer(text):
        parts.append(_escaped(text[last : match.start()]))
        parts.append(f"${match[1]}^{{{match[2].strip('()')}}}$")
        last = match.end()
    return "".join([*parts, _escaped(text[last:])])


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


def facts(table: Mapping[str, Any]) -> str:
    """Trials, intervals and seed of a table, wherever they stand in it, as one sentence.

    Examples
    --------
    >>> facts({"level": 0.95, "seed": 0, "rows": [{"trials": 4000}, {"trials": 100}]})
    'Trials: 100 to 4,000; intervals: exact, 95 %; seed 0.'
    """
    parts = []
    for word, key in (("trials", "trials"), ("replicates", "replicates")):
        counts = sorted({int(v) for v in _found(table, key) if isinstance(v, int | float)})
        if counts:
            spread = f"{counts[0]:,}" + (f" to {counts[-1]:,}" if len(counts) > 1 else "")
            parts.append(f"{word}: {spread}")
    levels = sorted({v for v in _found(table, "level") if isinstance(v, float)})
    if levels:
        words = " to ".join(dict.fromkeys(f"{100 * v:.4g} %" for v in (levels[0], levels[-1])))
        parts.append(f"intervals: exact, {words}")
    seeds = sorted({v for key in ("seed", "seeds") for v in _flat(_found(table, key))})
    if seeds:
        parts.append(f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _found(value: Any, key: str) -> Iterator[Any]:
    """The values under a key, at any depth; what made the table is no part of it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == key:
                yield inner
            elif name != "made":
                yield from _found(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, key)


def _flat(values: Iterator[Any]) -> Iterator[int]:
    for value in values:
        if isinstance(value, list):
            yield from (one for one in value if isinstance(one, int))
        elif isinstance(value, int):
            yield value


def caption(words: str, table: Mapping[str, Any], command: str) -> str:
    """The caption of a figure: its words, the facts of its table, what made and draws it.

    Parameters
    ----------
    words : str
        Title line and paragraphs, as in the docstring of a figure.
    table : mapping
        With ``made`` where it is known.
    command : str
        What draws the figure again.
    """
    made = table.get("made") or {}
    lines = [*words.strip().split("\n\n"), facts(table)]
    if "command" in made:
        versions = " and ".join(
            f"{name} {made[name]}" for name in ("slt-theory", "numpy") if name in made
        )
        lines.append(f"Table: `{made['command']}`, {versions or 'versions unknown'}.")
    lines.append(f"Drawn by `{command}`.")
    return "\n\n".join(latex(" ".join(line.split())) for line in lines if line) + "\n"
