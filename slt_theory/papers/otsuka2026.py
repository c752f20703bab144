"""Otsuka et al. 2026: strong lottery tickets in multi-head attention."""

from __future__ import annotations

import math

from slt_theory.balls import to_power
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, all_of
from slt_theory.theorems.common import POSITIVE, at_most, integers, parameter
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

PAPER = Paper(
    key="otsuka2026",
    authors="Hikari Otsuka, Daiki Chijiwa, Yasuyuki Okoshi, Daichi Fujiki, Susumu Takeuchi, Masato "
    "Motomura",
    title="The strong lottery ticket hypothesis for multi-head attention mechanisms",
    venue="AAAI 2026",
    year=2026,
    arxiv="2511.04217",
)

_ALPHA = parameter(
    "alpha >= max(sqrt(d1), sqrt(d2))", "alpha_over_sqrt_d", lambda value: value >= 1
)
_HEADS = at_most("spectral_norm", 1.0, "||W_Q||, ||W_K||, ||W_V||, ||W_O|| <= 1 in every head")


def softmax_change(seed: int) -> Outcome:
    """sum_t |p_t - p'_t| <= 2 (e^{2 e} - 1) when no logit moves by more than e, by balls.

    This is the lemma's bound with one coordinate and |x| <= 1; masks only drop terms.
    """
    from flint import arb

    failures, cases = [], 0
    for case in range(40):
        tokens = 2 + case % 6
        draws = integers(seed, case, 2 * tokens, -1000, 1000)
        size = arb(1 + case % 5) / 10
        logits = [arb(int(a)) / 250 for a in draws[:tokens]]
        moved = [x + size * int(b) / 1000 for x, b in zip(logits, draws[tokens:], strict=True)]

        def softmax(values: list[arb]) -> list[arb]:
            weights = [v.exp() for v in values]
            total = sum(weights[1:], weights[0])
            return [w / total for w in weights]

        change = sum(
            (abs(a - b) for a, b in zip(softmax(logits), softmax(moved), strict=True)), arb(0)
        )
        cases += 2
        if not bool(change <= (2 * size).exp() - 1):
            failures.append(f"case {case}, the lemma")
        if not bool(change <= 2 * (size / 2).tanh() + to_power(arb(2), -30)):
            failures.append(f"case {case}, 2 tanh(e/2)")
    return all_of(
        failures, cases, "softmax under logits moved by at most e: e^{2e} - 1 and 2 tanh(e/2)"
    )


ENTRIES = (
    Theorem(
        id="otsuka2026-two-for-one",
        title="A product of two masked random matrices is any matrix",
        kind="lemma",
        source=Source(PAPER, "Lemmas 4 and 7", "arXiv", "read"),
        statement=Statement(
            "W a d2 x d1 matrix, A (n x d1) and B (d2 x n) random matrices with iid "
            "U[-1,1] entries, n >= d1 C log(d1 d2 / eps)",
            (parameter("the entries of W lie in [-1,1]", "max_norm", lambda v: v <= 1),),
            "With probability at least 1 - eps there are masks with ||W - (B masked)(A "
            "masked)||_max <= eps / (d1 d2).",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps/(d1 d2), max norm", "[-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d_in*log(d_in*d_out/eps)",
            lambda eps, d_in, d_out, C: C * d_in * math.log(d_in * d_out / eps),
        ),
        unit="inner dimension",
        law="uniform*uniform",
        uses=("lueker1998-mixture",),
        checks=(
            SumsCheck(
                "one entry",
                "all of [-1,1] from products of two uniforms, no ReLU",
                "1/20",
                0.1,
                law="uniform*uniform",
                trials=600,
            ),
        ),
    ),
    Theorem(
        id="otsuka2026-softmax",
        title="Softmax under perturbed logits, whatever the sequence length and the mask",
        kind="lemma",
        source=Source(PAPER, "Lemmas 5 and 8", "arXiv", "read"),
        statement=Statement(
            "Tokens of norm at most alpha in R^d1; no logit moves by more than e",
            (),
            "Attention moves by at most sqrt(d1) alpha (exp(2e) - 1), which for small e "
            "(up to one half) is at most 4 sqrt(d1) alpha e, independently of the number "
            "of tokens and of the attention mask.",
        ),
        quantifiers=Quantifiers(None, None, "sqrt(d1) alpha (exp(2e) - 1)", "none"),
        assumptions=(_ALPHA,),
        constants=(Constant("2", "2", "stated", "exp(2e): the true change is 2 tanh(e/2)"),),
        bound=None,
        proof="softmax-lemma",
        known_issues=(
            KnownIssue("larger than needed by about 2 sqrt(d1): at most 2 alpha tanh(e/2) is true"),
            KnownIssue("alpha >= sqrt(d) is assumed throughout the paper; the lemma needs it not"),
        ),
        checks=(Check("balls", "random logits, both bounds", softmax_change),),
    ),
    Theorem(
        id="otsuka2026-attention",
        title="Multi-head attention contains tickets at logarithmic overparameterisation",
        kind="theorem",
        source=Source(PAPER, "Theorems 3 and 9", "arXiv", "read"),
        statement=Statement(
            "Tokens with ||x_i|| <= alpha and H heads; source: queries and keys "
            "U[-n_K^(1/4), n_K^(1/4)], values and outputs U[-1,1]",
            (_ALPHA, _HEADS),
            "If n_K >= d1 C log(8 H alpha^3 d1^(3/2) / eps) and n_V >= d1 C log(2 H alpha "
            "d1 sqrt(d2) / eps), then with probability at least 1 - eps there are masks "
            "with max_i ||Attn_S(x_i) - Attn_T(x_i)|| <= eps, for every sequence length.",
        ),
        quantifiers=Quantifiers(
            "fixed", "fixed", "eps for every token", "merged entries in [-1,1]"
        ),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"), Constant("8", "8", "stated", "")),
        bound=Formula(
            "C*d_in*log(8*H*alpha**3*d_in**Rational(3, 2)/eps)",
            lambda eps, d_in, H, alpha, C: C * d_in * math.log(8 * H * alpha**3 * d_in**1.5 / eps),
        ),
        unit="key dimension n_K of the source",
        law="uniform*uniform",
        known_issues=(
            KnownIssue(
                "appendix B exchanges source and target in its description of the experiment; the "
                "restated network bound exp(alpha eps/2) - 1 is valid for alpha >= 1 only, which "
                "is assumed throughout; alpha ((1 + eps/(2L))^L - 1) is smaller and always valid",
                proof="gap-attention-exponent",
            ),
            KnownIssue(
                "Lemma 13 is stated without the factor 2 that its own proof ends with, and is used "
                "with radius beta for inputs of norm up to 2 beta; in the two cases computed the "
                "error budget covers both"
            ),
        ),
        proof="attention-errors",
        not_claimed=("layer normalisation",),
        uses=("otsuka2026-two-for-one", "otsuka2026-softmax"),
        checks=(
            SumsCheck(
                "one merged entry",
                "all of [-1,1] at eps = 1/10 and our certified n",
                "1/10",
                0.1,
                law="uniform*uniform",
                trials=600,
            ),
            Check(
                "small heads",
                "a ticket for random heads (d1 = 2) stays within eps for 2 to 64 tokens",
                "small_attention",
            ),
        ),
    ),
)
