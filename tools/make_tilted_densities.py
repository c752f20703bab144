"""Search for the shipped certificates of tilted densities and write them; a few minutes a row.

    python tools/make_tilted_densities.py [ROW ...]

With rows (numbers from 0), only these are made anew. Every row is checked as it is made.
"""

from __future__ import annotations

import json
import math
import sys
from fractions import Fraction

from slt_theory.certified.fourier_certificate import FILE
from slt_theory.certified.fourier_parameters import Plan
from slt_theory.certified.fourier_search import search_tilted

RATES = ("0", "1/4", "1/2", "1", "3/2", "2", "5/2", "3", "4", "5", "7", "10")

# error, half-width of the window, items, delta that decides where the tail begins, last frequency,
# step of the means that tilts stand for. The first row is small: the proof checks it.
ROWS = (
    ("1/20", "1/2", 26, 0.05, 60, 0.9),
    ("1/50", "1/2", 30, 0.01, 200, 0.4),
    ("1/100", "1", 33, 0.01, 300, 0.4),
    ("1/1000", "1", 44, 0.001, 600, 0.4),
)


def parameters(error: str, half_width: str, count: int, last: int) -> Plan:
    """The other parameters are the same for all; b is five deviations above the mean of B."""
    spread = count / 3 + 5 * math.sqrt(count * (1 / 5 - 1 / 9))
    return Plan(
        count=count,
        error=Fraction(error),
        half_width=Fraction(half_width),
        radius=Fraction(error) / 2,
        star=Fraction("1.4"),
        low=Fraction("2.4"),
        mid=Fraction(3),
        last=Fraction(last),
        share=Fraction(1, 3),
        lean=Fraction("0.2"),
        spread=Fraction(round(8 * spread), 8),
        period=Fraction(16),
        rates=tuple(Fraction(t) for t in RATES),
    )


def main() -> None:
    """Write the file."""
    chosen = [int(word) for word in sys.argv[1:]] or range(len(ROWS))
    old = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else []
    known = {(r["plan"]["error"], r["plan"]["half_width"], r["plan"]["count"]): r for r in old}
    for k in chosen:
        error, half_width, count, delta, last, step = ROWS[k]
        plan = parameters(error, half_width, count, last)
        found = search_tilted(plan, step=step, delta=delta)
        known[error, half_width, str(count)] = found.to_dict()
        print(error, half_width, count, found.bound, flush=True)
        lines = ",\n".join(json.dumps(row) for row in known.values())
        FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
