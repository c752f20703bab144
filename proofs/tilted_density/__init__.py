"""Tilted random subset sums: smoothed densities with a tilt for each mean (uniform items)."""

from __future__ import annotations

from fractions import Fraction

from slt_theory.certified.base_parameters import HALF_TURN

from ..kit import Proof
from .cells import Claim, cell_steps, listed
from .means import mean_steps
from .sums import sum_steps
from .transform import transform_steps

__all__ = ["CLAIMS", "ROW", "UNSAFE", "build"]

CLAIMS: tuple[Claim, ...] = (
    (Fraction(1, 100), Fraction(1), Fraction(1, 100), 33),
    (Fraction(1, 1000), Fraction(1), Fraction(1, 1000), 44),
    (Fraction(1, 50), Fraction(1, 2), Fraction(1, 100), 30),
)
ROW = 0
"""The certificate that the proof checks itself; the long tests check all."""

UNSAFE = (
    {"half_turn": Fraction(63, 20), "row": None},
    {"quarter": Fraction(1, 5), "row": None},
    {"floor": Fraction(11, 10), "row": None},
    {"mean": Fraction(99, 100), "row": None},
    {"apart": Fraction(1, 8), "row": None},
    {"claims": ((Fraction(1, 100), Fraction(1), Fraction(1, 100), 31),), "row": None},
    {"weight": Fraction(99, 100)},
)


def build(
    *,
    half_turn: Fraction = HALF_TURN,
    quarter: Fraction = Fraction(1, 4),
    floor: Fraction = Fraction(1),
    mean: Fraction = Fraction(1),
    apart: Fraction = Fraction(1),
    weight: Fraction = Fraction(1),
    claims: tuple[Claim, ...] = CLAIMS,
    row: int | None = ROW,
) -> Proof:
    """The proof.

    `half_turn` bounds the angles, `quarter` bounds p q, `floor` multiplies g, `mean` the program's
    means, `apart` their distance from the limit, `weight` the weights of the first cell.
    """
    return Proof(
        "tilted-density",
        "Smoothed densities of tilted random subset sums",
        r"Let $\lambda \le 0$, $p_i = 1/(1 + e^{-\lambda x_i})$, $\mu$ the law of the sum when "
        r"item i is in with probability $p_i$, $A_\lambda = \sum p_i x_i$, $F = \mu * \frac{1}{2r}"
        r"1_{[-r,r]} = L + M + H$. If $L \ge g > 0$ on $[-w - (\varepsilon - r), w + (\varepsilon "
        r"- r)]$ and some target has no sum within $\varepsilon$, then $g^2 \le N$ as for fair "
        r"coins. Tilts $0 = \lambda_0 > .. > \lambda_J$ with starts $y_0 = 0, ..$ part the samples "
        r"with $A_0 \ge 0$; in each cell g depends on one statistic V, and means of $f(A) "
        r"e^{-tV} N$ are n-th powers of integrals over one item, summed over the frequencies of a "
        rf"majorant f of the cell. Certified n for uniform items: {listed(claims)}.",
        (
            *transform_steps(half_turn),
            *sum_steps(floor),
            *mean_steps(mean, apart),
            *cell_steps(quarter, weight, claims, row),
        ),
        ("smoothed-density",),
    )
