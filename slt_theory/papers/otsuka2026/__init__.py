"""Otsuka et al. 2026: strong lottery tickets in multi-head attention."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from slt_theory.errors import BadInput
from slt_theory.papers.otsuka2026.checks import (
    accumulated,
    block_budget,
    moved_attention,
    softmax_change,
)
from slt_theory.papers.otsuka2026.small_heads import small_attention
from slt_theory.theorems.checks import EXACT, Check, SumsCheck, mutant
from slt_theory.theorems.common import POSITIVE, at_most, below, parameter, relation
from slt_theory.theorems.conditions import Assumption, Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.tickets.building.construction import Construction

if TYPE_CHECKING:
    from slt_theory.networks.transformer import PlainTransformer
    from slt_theory.papers.otsuka2026.construction import AttentionRequest
    from slt_theory.tickets.building.request import BuildSettings
    from slt_theory.tickets.keeping import Keeping
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="otsuka2026",
    authors="Hikari Otsuka, Daiki Chijiwa, Yasuyuki Okoshi, Daichi Fujiki, Susumu Takeuchi, Masato "
    "Motomura",
    title="The strong lottery ticket hypothesis for multi-head attention mechanisms",
    venue="AAAI 2026",
    year=2026,
    arxiv="2511.04217",
)


def _wide(p: dict[str, Any]) -> bool:
    """Decide whether alpha is at least the root of every dimension that is named."""
    if "alpha" not in p:
        return True
    return bool(
        p["alpha"] > 0
        and all(p["alpha"] ** 2 >= p[name] for name in ("d", "d_in", "d_out") if name in p)
    )


_ALPHA = Assumption("alpha >= max(sqrt(d1), sqrt(d2))", _wide, ("alpha", "d", "d_in", "d_out"))
_BLOCKS = parameter("B >= 2", "blocks", lambda value: value >= 2)
_HEADS = at_most("spectral_norm", 1.0, "||W_Q||, ||W_K||, ||W_V||, ||W_O|| <= 1 in every head")


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
                small_attention,
            ),
        ),
    ),
    Theorem(
        id="otsuka2026-moved-tokens",
        title="Attention moves little when its tokens do, whatever the sequence length",
        kind="lemma",
        source=Source(PAPER, "Lemma 12", "arXiv v1", "read"),
        statement=Statement(
            "Tokens x_i and x'_i with ||x_i - x'_i|| <= e, H heads",
            (
                _HEADS,
                relation(
                    "both have norm at most alpha",
                    ("moved_norm", "alpha"),
                    lambda norm, alpha: norm <= alpha,
                ),
            ),
            "||Attn(x_i) - Attn(x'_i)|| <= H sqrt(d1) (alpha (exp(4 alpha e) - 1) + e), for every "
            "number of tokens and every attention mask.",
        ),
        quantifiers=Quantifiers(
            "all", "all", "H sqrt(d1) (alpha (exp(4 alpha e) - 1) + e)", "none"
        ),
        assumptions=(_ALPHA,),
        constants=(
            Constant("4", "4", "stated", "2 alpha e for the logits, doubled by the softmax"),
        ),
        bound=Formula(
            "H*sqrt(d)*(alpha*(exp(4*alpha*eps_p) - 1) + eps_p)",
            lambda eps_p, d, H, alpha: (
                H * math.sqrt(d) * (alpha * math.expm1(4 * alpha * eps_p) + eps_p)
            ),
        ),
        unit="change of the output, for tokens moved by eps_p",
        known_issues=(
            KnownIssue(
                "that the moved tokens have norm at most alpha, too, is used in the proof and not "
                "said in the lemma"
            ),
            KnownIssue(
                "Lemma 13, for a block, ends with 2 H sqrt(d1) (...) and states H sqrt(d1) (...)"
            ),
        ),
        uses=("otsuka2026-softmax",),
        checks=(
            Check("two keys", "balls at the sharpest queries, d1 = 2", moved_attention),
            mutant(
                "linear alone",
                "H sqrt(d1) e",
                partial(moved_attention, exponential=False),
                power=EXACT,
            ),
        ),
    ),
    Theorem(
        id="otsuka2026-block",
        title="A transformer block without normalisation contains tickets",
        kind="theorem",
        source=Source(PAPER, "Theorem 11", "arXiv v1", "read"),
        statement=Statement(
            "Blk(x) = F(Attn(x) + x) + Attn(x) + x with an L-layer ReLU network F of width "
            "d1; source "
            "with 2L layers, attention as in otsuka2026-attention",
            (_ALPHA, _HEADS, below("eps", 1.0, "eps < 1")),
            "If n_MHA >= d1 C log(32 alpha^3 H d1^(3/2)/eps) and n_FC >= d1 C log(24 alpha L H "
            "d1^(5/2)/eps), then with probability at least 1 - eps there are masks with "
            "max_i ||Blk_S(x_i) - Blk_T(x_i)|| <= eps.",
        ),
        quantifiers=Quantifiers(
            "fixed", "fixed", "eps for every token", "merged entries in [-1,1]"
        ),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"), Constant("32", "32", "stated", "8 * 4")),
        bound=Formula(
            "C*d*log(32*alpha**3*H*d**Rational(3, 2)/eps)",
            lambda eps, d, H, alpha, C: C * d * math.log(32 * alpha**3 * H * d**1.5 / eps),
        ),
        unit="key and value dimension of the source",
        not_claimed=("layer normalisation",),
        uses=("otsuka2026-attention", "pensia2020-two-layer"),
        checks=(
            Check("error budget", "by balls at 99 eps", block_budget),
            mutant(
                "8 for 32",
                "the attention at its own eps",
                partial(block_budget, share=1),
                power=EXACT,
            ),
        ),
    ),
    Theorem(
        id="otsuka2026-transformer",
        title="Transformers without normalisation contain tickets",
        kind="theorem",
        source=Source(PAPER, "Theorems 6 and 14", "arXiv v1", "read"),
        statement=Statement(
            "B blocks as in otsuka2026-block",
            (_ALPHA, _HEADS, _BLOCKS, below("eps", 1.0, "eps < 1")),
            "If in block b the source has n_MHA >= d1 C log(c1^f1 H^f2 d1^f3/eps) and n_FC >= d1 C "
            "log(c2^g1 H^g2 d1^g3/eps), f_i and g_i quadratic in b and B, then with probability at "
            "least 1 - eps there are masks with ||Tf_S(x_i) - Tf_T(x_i)|| <= eps. The "
            "proof has for "
            "block 1: 32 alpha^3 H d1^(3/2) 2^(B-1) prod_{j=2}^B 16 H sqrt(d1) "
            "beta_j^2/eps, beta_j "
            "= alpha (4 H sqrt(d1))^(j-1).",
        ),
        quantifiers=Quantifiers(
            "fixed", "fixed", "eps for every token", "merged entries in [-1,1]"
        ),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"), Constant("16", "16", "stated", "in the proof")),
        bound=Formula(
            "C*d*(log(32*alpha**3*H*d**Rational(3, 2)/eps) + (blocks - "
            "1)*log(32*H*sqrt(d)*alpha**2)"
            " + blocks*(blocks - 1)*log(4*H*sqrt(d)))",
            lambda eps, d, H, alpha, blocks, C: (
                C
                * d
                * (
                    math.log(32 * alpha**3 * H * d**1.5 / eps)
                    + (blocks - 1) * math.log(32 * H * math.sqrt(d) * alpha**2)
                    + blocks * (blocks - 1) * math.log(4 * H * math.sqrt(d))
                )
            ),
        ),
        unit="key and value dimension of the source's first block",
        known_issues=(
            KnownIssue(
                "the proof uses Lemma 13 without the factor 2 and at radius beta for inputs of "
                "norm "
                "up to 2 beta; its budgets cover both in the cases computed"
            ),
        ),
        not_claimed=("layer normalisation", "the quadratic forms' coefficients"),
        uses=("otsuka2026-block", "otsuka2026-moved-tokens"),
        checks=(
            Check("budgets", "the proof's budgets with the factor 2, by balls", accumulated),
            mutant(
                "beta for beta^2",
                "smaller budgets",
                partial(accumulated, squared=False),
                power=EXACT,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class AttentionHeads(Construction):
    """Multi-head attention: every merged matrix of a head a product of two masked random ones.

    Theorem 3: n_K, n_V >= C d1 log(H alpha d1 / eps) hidden dimensions contain every attention
    layer of H heads with matrices of norm at most 1, up to eps for every sequence length.
    """

    theorem: ClassVar[str] = "otsuka2026-attention"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ()
    domain: ClassVar[str] = "box:-1,1"

    def ticket(self, target: Any, settings: BuildSettings, keeping: Keeping) -> Ticket:
        """Solve every entry; numbers of both signs count, and nothing is resumed."""
        from slt_theory.papers.otsuka2026.construction import build
        from slt_theory.tickets.building.attempts import with_growing_n
        from slt_theory.tickets.keeping import Keeping

        request = self._request(target, settings)
        return with_growing_n(lambda one: build(one, self.theorem), request, Keeping())

    def sufficient(self, target: Any, settings: BuildSettings) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.papers.otsuka2026.construction import sufficient_n

        return sufficient_n(self._request(target, settings))

    def _request(self, target: Any, settings: BuildSettings) -> AttentionRequest:
        from slt_theory.networks.attention import Attention
        from slt_theory.papers.otsuka2026.construction import AttentionRequest

        if not isinstance(target, Attention):
            raise BadInput("target", type(target).__name__, f"{self.theorem} is about attention")
        return AttentionRequest.of(target, settings, self.domain)


@dataclass(frozen=True)
class TransformerBlocks(Construction):
    """Transformer without normalisation: a ticket of every attention and every ReLU network.

    Theorem 6: widths of order d1 log(1/eps), with quadratic forms in the number of blocks, contain
    every transformer of blocks z = x + Attn(x), y = z + F(z), up to eps for every sequence length.
    Tokens lie in a ball; `eps` is that of a weight, `network_eps` the Euclidean error of a token.
    """

    theorem: ClassVar[str] = "otsuka2026-transformer"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ()
    domain: ClassVar[str] = "ball:1"

    def ticket(self, target: Any, settings: BuildSettings, keeping: Keeping) -> Ticket:
        """Build part by part, each on the ball that tokens reach by then; nothing is resumed."""
        from slt_theory.papers.otsuka2026.transformer import build

        at = self._checked(target)
        return build(at, settings, keeping, theorem=self.theorem, domain=self.domain)

    def sufficient(self, target: Any, settings: BuildSettings) -> int:
        """Return the smallest n that would do for every part, each with an estimated 99 %."""
        from slt_theory.papers.otsuka2026.transformer import sufficient_n

        return sufficient_n(self._checked(target), settings, domain=self.domain)

    def _checked(self, target: Any) -> PlainTransformer:
        from slt_theory.networks.transformer import PlainTransformer

        if not isinstance(target, PlainTransformer):
            kind = type(target).__name__
            raise BadInput("target", kind, f"{self.theorem} is about transformers")
        return target


CONSTRUCTIONS = (AttentionHeads, TransformerBlocks)
