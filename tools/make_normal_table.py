"""Compute ``slt_theory/tables/normal_quantiles.npy``: upper normal quantiles, correctly rounded.

Node ``m`` of octave ``e`` holds the x with P(N > x) = 2**-(2 + e) * (1 + m / 256), in units of
2**-44. Each is enclosed in a ball by python-flint before it is rounded, so the table is the same on
every machine. Run: ``python tools/make_normal_table.py`` (a few seconds).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from flint import arb, ctx, fmpz
from scipy.special import ndtri

from slt_theory.laws import NORMAL_NODES, NORMAL_OCTAVES, NORMAL_TABLE_BITS


def quantile(numerator: int, exponent: int) -> int:
    """round(x * 2**44) for the x with P(N > x) = numerator / 2**exponent."""
    p = arb(fmpz(numerator)) / arb(2) ** exponent
    root2, root2pi = arb(2).sqrt(), (2 * arb.pi()).sqrt()
    x = arb(-float(ndtri(numerator / 2.0**exponent)))
    for _ in range(2):
        x = arb((x + ((x / root2).erfc() / 2 - p) * root2pi * (x * x / 2).exp()).mid())
    radius = arb(2) ** -60
    assert ((x - radius) / root2).erfc() / 2 > p > ((x + radius) / root2).erfc() / 2
    enclosed = (arb(x.mid(), float(2.0**-60)) * arb(2) ** NORMAL_TABLE_BITS + arb(0.5)).floor()
    return int(enclosed.unique_fmpz())


def main() -> None:
    """Write the quantiles of the normal law, each rounded from balls of 160 bits."""
    ctx.prec = 160
    table = [
        quantile(NORMAL_NODES + m, 2 + e + NORMAL_NODES.bit_length() - 1)
        for e in reversed(range(NORMAL_OCTAVES))
        for m in range(NORMAL_NODES)
    ]
    table.append(0)  # P(N > 0) = 1/2
    path = Path(__file__).parents[1] / "slt_theory" / "tables" / "normal_quantiles.npy"
    np.save(path, np.array(table, dtype="<i8"))


if __name__ == "__main__":
    main()
