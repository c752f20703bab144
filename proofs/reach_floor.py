"""What the positive and the negative items cannot reach, and how often."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np

from slt_theory.certified.exact import ONE
from slt_theory.certified.extension import irwin_hall
from slt_theory.certified.reach import necessary_n, reach_floor
from slt_theory.certified.reach_hits import CELLS, expected_hits
from slt_theory.certified.reach_sizes import Sizes, cell_masses, lattice_below

from . import answers, few_items
from .kit import Proof, ProofStep, step
from .kit.algebra import identity, nonnegative, sum_of_squares

UNSAFE = (
    {"both": 0},
    {"rounded": -1},
    {"markov": Fraction(1, 2)},
    {"dropped": 1},
    {"together": Fraction(11, 10)},
    {"claims": (("uniform", Fraction(1, 100), Fraction(1, 100), 17),)},
    {"claims": (("uniform*uniform", Fraction(1, 1000), Fraction(1, 1000), 34),)},
)

CLAIMS = (
    ("uniform", Fraction(1, 10), Fraction(1, 10), 10),
    ("uniform", Fraction(1, 100), Fraction(1, 100), 16),
    ("uniform", Fraction(1, 1000), Fraction(1, 1000), 22),
    ("normal", Fraction(1, 100), Fraction(1, 100), 14),
    ("uniform*uniform", Fraction(1, 100), Fraction(1, 100), 26),
    ("uniform*uniform", Fraction(1, 1000), Fraction(1, 1000), 33),
    ("relu(uniform)*uniform", Fraction(1, 100), Fraction(1, 100), 56),
)


def _largest() -> bool:
    """x^+ >= x and x^+ >= 0 on both sides of 0: no choice beats the positive part."""
    from sympy import oo, symbols

    x = symbols("x")
    positive = nonnegative(x - 0, x, 0, oo) and identity(x - x, 0)
    return positive and nonnegative(0 - x, x, -oo, 0)


def _beyond() -> bool:
    """(hi - s) - eps = (hi - eps - P) + (P - s)."""
    from sympy import symbols

    hi, total, eps, reach = symbols("hi s eps P")
    return identity((hi - total) - eps, (hi - eps - reach) + (reach - total))


def _either(both: int) -> bool:
    """1 - (1 - g)(1 - h) = g + h - g h, with slopes 1 - h >= 0 and 1 - g >= 0."""
    from sympy import diff, symbols

    g, h = symbols("g h")
    union = g + h - both * g * h
    rises = nonnegative(diff(union, g), h, 0, 1) and nonnegative(diff(union, h), g, 0, 1)
    return identity(1 - (1 - g) * (1 - h), union) and rises


def _signs() -> bool:
    """Random signs of one size miss exactly where they do not reach: every word of signs."""
    gain, eps = Fraction(1, 4), Fraction(1, 8)
    for n in range(1, 13):
        need = -(-(1 - eps) // gain)  # items of one sign that reach 1 within eps
        bad = sum(
            1
            for word in itertools.product((0, 1), repeat=n)
            if min(sum(word), n - sum(word)) < need
        )
        if reach_floor(n, eps, law=f"signs[{gain}]") != Fraction(bad, 2**n):
            return False
    return True


def _rounding(rounded: int) -> bool:
    """A size in ((j - 1) h, j h] is at most (j + rounded) h: linear, at the larger end."""
    return all((j + rounded) - size >= 0 for j in range(1, 9) for size in (j - 1, j))


def _uniform_products() -> bool:
    """x S_k(t), S_k = sum_{j<k} t^j/j!, t = -ln x, dt/dx = -1/x: slope S_k - S_k' = t^(k-1)/(k-1)!.

    S_k' = S_(k-1), checked for k up to 6; the pattern is the induction t^j/j! -> t^(j-1)/(j-1)!.
    """
    from sympy import diff, factorial, symbols

    t = symbols("t")
    return all(
        identity(total - diff(total, t), t ** (k - 1) / factorial(k - 1))
        for k in range(1, 7)
        for total in [sum((t**j / factorial(j) for j in range(k)), t * 0)]
    )


def _normal_uniform() -> bool:
    """With e = e^(-x^2/2), T = E1(x^2/2), c = sqrt(2 pi): the slope is (2 e + T + x T')/c = T/c.

    E1'(y) = -e^(-y)/y and y = x^2/2 give T' = -x e/(x^2/2).
    """
    from sympy import symbols

    x, e, tail, c = symbols("x e T c")
    slope = (2 * e + tail + x * (-x * e / (x**2 / 2))) / c
    return identity(slope, tail / c)


def _convex() -> bool:
    """e^(-c(m+t)) + e^(-c(m-t)) - 2 e^(-cm) is e^(-cm) times a square."""
    from sympy import symbols

    half = symbols("E")
    return sum_of_squares(half**2 + half**-2 - 2, [(1, half - 1 / half)])


def _lattice() -> bool:
    """Lattice bounds enclose Irwin-Hall, an exact value of the same sums."""
    level, cells = Fraction(9, 10), 128
    size = Sizes("uniform", Fraction(1))
    low = lattice_below((0, *cell_masses(size, level / cells, cells)[:-1]), cells)
    high = lattice_below(cell_masses(size, level / cells, cells, True), cells, upper=True)
    exact = [irwin_hall(k, level) * ONE for k in range(12)]
    return all(a <= x <= b for a, x, b in zip(low, exact, high, strict=False)) and len(low) > 8


def _hit(markov: Fraction) -> bool:
    """A hit counts at least 1: 1 <= factor * count at count 1, and the factor is positive."""
    return markov * 1 >= 1


def _room() -> bool:
    """From R - J >= w - e and R + A <= p: A <= p - w + e - J; with A >= 0, J <= p - w + e."""
    from sympy import symbols

    positive, negative, left_out, w, e, p = symbols("R J A w e p")
    slack = (p - positive - left_out) + (positive - negative - w + e)
    return identity((p - w + e - negative) - left_out, slack)


def _simplex() -> bool:
    """Irwin-Hall is y^k/k! for y <= 1: only its first term is left."""
    from math import factorial

    ys = (Fraction(1, 7), Fraction(2, 3), Fraction(1))
    return all(irwin_hall(k, y) == y**k / factorial(k) for k in range(1, 9) for y in ys)


def _one_item() -> bool:
    """With one item the only hit is itself: half of the length of the overlap."""
    end, error = Fraction(1, 2), Fraction(1, 10)
    for extra in (Fraction(0), Fraction(1, 20), Fraction(3, 20), Fraction(2, 5)):
        overlap = min(2 * error, extra)
        if not 0 <= expected_hits(1, end, error, extra) - overlap / 2 * ONE <= 2:
            return False
    return True


def _few_items() -> bool:
    """Above the exact mean of two and of three items, by volumes of cells of a lattice."""
    end, error = Fraction(1, 2), Fraction(1, 10)
    for n, grid, extra in ((2, 60, Fraction(1, 5)), (3, 60, Fraction(1))):
        sides = np.meshgrid(*[np.arange(-grid, grid)] * n, indexing="ij")
        # Cells [a, a + 1] / grid that lie wholly inside a counted region: a lower bound.
        most = sum(np.maximum(a + 1, 0) for a in sides)
        low, high = int((end - error) * grid), int((end + error) * grid)
        kept, found = most <= int((end - error + extra) * grid), 0
        for pick in itertools.product((0, 1), repeat=n):
            total = sum(p * a for p, a in zip(pick, sides, strict=True))
            found += int(np.count_nonzero(kept & (total >= low) & (total + sum(pick) <= high)))
        exact = Fraction(found, (2 * grid) ** n)
        bound = Fraction(expected_hits(n, end, error, extra), ONE)
        if not exact <= bound <= exact * Fraction(27, 20):
            return False
    return True


def _words() -> bool:
    """Each item is positive and in (R) or out (A), or negative and in (J) or out: 4^n words.

    The same bounds on cells of J, summed word by word: no binomial coefficient.
    """
    end, error, extra = Fraction(1, 2), Fraction(1, 10), Fraction(3, 5)
    for n in (2, 3, 4):
        total = Fraction(0)
        for word in itertools.product("RAJ-", repeat=n):
            i, a, j = (word.count(letter) for letter in "RAJ")
            for cell in range(CELLS if j else 1) if i else ():
                low, high = (extra * (cell + k) / CELLS if j else Fraction(0) for k in (0, 1))
                between = (end - error + low, min(end + error + high, end - error + extra))
                chances = (
                    irwin_hall(j, high) - irwin_hall(j, low) if j else Fraction(1),
                    max(Fraction(0), irwin_hall(i, between[1]) - irwin_hall(i, between[0])),
                    (extra - low) ** a / math.factorial(a),
                )
                total += math.prod(chances, start=Fraction(1, 2**n))
        found = Fraction(expected_hits(n, end, error, extra), ONE)
        if not total <= found <= total + Fraction(1, 10**20):
            return False
    return True


def _claims(claims: tuple[tuple[str, Fraction, Fraction, int], ...]) -> bool:
    return all(necessary_n(e, d, law=law).n >= n for law, e, d, n in claims)


def _floor_steps(both: int) -> tuple[ProofStep, ...]:
    """Sums end at -Q and P; the chance that one of the two falls short."""
    return (
        step(
            "every subset sum lies between -Q and P",
            "induction",
            _largest,
            "item by item: chosen or not, an item adds at most its positive part",
        ),
        step(
            r"$P < hi - \varepsilon$ leaves hi more than $\varepsilon$ above every sum",
            "identity",
            _beyond,
            "both terms on the right are then positive or zero; likewise lo",
        ),
        step(
            "given which items are 0, positive, negative: P and Q are independent sums of "
            "independent sizes, and one of two events has $g + h - gh$, which grows with g "
            "and with h",
            "rule",
            lambda: _either(both),
            "so lower bounds of g and h give a lower bound; all weights are positive",
            rules=("total-probability", "independence", "linearity"),
        ),
        step(
            "more items never hurt: an n that fails too often excludes all smaller ones",
            "rule",
            _largest,
            "P and Q do not decrease, and old subsets stay; not under locked items, where "
            "every n is tried",
            rules=("subsets",),
        ),
        step(
            "random signs of one size: the floor is the exact failure probability, by "
            "enumeration for n <= 12",
            "spot",
            _signs,
        ),
    )


def _size_steps(rounded: int) -> tuple[ProofStep, ...]:
    """Distributions of sums of sizes, from below."""
    return (
        step(
            "a size counts with the upper end of its cell, so sums of at most M - 1 steps are "
            "below the level of M steps",
            "finite",
            lambda: _rounding(rounded),
            "products of integers are exact and every row is rounded down",
            rules=("linearity",),
        ),
        step(
            r"k uniform factors: $P(Y \le x) = x \sum_{j<k} (-\ln x)^j/j!$",
            "identity",
            _uniform_products,
            r"the slope is the density $(-\ln x)^{k-1}/(k-1)!$ of $e^{-(E_1 + \dots + E_k)}$; "
            "both vanish at 0",
        ),
        step(
            r"$P(|N| U \le x) = P(|N| \le x) + x\,E_1(x^2/2)/\sqrt{2\pi}$",
            "identity",
            _normal_uniform,
            "the slope is the density of the catalogue of uniform components, on x > 0",
        ),
        step(
            r"$K_0$ is convex, so the mean over a cell is at least the value in its middle",
            "polynomial",
            _convex,
            r"$K_0(x) = \int_0^\infty e^{-x\cosh u}du$ is a mixture of exponentials",
            rules=("linearity", "averaging"),
        ),
        step("lattice bounds enclose the Irwin-Hall distribution", "spot", _lattice),
    )


def _hit_steps(markov: Fraction) -> tuple[ProofStep, ...]:
    """Subsets that still come near an end, counted on average."""
    return (
        step(
            r"P(hi is hit, $P \le p$) is at most the expected number of hits on $\{P \le p\}$",
            "rule",
            lambda: _hit(markov),
            "likewise lo; then P(hi or lo missed) >= P(P <= p or Q <= q) minus both",
            rules=("markov", "union"),
        ),
        step(
            r"i positive items in the subset (R), j negative ones (J), a positive ones left "
            r"out (A): $A \le p - w + \varepsilon - J$, hence $J \le p - w + \varepsilon$",
            "identity",
            _room,
            "the other items are negative and free; on a cell of J every factor is bounded above",
            rules=("independence", "linearity"),
        ),
        step(r"$P(J \le y) = y^j/j!$ for $y \le 1$", "finite", _simplex, "Irwin-Hall"),
        step("hits of one item, exactly", "spot", _one_item),
        step("expected hits, word by word", "finite", _words),
        step("hits of two and three items against volumes on a lattice", "spot", _few_items),
    )


def _few_and_vector_steps(dropped: int, together: Fraction) -> tuple[ProofStep, ...]:
    """Sums of at most k items, and sums of vectors."""
    return (
        step(
            "a sum of at most k items is at most that of the k largest positive ones",
            "rule",
            lambda: few_items.largest_positive(dropped),
            "it is at most the sum of its positive items, at most k numbers; so the floor "
            "holds for sums of at most k items, and of exactly k, with these for P and Q",
            rules=("subsets",),
        ),
        step("the k largest of j uniform sizes, exactly", "spot", few_items.largest_sizes),
        step(
            r"vectors: a sum within $\varepsilon$ of z in every coordinate has coordinates "
            r"that add up to at least $d(z - \varepsilon)$, and each coordinate reaches "
            r"$z - \varepsilon$",
            "identity",
            lambda: few_items.coordinates(together),
            "the sum over coordinates is a subset sum of numbers of its own law; coordinates "
            "are independent, so all reach with chance $(1 - g)^d$",
            rules=("independence", "linearity"),
        ),
        step("sums of two coordinates, cell by cell", "spot", few_items.sum_of_coordinates),
        step("floors of vectors, once more", "spot", few_items.vector_floors),
        step(
            "sums of exactly k items at (0.1, 0.1): "
            + ", ".join(f"k = {k}: {n}" for k, n in few_items.FEW)
            + "; vectors at (0.01, 0.1): "
            + ", ".join(f"d = {d}: {n}" for d, n in few_items.VECTORS),
            "enclosure",
            few_items.necessary_numbers,
        ),
    )


def build(
    *,
    both: int = 1,
    rounded: int = 0,
    markov: Fraction = Fraction(1),
    dropped: int = 0,
    together: Fraction = Fraction(1),
    claims: tuple[tuple[str, Fraction, Fraction, int], ...] = CLAIMS,
) -> Proof:
    """The proof.

    `both` multiplies the chance of both ends, `rounded` moves the lattice point of a size,
    `markov` the number of hits; `dropped` are left out of the k largest items, `together`
    multiplies what coordinates must reach together.
    """
    listed = ", ".join(f"{law} ({float(e):g}, {float(d):g}): {n}" for law, e, d, n in claims)
    return Proof(
        "reach-floor",
        "The reach floor",
        r"Let P be the sum of the positive items and Q that of the negative ones without sign. "
        r"Some target of $[lo, hi]$ is missed by more than $\varepsilon$ with probability at least "
        r"$P(P < hi - \varepsilon$ or $Q < -lo - \varepsilon)$, and at least $P(P \le p$ or "
        r"$Q \le q)$ minus the expected number of subsets within $\varepsilon$ of hi on "
        r"$\{P \le p\}$ and of lo on $\{Q \le q\}$. For sums of at most k items P and Q are the "
        r"sums of the k largest ones of either sign; vectors must reach in every coordinate, and "
        r"in the sum of all. So at least n items are necessary for "
        rf"$[-1, 1]$: {listed}.",
        (
            *_floor_steps(both),
            *_size_steps(rounded),
            step(
                "frozen sums: with all locked items added, the largest sum is the locked one plus "
                "the positive free items; each end alone is a floor",
                "rule",
                _beyond,
                "n independent terms: the item, its positive part, or 0",
                rules=("independence",),
            ),
            *_hit_steps(markov),
            *_few_and_vector_steps(dropped, together),
            step("printed chances of uniform items, summed once more", "spot", answers.reach),
            step(f"necessary n on [-1, 1]: {listed}", "enclosure", lambda: _claims(claims)),
        ),
        ("extension-rule", "uniform-components"),
    )
