"""How many weights each layer keeps, when a network keeps a given share.

Density is the fraction of weights that take part in the computation, and the only number of its
kind in this package: kept weights / all weights, where weights are those of maskable tensors (no
biases) and a weight locked to its value counts as kept. A density means the count
``floor(density * weights + 1/2)``, computed in exact rationals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import parse_fraction, to_fraction
from slt_theory.torch.train.model import Shapes, maskable, sizes

__all__ = ["BUDGETS", "apportion", "budget", "count_of", "share"]

#: Rules that spread a network's count over its layers; see `budget`.
BUDGETS = ("uniform", "equal", "erk")


def share(name: str, value: Any) -> Fraction:
    """A fraction in [0, 1], as written: 0.1 is one tenth.

    Raises
    ------
    BadInput
        Otherwise.
    """
    written = isinstance(value, str | float)
    exact = parse_fraction(name, str(value)) if written else to_fraction(name, value)
    if not 0 <= exact <= 1:
        raise BadInput(name, float(exact), "must lie in [0, 1]")
    return exact


def count_of(density: Any, size: int) -> int:
    """The count that a density of `size` weights means.

    Examples
    --------
    >>> count_of(0.5, 5), count_of("1/3", 100), count_of(0.05, 1000)
    (3, 33, 50)
    """
    return math.floor(share("density", density) * size + Fraction(1, 2))


def apportion(
    total: int, rates: Mapping[str, Fraction | int], caps: Mapping[str, int]
) -> dict[str, int]:
    """Split `total` in proportion to `rates`, nobody above its cap, what overflows to the others.

    Counts are integers that sum to `total`: fractions are rounded down, and the largest remainders
    up (the first of equals). A floor and a remainder are exact.
    """
    if not 0 <= total <= sum(caps.values()):
        raise BadInput("total", total, f"must lie in 0..{sum(caps.values())}")
    ideal: dict[str, Fraction] = {}
    open_names, left = [name for name in caps if rates[name] > 0], Fraction(total)
    while open_names:
        level = left / sum((Fraction(rates[name]) for name in open_names), Fraction(0))
        full = [name for name in open_names if level * rates[name] >= caps[name]]
        if not full:
            ideal |= {name: level * rates[name] for name in open_names}
            break
        ideal |= {name: Fraction(caps[name]) for name in full}
        left -= sum(caps[name] for name in full)
        open_names = [name for name in open_names if name not in full]
    counts = {name: math.floor(ideal.get(name, 0)) for name in caps}
    missing = total - sum(counts.values())
    by_remainder = sorted(
        (name for name in caps if counts[name] < caps[name]),
        key=lambda name: counts[name] - ideal.get(name, Fraction(0)),
    )
    for name in by_remainder[:missing]:
        counts[name] += 1
    if sum(counts.values()) != total:
        raise BadInput("rates", dict(rates), f"leave no room for {total}")
    return counts


def budget(shapes: Shapes, density: Any, *, rule: str = "uniform") -> dict[str, int]:
    """Weights of each maskable tensor that a network of this density keeps.

    Parameters
    ----------
    shapes : mapping of name to shape
    density : number in [0, 1]
        Of the whole network; the counts sum to exactly `count_of` it.
    rule : str
        uniform: the same density in every layer. equal: the same count. erk: Erdos-Renyi-kernel,
        count proportional to the sum of the sides of the tensor. A layer is full at its size; what
        overflows goes to the others.

    Notes
    -----
    Source: Mocanu et al. (2018) and Evci et al., "Rigging the lottery" (2020) for erk; Price and
    Tanner, "Dense for the price of sparse" (2021) for equal.

    Examples
    --------
    >>> shapes = {"0.weight": (100, 64), "1.weight": (10, 100)}
    >>> [budget(shapes, 0.1, rule=rule) for rule in BUDGETS]  # doctest: +NORMALIZE_WHITESPACE
    [{'0.weight': 640, '1.weight': 100}, {'0.weight': 370, '1.weight': 370},
     {'0.weight': 443, '1.weight': 297}]
    """
    if rule not in BUDGETS:
        raise BadInput("rule", rule, "is unknown", f"known: {', '.join(BUDGETS)}")
    caps = sizes(shapes)
    rates = {
        "uniform": caps,
        "equal": dict.fromkeys(caps, 1),
        "erk": {name: sum(shape) for name, shape in maskable(shapes).items()},
    }[rule]
    return apportion(count_of(density, sum(caps.values())), rates, caps)
