"""Random masks: a factor that tends to 0 cannot be right."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity
from .kit.balls import ball

UNSAFE = ({"exponent": Fraction(1, 2)},)


def _claimed(exponent: Fraction) -> bool:
    """With 1 - p = exp(-exponent C) the claim is n = ln(1/eps)/exponent; counting: "
    "ln(1/eps)/ln 2."""
    claimed = 1 / ball(exponent)
    needed = 1 / ball(2).log()
    return bool(claimed < needed)


def _algebra() -> bool:
    from sympy import symbols

    constant, level, s = symbols("C L s", positive=True)
    return identity(constant * level / (s * constant), level / s)


def _fixed_target() -> bool:
    """2^n 2 eps of length 2 of targets is a share 2^n eps; N = 2^n < 1/(2 eps) leaves over 1/2."""
    from sympy import symbols

    sums, eps = symbols("N eps")
    return identity(1 - sums * 2 * eps / 2 - (1 - sums * eps), 0)


def build(*, exponent: Fraction = Fraction(4)) -> Proof:
    """The proof; the mask is kept with probability p, 1 - p = exp(-`exponent` C)."""
    return Proof(
        "gap-random-mask-factor",
        "Random masks: the factor 1/log(1/(1-p)) fails near p = 1",
        r"For no constant C is $n \ge C\ln(1/\varepsilon)/\ln(1/(1-p))$ enough for subset sums of "
        rf"masked items at every p: at $1-p = e^{{-{exponent}C}}$ it asks for fewer items than "
        r"counting needs.",
        (
            step(rf"the claimed n is $\ln(1/\varepsilon)/{exponent}$", "identity", _algebra),
            step(
                r"that is below $\log_2(1/\varepsilon)$",
                "enclosure",
                lambda: _claimed(exponent),
                "counting bound",
            ),
            step(
                "a fixed random target is then missed with probability above 1/2",
                "rule",
                _fixed_target,
                r"for $2^n < 1/(2\varepsilon)$",
                rules=("fubini", "measure"),
            ),
        ),
        ("counting-bound", "sparse-source"),
        gap="The subset-sum lemma for Erdos-Renyi masks is quoted with the factor 1/log(1/(1-p)). "
        "It holds for bounded p only; the right factor is 1/p (`sparse-source`). For exact "
        "representation of edges the logarithm is right.",
    )
