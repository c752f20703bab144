"""Natale et al. 2024: subsets of a fixed size, and how sparse tickets can be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from slt_theory.errors import BadInput
from slt_theory.papers.natale2024.checks import (
    amplification_gap,
    counting,
    densities,
    equivariant_n,
    explicit_suffices,
    fixed_size_first_moment,
    subsets_at_most,
    sum_bounded,
)
from slt_theory.papers.natale2024.sizes import entropy, explicit_holds, network_n
from slt_theory.rationals import whole_number
from slt_theory.theorems.checks import EXACT, Check, SumsCheck, mutant
from slt_theory.theorems.common import POSITIVE, SPECTRAL, at_most, below, parameter
from slt_theory.theorems.conditions import Assumption, Statement
from slt_theory.theorems.entry import (
    Anchor,
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import whole

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="natale2024",
    authors="Emanuele Natale, Davide Ferré, Giordano Giambartolomei, Frédéric Giroire, Frederik "
    "Mallmann-Trenn",
    title="On the sparsity of the strong lottery ticket hypothesis",
    venue="NeurIPS 2024",
    year=2024,
    arxiv="2410.14754",
)


def _share_at_most(limit: float, text: str) -> Assumption:
    """1 <= k <= limit n, whether the question names k and n or their ratio."""

    def holds(p: dict[str, Any]) -> bool:
        if "k" in p and "n" in p:
            return bool(1 <= p["k"] <= limit * p["n"])
        return bool("k_over_n" not in p or p["k_over_n"] <= limit)

    return Assumption(text, holds, ("k", "n", "k_over_n"))


_NORM = Assumption(
    "||W|| <= sqrt k",
    lambda p: bool("spectral_norm" not in p or p["spectral_norm"] ** 2 <= p.get("k", math.inf)),
    ("spectral_norm", "k"),
)
_EQUIVARIANT_NORM = parameter(
    "coefficients of the target at most 1", "max_norm", lambda value: value <= 1
)
_HALF = _share_at_most(0.5, "1 <= k <= n/2")
_ENTROPY = "(-(k/n)*log(k/n) - (1 - k/n)*log(1 - k/n))/log(2)"


def _enough_kept(p: dict[str, Any]) -> bool:
    if not {"k", "eps"} <= set(p) or p["k"] < 1 or p["eps"] <= 0:
        return True  # not named, or refused by another condition
    return explicit_holds(p["k"], math.log2(1 / p["eps"]), p.get("C", 1))


def explicit_form_holds(p: dict[str, Any]) -> bool:
    """The extra condition of Corollary 2, k >= 2 C (log2^2 k + 2 log2 k log2(1/eps')).

    eps' = eps / (2 l d_in d_out), k = gamma n, n = 2 C log2^2(1/eps') / H(gamma).

    Examples
    --------
    >>> anchor = {"eps": 0.01, "l": 2, "d_in": 100, "d_out": 100, "C": 1}
    >>> [explicit_form_holds(anchor | {"gamma": gamma}) for gamma in (0.5, 0.1, 0.01)]
    [False, False, False]
    >>> explicit_form_holds(anchor | {"gamma": 0.5, "eps": 2.0**-60})
    True
    """
    names = ("eps", "l", "d_in", "d_out", "gamma", "C")
    if not all(p.get(name, 0) > 0 for name in names) or p["gamma"] >= 1:
        return True  # not named, or refused by another assumption
    bits = math.log2(2 * p["l"] * p["d_in"] * p["d_out"] / p["eps"])
    k = p["gamma"] * 2 * p["C"] * bits**2 / entropy(p["gamma"])
    return k >= 1 and explicit_holds(k, bits, p["C"])


def _lower(eps: float, d: float, k: float, n: float) -> float:
    return d**2 / 2 * math.log2(k / eps) / entropy(k / n)


ENTRIES = (
    Theorem(
        id="natale2024-fixed-size",
        title="Random fixed-size subset sum: about log2(k/eps)/H(k/n) numbers",
        kind="theorem",
        source=Source(PAPER, "Theorem 2", "arXiv", "read"),
        statement=Statement(
            "X_i iid sum-bounded (U[-1,1] and N(0,1) are)",
            (_HALF, parameter("c_hyp >= 1", "C", lambda v: v >= 1)),
            "There is c_thm > 0, depending on the law only, such that if n >= c_hyp "
            "log2(k/eps)/H(k/n), then for every fixed z in [-sqrt k, sqrt k], with "
            "probability at least c_thm a subset of exactly k numbers has |sum - z| < eps. "
            "H is the binary entropy.",
        ),
        quantifiers=Quantifiers("fixed", None, "eps, strict", "[-sqrt k, sqrt k]"),
        assumptions=(POSITIVE, at_most("eps", 1.0)),
        constants=(
            Constant("c_hyp", ">= 1", "stated", "a hypothesis"),
            Constant("c_thm", None, "unnamed", "a probability"),
        ),
        bound=Formula(
            f"C*log(k/eps)/log(2)/({_ENTROPY})",
            lambda eps, k, n, C: C * math.log2(k / eps) / entropy(k / n),
        ),
        law="uniform",
        asks={"size": 4},
        not_claimed=(
            "probability near 1: see natale2024-amplified",
            "sums of random size",
            "a proof here: fixed-size-second-moment shows instances for normal numbers only",
        ),
        known_issues=(
            KnownIssue(
                "slips without consequence in the proof: phi(0) written 1/(2 pi), an inverted c', "
                "'log2(e/gamma) <= 1' for '>= 1'"
            ),
        ),
        uses=("natale2024-sum-bounded",),
        checks=(
            SumsCheck(
                "k = 4",
                "a random target of [-2,2] by 4 of 24 numbers: probability at least 1/2",
                "1/100",
                0.5,
                n=24,
                targets="random",
                lo="-2",
                hi="2",
                asks={"size": 4},
            ),
            Check(
                "counting",
                "hits are never more frequent than C(n,k) 2 eps sup f_k allows",
                fixed_size_first_moment,
            ),
        ),
    ),
    Theorem(
        id="natale2024-sum-bounded",
        title="Sums of uniform numbers have densities of order 1/sqrt(n)",
        kind="lemma",
        source=Source(PAPER, "Definition 1 and its examples", "arXiv", "read"),
        statement="For U[-1,1]: 0.15418 <= sqrt(n) f_n(x) for |x| <= sqrt(n), and "
        "sqrt(n) f_n(x) <= 1/sqrt(2) for all x, f_n the density of the sum of n numbers.",
        quantifiers=Quantifiers(None, None, "none", "|x| <= sqrt(n)"),
        assumptions=(parameter("n >= 1", "n", lambda v: v >= 1),),
        constants=(
            Constant("c_l", "sqrt(3) phi(sqrt 3) = 0.15418", "derived", "the limit, from above"),
            Constant("c_u", "1/sqrt(2)", "derived", "reached at n = 2"),
        ),
        bound=None,
        proof="sum-bounded-constants",
        checks=(Check("n <= 40", "exact Irwin-Hall densities", sum_bounded),),
    ),
    Theorem(
        id="natale2024-amplified",
        title="All targets at once by subsets of a fixed size",
        kind="theorem",
        source=Source(PAPER, "Corollary 1", "arXiv", "read"),
        statement=Statement(
            "The law contains p U[-1,1]",
            (below("eps", 0.5, "eps < 1/2"), parameter("0 < p <= 1", "p", lambda v: 0 < v <= 1)),
            "If n >= c_amp(p) log2^2(k/eps) / H(k/n), then with probability at least 1 - "
            "eps every z in [-sqrt k, sqrt k] has a subset of exactly k numbers with |sum "
            "- z| < eps.",
        ),
        quantifiers=Quantifiers("all", None, "eps, strict", "[-sqrt k, sqrt k]"),
        assumptions=(POSITIVE, _HALF),
        constants=(Constant("c_amp", None, "unnamed", "8 c_hyp / c_thm"),),
        bound=Formula(
            f"C*(log(k/eps)/log(2))**2/({_ENTROPY})",
            lambda eps, k, n, C: C * math.log2(k / eps) ** 2 / entropy(k / n),
        ),
        law="uniform",
        asks={"size": 4},
        known_issues=(
            KnownIssue(
                "a gap in the proof, not a refutation: it splits the sample into "
                "r = (4/c_thm) log(k/eps) blocks and takes the k-subset inside one block of n/r "
                "numbers, which needs k <= n/r. That fails at constant density and far below: "
                "the proof as written covers densities up to about "
                "lambda c_thm / (8 log2(k/eps)); at eps = 1/100 and the most favourable "
                "constants 1/100 is too dense, 1/1000 is not. The statement remains plausible; "
                "Corollary 2 and Theorems 3 and 4 inherit the gap",
                shown_by="amplification gap",
                place="appendix, proof of Corollary 1, step 3: r subsamples of n* numbers each, "
                "and the key lemma for every one",
                proof="gap-fixed-size-amplification",
            ),
            KnownIssue("needs a U[-1,1] part; products give U[-1/2,1/2], so it must be rescaled"),
        ),
        uses=("natale2024-fixed-size",),
        checks=(
            SumsCheck(
                "k = 4, all targets",
                "all of [-2,2] by 4 of 44 numbers",
                "1/10",
                0.1,
                n=44,
                lo="-2",
                hi="2",
                asks={"size": 4},
                trials=400,
            ),
            Check(
                "amplification gap",
                "the proof's blocks are large enough for a k-subset at densities 1/2 to 1/100",
                amplification_gap,
                label="gap-read",
            ),
        ),
    ),
    Theorem(
        id="natale2024-network",
        title="Tickets of prescribed density",
        kind="theorem",
        source=Source(PAPER, "Theorem 3 and Corollary 2", "arXiv", "read"),
        statement="For the class of pensia2020-two-layer, source layers with 2 d_{i-1} n neurons, "
        "n = c_amp log2^2(2 l d_{i-1} d_i gamma n / eps) / H(gamma) (implicit in n). With "
        "probability at least 1 - eps every target has a ticket of error at most eps and "
        "density at "
        "most rho gamma, rho the largest ratio of neighbouring widths. The bound below is the "
        "explicit form of Corollary 2, which asks more of k.",
        quantifiers=Quantifiers("all", "all", "eps", "weights in [-1, 1]"),
        assumptions=(
            POSITIVE,
            SPECTRAL,
            parameter("0 < gamma <= 1/2", "gamma", lambda v: 0 < v <= 0.5),
            Assumption(
                "for the explicit form: k = gamma n >= c_amp 2 (log2^2 k + 2 log2 k log2(1/eps')), "
                "eps' = eps/(2 l d_in d_out)",
                explicit_form_holds,
                ("eps", "l", "d_in", "d_out", "gamma", "C"),
            ),
        ),
        constants=(Constant("c_amp", None, "unnamed", "anchors take 1"),),
        bound=Formula(
            "2*C*(log(2*l*d_in*d_out/eps)/log(2))**2"
            "/((-gamma*log(gamma) - (1 - gamma)*log(1 - gamma))/log(2))",
            lambda eps, l, d_in, d_out, gamma, C: (  # noqa: E741
                2 * C * math.log2(2 * l * d_in * d_out / eps) ** 2 / entropy(gamma)
            ),
        ),
        unit="numbers for one half-sum (the simplified explicit form)",
        known_issues=(
            KnownIssue("inherits the gap of natale2024-amplified"),
            KnownIssue(
                "the explicit form's condition on k fails at all three anchors (c_amp = 1), which "
                "are values of the implicit form"
            ),
        ),
        uses=("natale2024-amplified", "pensia2020-two-layer"),
        anchors=(
            Anchor(
                "gamma = 0.5: n = 950 (c_amp = 1, l = 2, d = 100, eps = 0.01)",
                950,
                lambda: network_n(2, 100, 0.5, 0.01),
            ),
            Anchor("gamma = 0.1: n = 1851", 1851, lambda: network_n(2, 100, 0.1, 0.01)),
            Anchor("gamma = 0.01: n = 10119", 10119, lambda: network_n(2, 100, 0.01, 0.01)),
        ),
        checks=(
            Check(
                "fixed point",
                "n of the implicit equation grows as the density falls, k = gamma n falls",
                densities,
            ),
        ),
    ),
    Theorem(
        id="natale2024-lower-bound",
        title="Sparse tickets need more parameters",
        kind="lower-bound",
        source=Source(PAPER, "Theorem 5", "arXiv", "read"),
        statement=Statement(
            "The targets are W x for d x d matrices W",
            (
                _NORM,
                _share_at_most(1 - 1 / (2 * math.pi), "1 <= k <= (1 - 1/(2 pi)) n (about 0.84 n)"),
                below("eps", 1 / 16, "eps < 1/16"),
            ),
            "If a network with n parameters, pruned to exactly k, approximates each target "
            "with probability at least 1/2, then n >= (d^2/2) log2(k/eps) / H(k/n).",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "all linear maps of norm at most sqrt k"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("1/2", "1/2", "stated", ""),
            Constant("0.84", "1 - 1/(2 pi)", "stated"),
        ),
        bound=Formula(f"d**2/2*log(k/eps)/log(2)/({_ENTROPY})", _lower),
        claims="necessary",
        unit="parameters",
        checks=(
            Check("d = 1 counting", "counting for one weight", counting),
            mutant(
                "constant",
                "2 d^2 in place of d^2/2",
                partial(counting, halves=4),
                power=EXACT,
            ),
        ),
    ),
    Theorem(
        id="natale2024-explicit",
        title="The explicit form: 2 c log2(1/eps)^2/H(k/n) numbers, for k large enough",
        kind="lemma",
        source=Source(PAPER, "Corollary 2 and its proof", "arXiv", "read"),
        statement=Statement(
            "As natale2024-amplified",
            (
                below("eps", 0.5, "eps < 1/2"),
                Assumption(
                    "k >= 2 c_amp (log2(k)^2 + 2 log2(k) log2(1/eps))",
                    _enough_kept,
                    ("k", "eps", "C"),
                ),
            ),
            "n >= 2 c_amp log2(1/eps)^2/H(k/n) suffices for the conclusion of "
            "natale2024-amplified.",
        ),
        quantifiers=Quantifiers("all", None, "eps, strict", "[-sqrt k, sqrt k]"),
        assumptions=(POSITIVE, _HALF),
        constants=(Constant("c_amp", None, "unnamed", "the check takes 1"),),
        bound=Formula(
            f"2*C*(log(1/eps)/log(2))**2/({_ENTROPY})",
            lambda eps, k, n, C: 2 * C * math.log2(1 / eps) ** 2 / entropy(k / n),
        ),
        known_issues=(KnownIssue("inherits the gap of natale2024-amplified"),),
        uses=("natale2024-amplified",),
        checks=(
            Check(
                "implied",
                "the explicit n is at least the implicit one, by balls",
                explicit_suffices,
            ),
            mutant(
                "no condition on k",
                "the same for every k",
                partial(explicit_suffices, condition=False),
                power=EXACT,
            ),
        ),
    ),
    Theorem(
        id="natale2024-equivariant",
        title="Tickets of prescribed density in equivariant networks",
        kind="theorem",
        source=Source(PAPER, "Theorem 4", "arXiv", "read"),
        statement=Statement(
            "A random 2l-layer G-equivariant network, equivariant parameters iid U[-1,1], "
            "odd layers "
            "in the basis k_{N -> n} (x) B, N feature spaces a layer",
            (parameter("0 < gamma < 1", "gamma", lambda v: 0 < v < 1), _EQUIVARIANT_NORM),
            "If n = c_amp log2(2 l N^2 max(|B|, ||B||) gamma n/eps)^2/H(gamma), then with "
            "probability at least 1 - eps every l-layer G-equivariant network has an equivariant "
            "ticket of error eps and density at most gamma in the equivariant parameters. "
            "Convolutional networks are the case of translations.",
        ),
        quantifiers=Quantifiers("all", "all", "eps", "coefficients in [-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("c_amp", None, "unnamed"),),
        bound=Formula(
            "C*(log(2*l*N**2*B*gamma*n/eps)/log(2))**2"
            "/((-gamma*log(gamma) - (1 - gamma)*log(1 - gamma))/log(2))",
            lambda eps, l, N, B, gamma, n, C: (  # noqa: E741
                C * math.log2(2 * l * N**2 * B * gamma * n / eps) ** 2 / entropy(gamma)
            ),
        ),
        unit="numbers for one half-sum; n solves n = this",
        known_issues=(
            KnownIssue("inherits the gap of natale2024-amplified; the paper omits the proof"),
        ),
        uses=("natale2024-amplified", "ferbach2023-equivariant"),
        checks=(
            Check("one basis element", "Theorem 4 against Theorem 3", equivariant_n),
            mutant("exponent", "N in place of N^2", partial(equivariant_n, power=1), power=EXACT),
        ),
    ),
    Theorem(
        id="natale2024-ticket-size",
        title="Tickets at logarithmic overparameterisation keep a constant share of the weights",
        kind="lower-bound",
        source=Source(PAPER, "appendix, lower bound on the ticket size", "arXiv", "read"),
        statement=Statement(
            "A network of m weights whose subnetworks of at most gamma m weights contain, as in "
            "pensia2020-lower-bound, an eps-ticket of every d x d matrix",
            (
                parameter("0 < gamma <= 1", "gamma", lambda v: 0 < v <= 1),
                below("eps", 0.5, "eps < 1/2"),
            ),
            "gamma m log2(e/gamma) >= d^2 log2(1/(2 eps)) - 1. So at m = O(d^2 log(1/eps)), as in "
            "pensia2020-two-layer, gamma is bounded away from 0.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "all linear maps of norm at most 1"),
        assumptions=(POSITIVE,),
        constants=(Constant("e", "e", "stated", "sum_{i <= k} C(m, i) <= (e m/k)^k"),),
        bound=Formula(
            "(d**2*log(1/(2*eps))/log(2) - 1)/(gamma*log(E/gamma)/log(2))",
            lambda eps, d, gamma: (
                (d**2 * math.log2(1 / (2 * eps)) - 1) / (gamma * math.log2(math.e / gamma))
            ),
        ),
        claims="necessary",
        unit="weights of the random network",
        known_issues=(
            KnownIssue(
                "slips without consequence: the sum has C(m, gamma m) in every term, and "
                "'log2(e/gamma) <= 1' stands for '>= 1'"
            ),
        ),
        uses=("pensia2020-lower-bound",),
        checks=(
            Check("subsets", "sums of binomials, in integers", subsets_at_most),
            mutant(
                "without e", "log2(1/gamma)", partial(subsets_at_most, with_e=False), power=EXACT
            ),
        ),
    ),
)


@dataclass(frozen=True)
class FixedSize(OfNetworks):
    """Gadget pairs whose sums keep exactly k = size of n numbers each.

    The density of the ticket is thus chosen: k / n of the numbers, 1/20 unless n is given, for n
    counts neurons of the wrong sign and k does not.
    """

    theorem: ClassVar[str] = "natale2024-network"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 8, "signs": "needed"},)

    size: int = whole("Live numbers kept in every sum.", default=8)

    def plan(self, request: Request) -> int:
        """Return n = 20 k."""
        return 20 * whole_number("size", self.size)

    def build(self, request: Request) -> Ticket:
        """Solve every half-sum among the subsets of its size."""
        from slt_theory.tickets.building import pairs

        size = whole_number("size", self.size)
        sized = request.with_n(request.n or request.stretched(self.plan(request)))
        if size > (sized.n or 0):
            raise BadInput("size", self.size, f"must not exceed n = {sized.n}")
        return pairs.build(sized, self.theorem, size=size)


@dataclass(frozen=True)
class EquivariantFixedSize(FixedSize):
    """Equivariant gadget pairs whose sums keep exactly k = size of n coefficients each.

    Theorem 4: coefficients in a basis of the equivariant maps take the place of weights, and the
    density of the ticket among them is chosen: k / n of the numbers, 1/20 unless n is given.
    """

    theorem: ClassVar[str] = "natale2024-equivariant"
    dimensions: ClassVar[tuple[int, ...]] = (3,)


CONSTRUCTIONS = (FixedSize, EquivariantFixedSize)
