"""Powers of balls: enclosures, finite ones, and nobody takes them in another way."""

from __future__ import annotations

import ast
import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest
from flint import arb, ctx, fmpq

from slt_theory.balls import precision, to_power
from slt_theory.certified import enclose
from slt_theory.laws import Beta, TruncatedNormal, shapes
from slt_theory.universal import balls as universal
from slt_theory.universal.functions import Function

ROOT = Path(__file__).parents[2]


def inside(ball: arb, value: Fraction) -> bool:
    return bool(ball.contains(arb(fmpq(value.numerator, value.denominator))))


@pytest.mark.parametrize("power", range(-3, 8))
def test_a_power_encloses_the_powers_of_all_members(power: int) -> None:
    rng = random.Random(power)
    for middle in (0, 0, Fraction(1, 8), -1, 3):
        for radius in (0, Fraction(1, 8), 1, 3):
            ball = arb(float(middle), float(radius))
            raised = to_power(ball, power)
            if power < 0 and ball.contains(0):
                assert not raised.is_finite()
                continue
            assert raised.is_finite()
            shares = [-1, 0, 1, *(Fraction(rng.randint(-64, 64), 64) for _ in range(20))]
            for share in shares:
                assert inside(raised, Fraction(middle + share * radius) ** power)


def test_exact_numbers_stay_exact() -> None:
    assert to_power(Fraction(2, 3), 3) == Fraction(8, 27)
    assert to_power(2, -2) == 0.25


CENTRED = {
    "x^4 on [-1, 1]": (lambda x: x**4, arb(0, 1), 0, 1),
    "(x - 1/2)^4 on [0, 1]": (lambda x: (x - arb(0.5)) ** 4, arb(0.5, 0.5), 0, Fraction(1, 16)),
    "x^2 + (x - 1/4)^2": (lambda x: x**2 + (x - arb(0.25)) ** 2, arb(0.25, 1), 0, Fraction(41, 16)),
}


@pytest.mark.parametrize(("rule", "over", "least", "most"), CENTRED.values(), ids=CENTRED)
def test_a_function_is_evaluated_over_a_ball_around_its_zero(rule, over, least, most) -> None:
    value = Function("mine", rule, rule)(over)
    assert value.is_finite()
    assert inside(value, Fraction(least))
    assert inside(value, Fraction(most))


@pytest.mark.parametrize("bits", [2, 53, 64, 200])
def test_floats_of_ends_lie_outside_at_every_precision(bits: int) -> None:
    with ctx.workprec(bits):
        for middle in (Fraction(k, 7) for k in range(-50, 50)):
            value = enclose.ball(middle)
            for down, up in ((enclose.down, enclose.up), (universal.down, universal.up)):
                assert inside(value, middle)
                low, high = value.lower().fmpq(), value.upper().fmpq()
                assert Fraction(down(value)) <= Fraction(int(low.p), int(low.q))
                assert Fraction(up(value)) >= Fraction(int(high.p), int(high.q))


def test_ends_become_floats_in_three_places_only() -> None:
    """`float` rounds an end to nearest, inwards half of the time: see `findings/`."""
    wanted = re.compile(r"float\([^\n]*\.(upper|lower)\(\)")
    places = (path for folder in ("slt_theory", "proofs") for path in (ROOT / folder).rglob("*.py"))
    found = {
        str(path.relative_to(ROOT))
        for path in places
        if wanted.search(path.read_text(encoding="utf-8"))
    }
    assert found == {
        "slt_theory/balls.py",
        "slt_theory/networks/activations.py",
        "slt_theory/universal/balls.py",
    }


def test_one_place_sets_the_precision() -> None:
    """python-flint has one precision for all threads: see `findings/`."""
    wanted = re.compile(r"\bctx\.(prec|dps|workprec|workdps|extraprec)\b|\bflint\.ctx\b")
    places = (path for folder in ("slt_theory", "proofs") for path in (ROOT / folder).rglob("*.py"))
    found = [
        str(path.relative_to(ROOT))
        for path in places
        if wanted.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["slt_theory/balls.py"]


def test_threads_keep_their_own_precision() -> None:
    """Each thread sees its own bits to the end of its block, and none are left behind."""
    before = ctx.prec
    together = threading.Barrier(2)

    def bits_seen(bits: int) -> set[int]:
        together.wait()
        seen = set()
        for _ in range(50):
            with precision(bits):
                time.sleep(1e-5)  # the other thread may run here
                seen.add(ctx.prec)
        return seen

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(bits_seen, (80, 333))) == [{80}, {333}]
    assert ctx.prec == before


def test_laws_made_in_threads_are_those_made_alone() -> None:
    """Tables of two laws, made at one time by two threads, and the precision after them."""
    makers = (lambda: TruncatedNormal(-1, 1), lambda: Beta(2, 3))
    alone = [(make().table, make().coupling) for make in makers]
    shapes._made.cache_clear()
    together = threading.Barrier(2)

    def made(make):
        together.wait()
        law = make()
        return law.table, law.coupling

    with ThreadPoolExecutor(2) as pool:
        assert [repr(t) for t in pool.map(made, makers)] == [repr(t) for t in alone]
    assert ctx.prec == 53


# What touches balls, and which powers in it are of exact numbers or sympy expressions.
FOLDERS = (
    "proofs", "slt_theory/certified", "slt_theory/universal", "slt_theory/testing",
    "slt_theory/papers", "slt_theory/statistics",
)  # fmt: skip
TOUCHES = re.compile(r"\bflint\b|import [^\n]*\bball\b|^\s+ball,$|\.balls import", re.MULTILINE)
EXACT = {
    "proofs/answers.py": "(size-1) kernel radius",
    "proofs/base_interval.py": "(1-cut) cut x",
    "proofs/kit/slow.py": "(1-p) (1-weight) Fraction(3,4) Fraction(7,8) p weight",
    "proofs/smoothed_density.py": (
        "(1-base.share) (1-p+p*c) (1-theta) (a+b) (q*a-p*b) (x-m) a b base.star big c e first "
        "g least most p rest s t turn u"
    ),
    "slt_theory/certified/base_interval.py": "self.floor.least(count)",
    "slt_theory/certified/base_means.py": (
        "(1-base.share) Fraction(5,4) base.share float(s[1]-s[0]) s[:,None] self._slope "
        "self.base.star self.cells"
    ),
    "proofs/fixed_size_second_moment.py": "(a*c+b*d) a b c d j k",
    "proofs/gap_attention_exponent.py": "(1+eps/(2*depth)) alpha",
    "proofs/softmax_lemma.py": "(1-p*(r+1)) (a+b) r",
    "proofs/sum_bounded_constants.py": (
        "(-1) (-square) (-t) (-y) (x+1) (x-1) (y-j) k n part q ratio t total upper"
    ),
    "proofs/uniform_components.py": "power w x",
    "slt_theory/certified/extension.py": "(-1) (top-j*bottom) bottom",
    "slt_theory/testing/false_statements/constants.py": (
        "(1+eps/4) (1+eps/depth) Fraction(55,100) GOLDEN pieces"
    ),
    "slt_theory/testing/false_statements/published.py": "(1+eps/(2*depth))",
    "slt_theory/testing/lemmas/networks.py": (
        "((1+eta)**len(weights)-1) (1+eps/(2*depth)) (1+eta) (e*v)"
    ),
    "slt_theory/testing/lemmas/tails.py": "(-1) (1-(1-p)**copies) (1-p) (t-k) p",
    "slt_theory/papers/burkholz2022c.py": "(b-a) Fraction(1,9) Fraction(729,10000)",
    "slt_theory/papers/malach2020.py": "(masked-y[:,None]) d eps eps.denominator eps.numerator l",
    "slt_theory/papers/chijiwa2021/__init__.py": "d eps l",
    "slt_theory/universal/check.py": "Fraction(2)",
    "slt_theory/universal/functions.py": "(step*reach)",
    "proofs/tilted_density/means.py": "(1-plan.share) (p*(1-p)) (p*(1-p)*(1-2*p)) a diff(h,x) s z",
    "proofs/tilted_density/transform.py": "(1-p+p*c) b c cos e f p sinh step_ t",
    "slt_theory/certified/fourier_certificate.py": "least",
    "slt_theory/certified/fourier_floor.py": "CURVE_CELLS",
    "slt_theory/certified/fourier_items.py": "star tilt",
    "slt_theory/certified/fourier_majorant.py": "h order",
    "slt_theory/certified/fourier_means.py": "(1-plan.share) Fraction(5,4) float(x) plan.share",
    "slt_theory/papers/giannou2023.py": "d p",
    "slt_theory/papers/gadhikar2023.py": "(1-missing) (1-p)",
    "slt_theory/papers/own.py": "(1+eps/(2*depth)) f",
    "slt_theory/papers/williams2025.py": "(2*part) (2/eps) slope",
    "slt_theory/papers/natale2024/checks.py": (
        "(2*comb(n,k)) (n-k) Fraction(k*inverse) inverse k n power "
        "(e*m/k) Fraction(15418,10**5) channels "
        "math.log2(2*2*channels**power*gamma*n/0.01) uniform_sum_density(n,Fraction(0)) "
        "uniform_sum_density(n,above)"
    ),
}


def powers() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "trained" in path.parts or not TOUCHES.search(text):
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                    base = ast.unparse(node.left).replace(" ", "")
                    if not isinstance(node.left, ast.Constant):
                        compound = isinstance(node.left, ast.BinOp | ast.UnaryOp)
                        yield str(path.relative_to(ROOT)), f"({base})" if compound else base


def test_no_other_power_of_a_ball_is_taken() -> None:
    found = set(powers())
    known = {(file, base) for file, bases in EXACT.items() for base in bases.split()}
    assert found - known == set(), "use slt_theory.balls.to_power, or list an exact base"
    assert known - found == set(), "no longer there"
