"""Random subset sums in one dimension: Lueker 1998; da Cunha et al. 2023; our explicit version."""

from __future__ import annotations

from typing import Any

from slt_theory.theorems.entry import (
    Assumption,
    Constant,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

LUEKER = Paper(
    key="lueker1998",
    authors="George S. Lueker",
    title="Exponentially small bounds on the expected optimum of the partition and subset sum "
    "problems",
    venue="Random Structures and Algorithms 12(1), 51-62",
    year=1998,
)
DA_CUNHA = Paper(
    key="dacunha2023",
    authors="Arthur da Cunha, Francesco d'Amore, Frédéric Giroire, Hicham Lesfari, Emanuele "
    "Natale, Laurent Viennot",
    title="Revisiting the random subset sum problem",
    venue="ESA 2023",
    year=2023,
    arxiv="2204.13929",
)
OWN = Paper(
    key="slt",
    authors="The slt_theory developers",
    title="slt_theory: proofs and measurements",
    venue="this package",
    year=2026,
)

_POSITIVE = Assumption("0 < eps and 0 < delta < 1", lambda p: p["eps"] > 0 and 0 < p["delta"] < 1)
_SMALL_EPS = Assumption("eps < 1/3", lambda p: p["eps"] < 1 / 3)


def _certified(eps: float, delta: float, lo: float, hi: float) -> int:
    from slt_theory.certified import certified_n

    found = certified_n(eps, delta, lo=lo, hi=hi)
    assert found is not None  # the uniform law has a certified bound at every eps and delta
    return found.n


def _counting(eps: float, delta: float, lo: float, hi: float) -> int:
    from slt_theory.certified import counting_n

    return counting_n(eps, delta=delta, lo=lo, hi=hi).n


def _inside(limit: float) -> Assumption:
    def holds(p: dict[str, Any]) -> bool:
        return bool(-limit <= p["lo"] and p["hi"] <= limit)

    return Assumption(f"targets lie in [-{limit:g}, {limit:g}]", holds)


ENTRIES = (
    Theorem(
        id="lueker1998-rss",
        title="Random subset sum: O(log 1/eps) uniform numbers reach every target",
        kind="theorem",
        source=Source(LUEKER, "Corollary 2.5 (also cited as Theorem 2.4)", "journal", "read"),
        statement="There is a universal C such that for X_1..X_n iid U[-1,1] and "
        "n >= C log(2 / min(eps, delta)), with probability at least 1 - delta every z in [-1,1] "
        "has a subset S with |z - sum_S X_i| <= eps.",
        quantifiers=Quantifiers("all", None, "eps", "[-1, 1]"),
        assumptions=(_POSITIVE, _inside(1.0)),
        constants=(
            Constant("C", None, "unnamed", "the paper gives no value; ours is the certified n"),
        ),
        bound="C*log(2/Min(eps, delta))",
        law="uniform",
        proof="rss-explicit",
        not_claimed=(
            "a value of C",
            "that C is the same for other laws: for a law that contains alpha U[-a,a] it depends "
            "on alpha and a",
        ),
        known_issues=(
            "read as re-stated in later papers with eps = delta; the form with separate eps and "
            "delta is recalled with high confidence",
            "quoted elsewhere with window [-1/2,1/2], error 2 eps and probability "
            "1 - exp(-(n - C log2(1/eps))^2 / (4n)): a different statement",
        ),
        proof_uses=("slt-rss-explicit",),
    ),
    Theorem(
        id="dacunha2023-rss",
        title="Random subset sum revisited: an elementary proof with an exponential tail",
        kind="theorem",
        source=Source(DA_CUNHA, "Theorems 1 and 2", "arXiv v2", "recalled-mid"),
        statement="There are universal C, kappa such that for X_1..X_n iid U[-1,1], eps < 1/3 and "
        "n >= C log(1/eps), with probability at least "
        "1 - 2 exp(-(n - C log(1/eps))^2 / (kappa n)) every z in [-1/2,1/2] has a subset S with "
        "|z - sum_S X_i| <= 2 eps.",
        quantifiers=Quantifiers("all", None, "2 eps", "[-1/2, 1/2]"),
        assumptions=(_POSITIVE, _SMALL_EPS, _inside(0.5)),
        constants=(
            Constant("C", None, "unnamed"),
            Constant("kappa", None, "unnamed", "4 in a related quotation; not tested as exact"),
        ),
        bound="C*log(1/eps) + kappa*log(2/delta)/2 "
        "+ sqrt((kappa*log(2/delta)/2)**2 + C*kappa*log(1/eps)*log(2/delta))",
        law="uniform",
        window=(-0.5, 0.5),
        proof="rss-explicit",
        not_claimed=("values of C and kappa", "targets outside [-1/2, 1/2]"),
        known_issues=(
            "the expectation lemma is recalled with factor 1/4 in one place; for U[-1,1] it holds "
            "with 1/2, as an equality (proof rss-expectation)",
        ),
        uses=("lueker1998-rss",),
        proof_uses=("slt-rss-explicit",),
    ),
    Theorem(
        id="slt-rss-explicit",
        title="Random subset sum with explicit constants",
        kind="theorem",
        source=Source(OWN, "proofs/", "this version", "derived"),
        statement="For X_1..X_n iid U[-1,1] (or a law with a proved density floor) and n at least "
        "the certified number, with probability at least 1 - delta every z in [lo, hi] has a "
        "subset S with |z - sum_S X_i| <= eps.",
        quantifiers=Quantifiers("all", None, "eps", "[lo, hi], any"),
        assumptions=(_POSITIVE,),
        constants=(Constant("n", "certified", "derived", "computed with rigorous rounding"),),
        bound=None,
        law="uniform",
        named_n=_certified,
        proof="rss-explicit",
        not_claimed=("that the number is necessary: about half of it is measured to suffice",),
    ),
    Theorem(
        id="slt-rss-counting",
        title="Counting: fewer numbers cannot reach every target, for any law",
        kind="lower-bound",
        source=Source(OWN, "proofs/", "this version", "derived"),
        statement="If with positive probability every z in [lo, hi] is within eps of one of the "
        "2^n subset sums, then 2^n * 2 eps >= hi - lo. For a symmetric law and a window with both "
        "signs, delta >= 2^-n as well.",
        quantifiers=Quantifiers("all", None, "eps", "[lo, hi], any"),
        assumptions=(_POSITIVE,),
        constants=(),
        bound="log((hi - lo)/(2*eps))/log(2)",
        law="uniform",
        claims="necessary",
        named_n=_counting,
        proof="rss-counting",
        not_claimed=("that this many numbers suffice",),
    ),
)
