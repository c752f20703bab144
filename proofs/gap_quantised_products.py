"""Products of quantised weights are not uniform on the integers."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step

UNSAFE = ({"fraction": Fraction(1, 2)},)


PERCENT = [47, 38, 35, 31]


def _present(top: int) -> Fraction:
    products = {a * b for a in range(1, top + 1) for b in range(1, top + 1)}
    return Fraction(len(products), top * top)


def _prime() -> bool:
    """A prime above K and at most K^2 is no product of two numbers up to K."""
    for top in (4, 8, 16):
        products = {a * b for a in range(-top, top + 1) for b in range(-top, top + 1)}
        primes = [
            p for p in range(top + 1, top * top) if all(p % d for d in range(2, int(p**0.5) + 1))
        ]
        if not primes or any(p in products for p in primes):
            return False
    return True


def _counts(fraction: Fraction) -> bool:
    found = [_present(top) for top in (8, 16, 32, 64)]
    rounded = [round(100 * share) for share in found]
    return found[0] >= fraction and found == sorted(found, reverse=True) and rounded == PERCENT


def build(*, fraction: Fraction = Fraction(46, 100)) -> Proof:
    """The proof; `fraction` of the multiples is present at K = 8."""
    return Proof(
        "gap-quantised-products",
        "Products of quantised weights contain no uniform law",
        r"The products of two integers in $[-K, K]$ miss every prime between K and $K^2$; the "
        r"fraction of $1..K^2$ that occurs falls: 47 %, 38 %, 35 %, 31 % for K = 8, 16, 32, 64.",
        (
            step(
                "primes above K are never hit",
                "rule",
                _prime,
                "both factors are smaller than the prime; K = 4, 8, 16 by enumeration",
                rules=("prime",),
            ),
            step(
                f"fractions for K = 8..64, decreasing, first at least {fraction}",
                "finite",
                lambda: _counts(fraction),
            ),
        ),
        gap="A published argument samples products of quantised weights and thins them to the "
        "uniform law on an integer interval. A law that gives some integer of the interval mass 0 "
        "has no uniform component there. Only the uniform law on the set of products can be used; "
        "the conclusion holds in measurements.",
    )
