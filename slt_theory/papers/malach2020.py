"""Malach, Yehudai, Shalev-Shwartz, Shamir 2020: the first proof, by one lucky neuron a weight."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from slt_theory.balls import to_power
from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, SPECTRAL, all_sums, integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.tickets.building.construction import OfNetworks

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="malach2020",
    authors="Eran Malach, Gilad Yehudai, Shai Shalev-Shwartz, Ohad Shamir",
    title="Proving the lottery ticket hypothesis: pruning is all you need",
    venue="ICML 2020",
    year=2020,
    arxiv="2002.00585",
)

_MAX_NORM = parameter(
    "the largest weight is at most 1/sqrt(inputs)", "max_norm_scaled", lambda v: v <= 1
)


def lucky_neurons(seed: int) -> Outcome:
    """(1 - (eps/2)^2)^k <= delta/2 at k = (4/eps^2) log(2/delta), by balls."""
    from flint import arb

    failures, cases = [], 0
    for eps in (Fraction(1, 2), Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000)):
        for delta in (Fraction(1, 10), Fraction(1, 1000), Fraction(1, 10**9)):
            cases += 1
            k = math.ceil(4 / eps**2 * Fraction(math.log(2 / delta)))
            hit = arb(eps.numerator**2) / (4 * eps.denominator**2)
            if not bool(to_power(1 - hit, k) * 2 * delta.denominator <= delta.numerator):
                failures.append(f"eps = {eps}, delta = {delta}")
    return all_of(failures, cases, "(1 - (eps/2)^2)^k <= delta/2 at k = (4/eps^2) log(2/delta)")


def quadratic_need(seed: int) -> Outcome:
    """The chance of one neuron, p(eps) = P(|uv - w| <= eps, v > 0) at w = 3/10, by balls.

    If 1/eps^2 neurons were needed for one weight, p(eps)/eps^2 would stay bounded.
    """
    from flint import arb

    def chance(eps: Fraction) -> arb:
        def primitive(z: Fraction) -> arb:
            x = arb(z.numerator) / z.denominator
            return x - x * x.log()

        return (primitive(Fraction(3, 10) + eps) - primitive(Fraction(3, 10) - eps)) / 4

    ratios = []
    for power in (1, 2, 3, 4):
        eps = Fraction(1, 10**power)
        ratios.append(chance(eps) * 10 ** (2 * power))
    growing = all(bool(b > 9 * a) for a, b in itertools.pairwise(ratios))
    numbers = {"p_over_eps_squared": [float(r.mid()) for r in ratios]}
    text = "p(eps)/eps^2 at eps = 1/10 ... 1/10^4: " + ", ".join(
        f"{value:.4g}" for value in numbers["p_over_eps_squared"]
    )
    return Outcome(Verdict.VIOLATED if growing else Verdict.CONSISTENT, text, numbers)


def neurons_are_features(seed: int) -> Outcome:
    """Every neuron mask does no better than the best output weights, in exact rationals."""
    failures, cases = [], 0
    for case in range(6):
        neurons, points = 6, 4
        w = integers(seed, 3 * case, neurons, -8, 8)
        u = integers(seed, 3 * case + 1, neurons, -8, 8)
        x = np.arange(-2, 2)
        y = integers(seed, 3 * case + 2, points, -20, 20)
        features = np.maximum(np.outer(x, w) + 3, 0)
        outputs = features * u
        # Normal equations A'A c = A'y give the smallest squared error over all output weights.
        best = _least_squares(outputs.tolist(), y.tolist())
        masked = np.stack([all_sums(row) for row in outputs])
        errors = ((masked - y[:, None]) ** 2).sum(axis=0)
        cases += errors.size
        failures += [f"network {case}, mask {m}" for m in np.flatnonzero(errors < best)]
    return all_of(failures, cases, "squared error of a neuron mask >= that of least squares")


def _without(v: list[Fraction], direction: list[Fraction]) -> list[Fraction]:
    """`v` without its component along `direction`."""
    share = _dot(v, direction) / _dot(direction, direction)
    return [p - share * q for p, q in zip(v, direction, strict=True)]


def _dot(v: list[Fraction], w: list[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(v, w, strict=True)), Fraction(0))


def _least_squares(rows: list[list[int]], y: list[int]) -> Fraction:
    """Smallest squared error of A c = y over real c, exactly, by Gram-Schmidt on the columns."""
    residual = [Fraction(v) for v in y]
    basis: list[list[Fraction]] = []
    for column in zip(*rows, strict=True):
        v = [Fraction(c) for c in column]
        for b in basis:
            v = _without(v, b)
        if any(v):
            basis.append(v)
            residual = _without(residual, v)
    return sum((r * r for r in residual), Fraction(0))


def _width(eps: float, delta: float, d: float, n: float, l: float) -> float:  # noqa: E741
    return n * d * math.ceil(64 * d**2 * n * l**2 / eps**2 * math.log(2 * n * d * l / delta))


ENTRIES = (
    Theorem(
        id="malach2020-weights",
        title="Pruning weights of a polynomially larger network of twice the depth",
        kind="theorem",
        source=Source(PAPER, "Theorem 2.1 and its appendix", "arXiv", "recalled-mid"),
        statement=Statement(
            "F is a ReLU network of depth l, width n, input dimension d, without biases",
            (SPECTRAL, _MAX_NORM),
            "A random network of depth 2l and width polynomial in d, n, l, 1/eps, "
            "log(1/delta), weights iid U[-1,1], contains with probability at least 1 - "
            "delta a weight-subnetwork with sup_{||x||_2 <= 1} |G(x) - F(x)| <= eps and "
            "O(dn + n^2 l) active weights. Explicitly, a layer with d inputs and n outputs "
            "takes width n d ceil(64 d^2 n l^2 / eps^2 log(2 n d l / delta)).",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights within 1/sqrt(inputs)"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("64", "64", "stated", "recalled; the order d^4 l^2 / eps^2 was read"),
            Constant("4", "4", "stated", "per weight (4/eps^2) log(2/delta) neurons; recalled"),
        ),
        bound=Formula(
            "n*d*ceiling(64*d**2*n*l**2/eps**2*log(2*n*d*l/delta))",
            _width,
        ),
        unit="hidden neurons of one layer",
        not_claimed=("one random network for all targets", "biases"),
        known_issues=(
            KnownIssue(
                "1/eps^2 neurons for one weight are sufficient, not necessary: away from |w| = 1 a "
                "product u v is within eps of w with probability of order eps, so 1/eps suffices; "
                "an empirical slope of -1 is no error",
                shown_by="1/eps^2 is not needed",
            ),
        ),
        checks=(
            Check("one weight", "(4/eps^2) log(2/delta) neurons serve one weight", lucky_neurons),
            Check(
                "1/eps^2 is not needed",
                "if 1/eps^2 neurons were needed for one weight, the chance of one neuron would be "
                "O(eps^2)",
                quadratic_need,
                label="not-claimed",
            ),
        ),
    ),
    Theorem(
        id="malach2020-neurons",
        title="Pruning neurons of a two-layer network equals training over random features",
        kind="theorem",
        source=Source(PAPER, "Section 3, of type Theorem 3.2", "arXiv", "recalled-mid"),
        statement="Removing whole neurons of g(x) = sum_i u_i relu(<w_i, x>), up to one output "
        "scale, is as strong as training only the output layer over the random features "
        "relu(<w_i, x>): with polynomially many neurons some neuron-subnetwork has a loss within "
        "eps of the best predictor of bounded norm, and no neuron-subnetwork has a smaller one "
        "than the best output layer.",
        quantifiers=Quantifiers("fixed", "fixed", "eps in the loss", "finite samples, or an RKHS"),
        assumptions=(POSITIVE, parameter("two layers", "l", lambda v: v == 2)),
        constants=(Constant("the polynomial", None, "unnamed"),),
        bound=None,
        unit="hidden neurons",
        not_claimed=("that neuron pruning approximates general networks",),
        checks=(
            Check(
                "never better",
                "no neuron mask beats the best output layer over the same features",
                neurons_are_features,
            ),
        ),
    ),
    Theorem(
        id="malach2020-neurons-lower-bound",
        title="Pruning neurons cannot imitate a single ReLU in high dimension",
        kind="lower-bound",
        source=Source(
            PAPER, "Theorems 3.4 and 3.5, through Yehudai and Shamir 2019", "arXiv", "recalled-mid"
        ),
        statement="For Gaussian x in R^d there are w, b with ||w|| polynomial in d such that every "
        "neuron-subnetwork of a random two-layer network of width k has expected squared distance "
        "at least 1/50 from relu(<w, x> + b), unless k, or k times the size of its weights, is at "
        "least exp(c d).",
        quantifiers=Quantifiers(None, "fixed", "1/50 in expected square", "none"),
        assumptions=(parameter("two layers", "l", lambda v: v == 2),),
        constants=(
            Constant("c", None, "unnamed"),
            Constant("1/50", "1/50", "stated", "recalled; out of reach of small computations"),
        ),
        bound=Formula("exp(c*d)", lambda d, c: math.exp(c * d)),
        claims="necessary",
        unit="hidden neurons",
        uses=("malach2020-neurons",),
        not_claimed=("anything about pruning weights",),
        checks=(
            Check(
                "reduction",
                "the step from masks to random features: no mask beats the best output layer",
                neurons_are_features,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class SingleProducts(OfNetworks):
    """Every half-weight one product u v of two random numbers: no subset sums.

    Theorem 2.1: a random ReLU network of depth 2 l and polynomial width contains a fixed target
    network of depth l, up to eps, with probability at least 1 - delta.
    """

    theorem: ClassVar[str] = "malach2020-weights"
    # A product of two numbers is hardly ever near 1.
    reach: ClassVar[float | None] = 0.5

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import pairs

        return pairs.sufficient_n_of_singles(request)

    def build(self, request: Request) -> Ticket:
        """Find one number for every half-sum."""
        from slt_theory.tickets.building import pairs

        sized = request.with_n(request.n or request.stretched(self.plan(request)))
        return pairs.build(sized, self.theorem, size=1)


CONSTRUCTIONS = (SingleProducts,)
