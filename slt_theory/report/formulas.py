"""Formulas as MathML, which browsers set without a script."""

from __future__ import annotations

import re
from html import escape

from slt_theory.theorems.entry import Formula

__all__ = ["formula_mathml", "prose"]

_LETTERS = {"eps": r"\varepsilon", "eps_p": r"\varepsilon_p", "rho": r"\rho"}
_MARKED = re.compile(r"\$([^$]+)\$|`([^`]+)`")


def formula_mathml(formula: Formula) -> str:
    """A bound as displayed MathML."""
    import sympy
    from latex2mathml.converter import convert

    symbols = {name: sympy.Symbol(name) for name in formula.symbols}
    expression = sympy.sympify(formula.text, locals=symbols)
    letters = {symbols[name]: tex for name, tex in _LETTERS.items() if name in symbols}
    return str(convert(sympy.latex(expression, symbol_names=letters), display="block"))


def prose(text: str) -> str:
    """Text as HTML: ``$...$`` becomes MathML, backticks code, everything else is escaped."""
    from latex2mathml.converter import convert

    parts, last = [], 0
    for match in _MARKED.finditer(text):
        parts.append(escape(text[last : match.start()]))
        tex, code = match.groups()
        parts.append(convert(tex) if tex else f"<code>{escape(code)}</code>")
        last = match.end()
    return "".join([*parts, escape(text[last:])])
