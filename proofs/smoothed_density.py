"""A missed target leaves a gap in the smoothed density of a random subset sum."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from slt_theory.balls import to_power
from slt_theory.certified.base_floor import Floor
from slt_theory.certified.base_means import Means
from slt_theory.certified.base_parameters import HALF_TURN, Base
from slt_theory.certified.enclose import MARGIN
from slt_theory.certified.fourier_gauss import nodes

from .kit import Proof, ProofStep, step
from .kit.algebra import identity, nonnegative
from .kit.balls import ball, integral, positive_on

UNSAFE = (
    {"gap": Fraction(5, 2)},
    {"half_turn": Fraction(63, 20)},
    {"star": Fraction(29, 10)},
    {"tail": Fraction(1, 8)},
    {"chord": Fraction(1, 9)},
    {"counted": 10**8},
)

ROUNDINGS = 4_000_000


def example(*, star: Fraction = Fraction(7, 5)) -> Base:
    """A base interval with cells that are quick to make."""
    return Base(
        law="uniform*uniform",
        cut=Fraction(1, 4),
        error=Fraction(1, 5),
        length=Fraction(17, 10),
        radius=Fraction(1, 10),
        star=star,
        low=Fraction(29, 10),
        mid=Fraction(8),
        last=Fraction(12),
        share=Fraction(1, 3),
        lean=Fraction(1, 5),
        rates=(Fraction(0), Fraction(1), Fraction(5)),
    )


def _coin() -> bool:
    """With C = cos t: |q + p e^(it)|^2 = (q + pC)^2 + p^2 (1 - C^2); p = 1/2 gives (1 + C)/2."""
    from sympy import Rational, symbols

    p, c, e = symbols("p C E")
    square = (1 - p + p * c) ** 2 + p**2 * (1 - c**2)
    half = (e + 1 / e) / 2  # cos(sx/2) with E = e^(isx/2)
    return (
        identity(square, 1 - 2 * p * (1 - p) * (1 - c))
        and identity(square.subs(p, Rational(1, 2)), (1 + c) / 2)
        and identity(e * half, (1 + e**2) / 2)
    )


def _gap(gap: Fraction) -> bool:
    """|y - z| <= e - r and |sum - z| > e give |sum - y| > r; the y form a length 2 (e - r)."""
    from sympy import Rational, symbols

    e, r, z = symbols("e r z")
    left, right = z - (e - r), z + (e - r)
    used = Rational(gap.numerator, gap.denominator)
    return identity(right - left, used * (e - r)) and identity(e - (e - r), r)


def _split() -> bool:
    """If |M| < theta g, then |H| >= L - |M| >= (1 - theta) g on the gap."""
    from sympy import symbols

    g, theta, length = symbols("g theta D")
    rest = g - theta * g
    return identity(length * rest**2, length * (1 - theta) ** 2 * g**2)


def _weighted_cauchy() -> bool:
    from sympy import symbols

    a, b, p, q = symbols("a b p q")
    spare = (p + q) * (a**2 / p + b**2 / q) - (a + b) ** 2
    return identity(spare, (q * a - p * b) ** 2 / (p * q))


def _energy() -> bool:
    """d/du (Si(2u) - sin^2 u / u) = sin^2 u / u^2, with S = sin u, C = cos u, Si' = sin / id."""
    from sympy import symbols

    s, c, u = symbols("S C u")
    slope = 2 * (2 * s * c) / (2 * u) - (2 * s * c * u - s**2) / u**2
    return identity(slope, s**2 / u**2)


def _turning() -> bool:
    """(log tan(ax))' = a (1 + T^2)/T = 2a / sin(2ax), T = tan(ax); t / sin t rises on (0, pi).

    So tan(sx/2) / tan(s_* x/2), the slope of one logarithm in the other but for a constant, rises
    in x for s > s_* and falls for s < s_*. (t / sin t)' has the sign of sin t - t cos t, which is 0
    at 0 with derivative t sin t.
    """
    from sympy import cos, diff, sin, symbols

    a, big, t = symbols("a T t")
    rate = identity(a * (1 + big**2) / big, 2 * a / (2 * big / (1 + big**2)))
    rises = diff(sin(t) - t * cos(t), t) == t * sin(t)
    return bool(rises) and rate and positive_on(lambda x: x.sinc(), Fraction(0), Fraction(3))


def _half_turn(half_turn: Fraction) -> bool:
    """s x/2 and s r stay below pi, s (y - A) below 2 pi, where the cosine falls and then rises."""
    return bool(ball(half_turn) < ball(1).pi()) and half_turn >= HALF_TURN


def _between(star: Fraction) -> bool:
    """Random items with their V: every product lies between the two bounds, by balls."""
    base = example()
    floor, source = Floor(base, 60, 300), random.Random(7)
    top, low, high = floor.statistic[-1], *floor._roots
    for _ in range(60):
        count = source.randint(2, 9)
        items = [Fraction(source.randint(1, 999), 1000) for _ in range(count)]
        if source.random() < 0.3:
            items = [Fraction(1, 2)] * count
        s_star, square = ball(star), ball(star * star)
        v = sum((-8 * (s_star * ball(x) / 2).cos().log() / square for x in items), ball(0))
        cell = min(int(float((v / count / ball(top)).mid()) * low.shape[1]), low.shape[1] - 1)
        k = source.randrange(low.shape[0])
        inside = (floor._s[k] + floor._s[k + 1]) / 2
        product = ball(1)
        for x in items:
            product *= (ball(inside) * ball(x) / 2).cos()
        least, most = Fraction(float(low[k, cell])), Fraction(float(high[k, cell]))
        if not (bool(product >= ball(least**count)) and bool(product <= ball(most**count))):
            return False
    return True


def _bends() -> bool:
    """v' = 4 tan(ax)/s, v'' = 2 (1 + tan^2), a = s/2, for v = -8 log cos(ax)/s^2; and q''."""
    from sympy import cos, diff, log, sin, symbols, tan

    x, s, t, first, second, c, d = symbols("x s t v1 v2 C D")
    up, down, turn = symbols("S_x C_x T")
    angle = s * x / 2
    slope = diff(-8 * log(cos(angle)) / s**2, x).subs({sin(angle): up, cos(angle): down})
    bend = diff(4 * tan(angle) / s, x).subs(tan(angle), turn)
    # q = E f, E = e^(-tv), f = (1 + C)/2, f' = -s D/2, f'' = -s^2 C/2 (C = cos sx, D = sin sx).
    f, f1, f2 = (1 + c) / 2, -s * d / 2, -(s**2) * c / 2
    whole = (t**2 * first**2 - t * second) * f - 2 * t * first * f1 + f2
    stated = (t**2 * first**2 - t * second) * (1 + c) / 2 + t * first * s * d - s**2 * c / 2
    return (
        identity(slope, 4 * (up / down) / s)
        and identity(bend, 2 * (1 + turn**2))
        and identity(whole, stated)
    )


def _cells(chord: Fraction) -> bool:
    """E(x - m)^2 = (m - a)(b - m) - E(x - a)(b - x) <= h^2/4; (s - a)(b - s) <= d^2/4.

    So Taylor's second term is at most q'' h^2/8, and a function with f'' >= -D lies below its chord
    plus D d^2/8: it minus the chord minus D (s - a)(b - s)/2 is convex and 0 at both ends.
    """
    from sympy import Rational, symbols

    x, m, a, b, t = symbols("x m a b t")
    spread = (m - a) * (b - m) - (x - a) * (b - x)  # less the mean of x - m times a constant
    centred = identity(spread - (a + b - 2 * m) * (m - x), (x - m) ** 2)
    used = Rational(chord.numerator, chord.denominator)
    return centred and nonnegative(used - t * (1 - t) / 2, t, 0, 1)


def _monotone_tail(tail: Fraction) -> bool:
    """a f(a) + int_0^a (f - f(a)) = int_0^a f at a = 1/s; and the bound beside quadrature."""
    from sympy import symbols

    a, f, whole = symbols("a f I")
    if not identity(f / (1 / a) + (whole - a * f), whole):
        return False
    cut = ball(Fraction(1, 4))
    inside = cut * (1 - cut.log())
    for s in (4, 20, 100):
        # int_0^1 -c log(c x) cos(sx) dx / inside by parts: sin(sx) log(cx) and Si.
        sine = -(ball(s).sin() * cut.log()) / s + ball(s).si() / s
        near = cut / s * (1 - (cut / s).log())
        if not bool(abs(cut * sine / inside) <= ball(tail) * near / inside):
            return False
    return True


def _means() -> bool:
    """The means of the program enclose quadrature of (1 + cos sx)/2 from above, within 1e-5."""
    base = example()
    # Cells err to second order: 1000 of them by 2.5e-5 at the largest rate, 3000 by 3e-6.
    means = Means(base, 3000)
    points = [Fraction(3), Fraction(4)]
    values = means._waves(points)
    cut = Fraction(1, 4)
    inside = ball(cut) * (1 - ball(cut).log())

    def exact(s: Fraction, rate: Fraction) -> Any:
        star = ball(base.star)

        def density(x: Any, _: Any) -> Any:
            weight = ((star * x / 2).cos().log() * ball(8 * rate / base.star**2)).exp()
            return -ball(cut) * (ball(cut) * x).log() * weight * (1 + (ball(s) * x).cos()) / 2

        edge = ball(cut) * ball("1e-9") * (1 - (ball(cut) * ball("1e-9")).log()) / inside
        return integral(density, Fraction(1, 10**9), Fraction(1)) / inside, edge

    for k, s in enumerate(points):
        for i, rate in enumerate(base.rates):
            value, edge = exact(s, rate)
            found = ball(Fraction(float(values[k, i])))
            if not (bool(found >= value) and bool(found <= value + edge + ball("1e-5"))):
                return False
    return True


def _noise() -> bool:
    """Six items: N by quadrature over s up to 40, in closed form beyond; the program is above.

    What the program adds: cells of s, and a bound by monotony above 12, where the mean oscillates.
    """
    base, count = example(), 6
    means, found = Means(base, 3000), Means(base, 3000).noise(count)
    pi, r = ball(1).pi(), ball(base.radius)
    leaned = (1 - (-ball(base.lean * (base.mid - base.low))).exp()) / ball(base.lean)
    middle = leaned / to_power(pi * ball(base.share), 2)
    part = 1 / (2 * pi * ball((base.error - base.radius) * (1 - base.share) ** 2))
    for i, rate in enumerate(base.rates):
        total = ball(0)
        pieces = ((base.low, base.mid, 12), (base.mid, Fraction(20), 16), (Fraction(20), None, 20))
        for start, stop, points in pieces:
            end = Fraction(40) if stop is None else stop
            for t, w in nodes(points):
                s = ball((start + end) / 2) + ball((end - start) / 2) * t
                mean = to_power(_exact_mean(base, s, rate), count)
                weight = w * ball((end - start) / 2) * to_power((r * s).sinc(), 2)
                lean = middle * (ball(base.lean) * (s - ball(base.low))).exp()
                total += weight * mean * (lean if stop == base.mid else part)
        limit = to_power(ball(Fraction(float(means._chance[i]))) / 2, count)
        total += (pi / (2 * r) - means._energy(Fraction(40))) * limit * part
        above = ball(Fraction(float(found[i])))
        if not (bool(above >= total * ball("0.999")) and bool(above <= total * ball("1.5"))):
            return False
    return True


def _exact_mean(base: Base, s: Any, rate: Fraction) -> Any:
    """E[e^(-tv) (1 + cos sx)/2] for products of uniforms up to the cut, by quadrature."""
    star, cut = ball(base.star), ball(base.cut)

    def density(x: Any, _: Any) -> Any:
        weight = ((star * x / 2).cos().log() * ball(8 * rate / base.star**2)).exp()
        return -cut * (cut * x).log() * weight * (1 + (s * x).cos()) / 2

    return integral(density, Fraction(1, 10**9), Fraction(1)) / (cut * (1 - cut.log()))


def _rounding(counted: int) -> bool:
    """(1 - u)^-K <= 1 + 2 K u for K u <= 1/2, u = 2^-53."""
    u = Fraction(1, 2**53)
    return counted * u <= Fraction(1, 2) and 2 * counted * u <= Fraction(MARGIN)


def _gap_steps(gap: Fraction) -> tuple[ProofStep, ...]:
    """A missed target makes the noise N at least $g^2$; N in Fourier integrals."""
    return (
        step(
            r"$\hat\mu(s) = e^{isA}\prod\cos(sx_i/2)$, $|\hat\mu(s)|^2 = "
            r"\prod(1+\cos sx_i)/2$",
            "identity",
            _coin,
            "fair coins are independent",
            rules=("independence",),
        ),
        step(
            r"F = 0 on the interval $|y - z| \le e - r$, of length "
            rf"${gap}(e-r)$, inside $|y - A| \le \ell/2 + e - r$",
            "rule",
            lambda: _gap(gap),
            "a sum within r of y would lie within e of z",
            rules=("triangle",),
        ),
        step(
            r"there $\sup|M| \ge \theta g$ or $|H| \ge (1-\theta) g$; in both cases $N \ge "
            r"g^2$",
            "identity",
            _split,
            "H = -L - M almost everywhere, as F = 0",
            rules=("triangle",),
        ),
        step(
            r"$\sup|M|^2 \le \pi^{-2}\int\rho \int |\hat\mu|^2 \mathrm{sinc}^2/\rho$ over "
            r"$[s_1, s_0]$ for every $\rho > 0$",
            "rule",
            _weighted_cauchy,
            r"$|M| \le \frac1\pi\int|\hat\mu\,\mathrm{sinc}|$; $\hat\mu(-s)$ is the conjugate",
            rules=("cauchy",),
        ),
        step(
            r"$\int H^2 = \frac1\pi\int_{s_0}^\infty |\hat\mu|^2\mathrm{sinc}^2(rs)\,ds$; the "
            r"kernel's part of a cell is $[\mathrm{Si}(2u) - \sin^2u/u]/r$ at $u = rs$",
            "rule",
            _energy,
            "F is bounded with compact support; Si tends to pi/2",
            rules=("plancherel",),
        ),
    )


def _between_steps(half_turn: Fraction, star: Fraction) -> tuple[ProofStep, ...]:
    """Products of cosines between two extreme samples of one V."""
    return (
        step(
            r"$\log\cos(sx/2)$ as a function of v(x) is concave for $s \ge s_*$, convex for $s "
            r"\le s_*$, as long as $s < \pi$",
            "monotone",
            _turning,
            "the slope of the one in the other is monotone",
            rules=("taylor",),
        ),
        step(
            r"so, V given, $\prod\cos(sx_i/2)$ lies between that of equal items and that of "
            r"items 0 and 1 alone; both and $\mathrm{sinc}(rs)$ fall in s; $\cos s(y-A)$ on a "
            "cell is least at an end, or -1",
            "enclosure",
            lambda: _half_turn(half_turn),
            f"angles sx and sr at most {half_turn}, below pi, and s(y - A) at most twice that; "
            "where the cosine is positive the least product counts, else the greatest; up to "
            "the first half turn the bound falls in |y - A|",
            rules=("jensen",),
        ),
        step("random samples lie between the tabled bounds", "spot", lambda: _between(star)),
    )


def _mean_steps(chord: Fraction, tail: Fraction) -> tuple[ProofStep, ...]:
    """Means over an item: cells, chords and the monotone tail."""
    return (
        step(
            r"$v' = \frac{4}{s_*}\tan$, $v'' = 2(1+\tan^2)$, and $q''$ for $q = e^{-tv}(1+\cos "
            r"sx)/2$; $|q''| \le \max(t^2v'^2, tv'') + t v' s + s^2/2$",
            "identity",
            _bends,
            r"$v, v', v'' \ge 0$ rise in |x|: their values at 1 are used",
            rules=("triangle",),
        ),
        step(
            r"mean over a cell of width h $\le$ mass (q(mean) + max q'' h²/8); I at most its "
            rf"greater end plus {chord} d² max |I''|, $|I''| \le E x^2/2$",
            "polynomial",
            lambda: _cells(chord),
            rules=("convexity", "taylor"),
        ),
        step(
            r"$|E e^{-tv}\cos sX| \le P(|X| \le 1/s)$ for $t \ge 0$",
            "rule",
            lambda: _monotone_tail(tail),
            "density times e^{-tv} = f does not increase in |x|: f - f(a) up to a = 1/s, and "
            "min(f, f(a))",
            rules=("bonnet",),
        ),
        step("the program's means against quadrature", "spot", _means),
        step("the program's noise of six items against quadrature", "spot", _noise),
    )


def build(
    *,
    gap: Fraction = Fraction(2),
    half_turn: Fraction = HALF_TURN,
    star: Fraction = Fraction(7, 5),
    tail: Fraction = Fraction(1),
    chord: Fraction = Fraction(1, 8),
    counted: int = ROUNDINGS,
) -> Proof:
    """The proof.

    `gap` (e - r) is the length on which F vanishes, `half_turn` bounds the angles, `star` is the
    frequency of the statistic that is handed to the bounds made for 7/5, `tail` multiplies the
    monotone bound, `chord` d^2 is the excess over a chord, `counted` the roundings of a chain.
    """
    return Proof(
        "smoothed-density",
        "A missed target leaves a gap in the smoothed density",
        r"Let $x_1..x_K \in [-1,1]$, $\mu$ the law of $\sum_S x_i$ with fair coins, $A = \frac12"
        r"\sum x_i$, $F = \mu * \frac{1}{2r}1_{[-r,r]} = L + M + H$ (frequencies up to $s_1$, up "
        r"to $s_0$, above), $0 < r < e$. If $L \ge g > 0$ on $|y - A| \le \ell/2 + e - r$ and some "
        r"z with $|z - A| \le \ell/2$ has no sum within e, then $g^2 \le N = \sup|M|^2/\theta^2 + "
        r"\int H^2 / (2(e-r)(1-\theta)^2)$. With $V = \sum v(x_i)$ the program's g(V) is such a g, "
        r"and its means bound $E[e^{-tV}N]$; so weights with $\sum a_i e^{-t_iV} + g(V)^2 \sum c_i "
        r"e^{-t_iV} \ge 1$ for all V bound the probability of a missed z.",
        (
            *_gap_steps(gap),
            *_between_steps(half_turn, star),
            *_mean_steps(chord, tail),
            step(
                r"$P \le E[\sum a_ie^{-t_iV} + \sum c_ie^{-t_iV}N]$, where the bracket is at least "
                "1 if z is missed",
                "rule",
                _split,
                "the constraint is checked on cells of V/K that cover all values",
                rules=("markov", "independence", "linearity"),
            ),
            step(
                f"{counted:,} roundings of non-negative terms stay below the margin "
                f"{float(MARGIN):g}",
                "finite",
                lambda: _rounding(counted),
                r"$(1-u)^{-K} \le 1 + 2Ku$ for $Ku \le 1/2$",
            ),
        ),
        ("kakeya-sweep", "uniform-components"),
    )
