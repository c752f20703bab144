"""Steps on the transform of one tilted item: modulus, logarithm and its second derivative."""

from __future__ import annotations

from fractions import Fraction

from slt_theory.balls import up
from slt_theory.certified.base_parameters import HALF_TURN
from slt_theory.certified.fourier_floor import bends, tilted_log

from ..kit import ProofStep, step
from ..kit.algebra import identity, nonnegative
from ..kit.balls import ball

__all__ = ["transform_steps"]


def _coin() -> bool:
    """q + p e^(isx) with p = E/(E + 1/E), E = e^(tilt x/2), F = e^(isx/2), and its modulus."""
    from sympy import symbols

    e, f, p, c, t = symbols("E F p C T")
    chance = e / (e + 1 / e)
    turned = identity(1 - chance + chance * f**2, f * (e * f + 1 / (e * f)) / (e + 1 / e))
    square = (1 - p + p * c) ** 2 + p**2 * (1 - c**2)
    # cosh(tilt x) = (E^2 + E^-2)/2, and p = (1 + T)/2 for T = tanh(tilt x/2).
    spread = 2 * chance * (1 - chance) - 1 / (1 + (e**2 + e**-2) / 2)
    half = (1 + t) / 2 - 1 / 2
    return (
        turned
        and identity(square, 1 - 2 * p * (1 - p) * (1 - c))
        and identity(spread, 0)
        and identity(2 * half, t)
    )


def _parts() -> bool:
    """cosh(a + ib) = cosh a cos b + i sinh a sin b: its square modulus, and its argument's tangent.

    With cosh^2 = 1 + sinh^2 and sin^2 = 1 - cos^2: modulus^2 = (cosh 2a + cos 2b)/2 >= cos^2 b.
    """
    from sympy import symbols

    sinh, cos, cosh, sin = symbols("S c C s")
    square = (1 + sinh**2) * cos**2 + sinh**2 * (1 - cos**2)
    doubled = ((1 + 2 * sinh**2) + (2 * cos**2 - 1)) / 2
    return (
        identity(square, doubled)
        and identity(square - cos**2, sinh**2)
        and identity((sinh * sin) / (cosh * cos), (sinh / cosh) * (sin / cos))
    )


def _half_turn(half_turn: Fraction) -> bool:
    """s x/2 < pi/2, so the cosine is positive and the argument continuous; s r < pi: kernel > 0."""
    return bool(ball(half_turn) < ball(1).pi()) and half_turn >= HALF_TURN


def _bend() -> bool:
    """|l_s''| <= (tilt^2 + s^2)/(4 cos^2(s/2)) + tilt^2/4 + (s/2)(|tilt| + tilt^2/5).

    (log cosh ax)'' = a^2 sech^2 ax; (x tanh bx)'' = 2b sech^2 - 2 b^2 x sech^2 tanh, b = tilt/2;
    sech^2 tanh = T (1 - T^2) <= 2/5 for T in [0, 1]. And the program's bound beside differences.
    """
    from sympy import Rational, cosh, diff, log, sinh, symbols, tanh

    x, b, t, c = symbols("x b T C")
    bent = diff(log(cosh(b * x)), x, 2).subs(sinh(b * x), t * cosh(b * x)).subs(cosh(b * x), c)
    first = identity(bent, b**2 * (1 - t**2))
    second = identity(
        diff(x * tanh(b * x), x, 2).subs(tanh(b * x), t).expand(),
        2 * b * (1 - t**2) - 2 * b**2 * x * t * (1 - t**2),
    )
    small = nonnegative(Rational(2, 5) - t * (1 - t**2), t, 0, 1)
    step_, worst = Fraction(1, 500), 0.0
    for tilt in (Fraction(0), Fraction(-2), Fraction(-7, 2)):
        for s in (Fraction(1), Fraction(12, 5)):
            rows = [tilted_log(ball(s), ball(k * step_), ball(tilt)) for k in range(501)]
            most = bends(ball(s), ball(tilt))
            for part in (0, 1):
                for k in range(1, 500):
                    second_difference = rows[k + 1][part] + rows[k - 1][part] - 2 * rows[k][part]
                    share = abs(second_difference) / ball(step_**2) / most
                    worst = max(worst, up(share))
    return first and second and small and worst <= 1


def transform_steps(half_turn: Fraction) -> tuple[ProofStep, ...]:
    """The transform and its logarithms."""
    return (
        step(
            r"$q + p e^{isx} = e^{isx/2} \cosh((\lambda + is)x/2) / \cosh(\lambda x/2)$, its "
            r"square modulus is $1 - 2pq(1 - \cos sx)$, $2pq = 1/(1 + \cosh \lambda x)$",
            "identity",
            _coin,
            "items are in or out independently; the phase of the mean is taken out",
            rules=("independence",),
        ),
        step(
            r"$|\cosh(a + ib)|^2 = (\cosh 2a + \cos 2b)/2 \ge \cos^2 b$, its argument is "
            r"$\arctan(\tanh a \tan b)$ for $|b| < \pi/2$",
            "identity",
            _parts,
            "the real part is positive, so this branch is the continuous one with 0 at s = 0",
        ),
        step(
            r"angles $s_1 x$ and $s_1 r$ stay below $\pi$: every factor has a logarithm, the "
            "kernel is positive where L is bounded",
            "enclosure",
            lambda: _half_turn(half_turn),
            "this is needed at tilt 0, too",
        ),
        step(
            r"second derivatives of $\ell_s$ on [-1, 1]",
            "polynomial",
            _bend,
            "closed forms by derivatives, the bound beside second differences",
        ),
    )
