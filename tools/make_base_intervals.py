"""Search for the shipped certificates of base intervals and write them; about twenty minutes.

    python tools/make_base_intervals.py [ROW ...]

With rows (numbers from 0), only these are made anew. Every row is checked as it is made.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction

from slt_theory.certified.base_certificate import FILE
from slt_theory.certified.base_interval import Base
from slt_theory.certified.base_search import search

RATES = ("0", "1/2", "1", "3/2", "2", "5/2", "3", "4", "5", "7", "10", "14", "20")

# law, error, cut, top, most items in the core, items, frequency from which means are monotone,
# length.
# Cut and core are best near these for delta = eps; the other parameters hardly matter.
ROWS = (
    ("uniform*uniform", "1/20", "1/3", "1", 22, 90, 300, "1.8"),
    ("uniform*uniform", "1/100", "3/10", "1", 28, 100, 300, "1.95"),
    ("uniform*uniform", "1/1000", "3/10", "1", 38, 120, 600, "1.95"),
    ("uniform*uniform", "1/100", "3/10", "1", 34, 100, 300, "1.95"),
    ("uniform*uniform", "1/1000", "3/10", "1", 44, 120, 600, "1.95"),
    ("uniform*uniform", "1/50", "3/10", "1", 25, 100, 300, "1.9"),
    ("uniform*uniform", "1/200", "3/10", "1", 32, 110, 600, "1.95"),
    ("uniform*uniform", "1/500", "3/10", "1", 36, 120, 600, "1.95"),
    ("uniform*uniform", "1/10000", "3/10", "1", 50, 140, 1000, "1.95"),
    ("uniform", "1/100", "3/4", "1", 30, 70, 300, "4"),
    ("normal", "1/100", "5/4", "3", 30, 70, 300, "3.5"),
    ("normal", "1/1000", "5/4", "3", 41, 80, 600, "3.5"),
    ("uniform", "1/1000", "3/4", "1", 41, 80, 600, "4"),
)


def parameters(law: str, error: str, cut: str, last: int, length: str) -> Base:
    """The other parameters are the same for all."""
    e = Fraction(error) / Fraction(cut)
    return Base(
        law=law,
        cut=Fraction(cut),
        error=e,
        length=Fraction(length),
        radius=e / 2,
        star=Fraction("1.4"),
        low=min(Fraction("2.98"), Fraction("5.99") / (Fraction(length) / 2 + e / 2)),
        mid=Fraction(9 if "*" in law else 6),
        last=Fraction(last),
        share=Fraction(1, 3),
        lean=Fraction("0.2"),
        rates=tuple(Fraction(t) for t in RATES),
    )


def main() -> None:
    """Write the file."""
    rows = [int(word) for word in sys.argv[1:]] or range(len(ROWS))
    old = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else []
    known = {(r["base"]["law"], r["base"]["cut"], r["core"], r["base"]["error"]): r for r in old}
    for k in rows:
        law, error, cut, top, core, items, last, length = ROWS[k]
        base = parameters(law, error, cut, last, length)
        found = search(
            base,
            half_width=Fraction(1),
            top=Fraction(top),
            core=core,
            longest=items,
        )
        known[law, str(base.cut), core, str(base.error)] = found.to_dict()
        print(law, error, {n: b for n, b in enumerate(found.bounds) if 1e-4 < b < 0.1}, flush=True)
        lines = ",\n".join(json.dumps(row) for row in known.values())
        FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
