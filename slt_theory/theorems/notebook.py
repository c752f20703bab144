"""Entries and formulas for notebooks and pages: HTML with MathML, which needs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slt_theory.records import html_table

if TYPE_CHECKING:
    from slt_theory.theorems.entry import Entry, Formula

__all__ = ["entry_html", "formula_mathml"]

_MATHML = "http://www.w3.org/1998/Math/MathML"
# The name that sympy prints as a Greek letter, for each symbol that is one.
_LETTERS = {"eps": "epsilon", "eps_p": "epsilon_p"}


def formula_mathml(formula: Formula) -> str:
    """A bound as displayed MathML."""
    import sympy
    from sympy.printing.mathml import mathml

    symbols = {name: sympy.Symbol(_LETTERS.get(name, name)) for name in formula.symbols}
    inner = mathml(sympy.sympify(formula.text, locals=symbols), printer="presentation")
    return f'<math xmlns="{_MATHML}" display="block">{inner}</math>'


def entry_html(entry: Entry) -> str:
    """A table of an entry (statement, conditions, source, known issues) and its formula."""
    source = entry.source
    record = {
        "statement": str(entry.statement),
        "conditions": "; ".join(one.text for one in getattr(entry, "conditions", ())),
        "source": f"{source.paper.authors} ({source.paper.year}), {source.locator}",
        "trust": source.trust,
        "known issues": "; ".join(issue.text for issue in entry.known_issues),
    }
    bound: Formula | None = getattr(entry, "bound", None)
    formula = "" if bound is None else formula_mathml(bound)
    return f"{html_table(entry.id, record, entry.title)}{formula}"
