"""Checks of what the paper states, in balls."""

from __future__ import annotations

from slt_theory.balls import to_power
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.theorems.common import integers

__all__ = ["accumulated", "block_budget", "moved_attention", "softmax_change"]


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


def moved_attention(seed: int, exponential: bool = True) -> Outcome:
    """||Attn(x) - Attn(x')|| against H sqrt(d1) (alpha (exp(4 alpha e) - 1) + e), d1 = 2, by balls.

    Queries x and x' = x + e in the second coordinate; two keys (0, alpha) and (0, -alpha) that the
    attention mask lets through, W_QK = W_VO = I: the hardest case of random ones around it.
    `exponential` False leaves the bound H sqrt(d1) e.
    """
    from flint import arb

    failures, cases = [], 0
    for alpha, fine, turn in ((2, 10, 0), (2, 100, 1), (3, 20, 2), (4, 10, 0), (5, 50, 1)):
        e = arb(1) / fine
        # Keys turned by a few hundredths keep their norm below alpha.
        side = arb(turn) / 50
        height = (to_power(arb(alpha), 2) - to_power(side, 2)).sqrt()
        keys = [(side, height), (side, -height)]
        outputs = []
        for query in ((arb(alpha) / 2, arb(0)), (arb(alpha) / 2, e)):
            logits = [sum((q * k for q, k in zip(query, key, strict=True)), arb(0)) for key in keys]
            weights = [x.exp() for x in logits]
            total = weights[0] + weights[1]
            outputs.append(
                [
                    sum((w * key[j] for w, key in zip(weights, keys, strict=True)), arb(0)) / total
                    for j in (0, 1)
                ]
            )
        apart = [a - b for a, b in zip(*outputs, strict=True)]
        # A product: a power of a ball around 0 is no number.
        change = sum((d * d for d in apart), arb(0))
        growth = alpha * ((4 * alpha * e).exp() - 1) if exponential else arb(0)
        cases += 1
        if not bool(change <= 2 * to_power(growth + e, 2)):
            failures.append(f"alpha = {alpha}, e = 1/{fine}")
    return all_of(failures, cases, "attention under tokens moved by at most e")


def block_budget(seed: int, share: int = 4) -> Outcome:
    """exp(eps/4) - 1 + 2 eps/share <= eps for eps in (0, 1): the error of one block, by balls.

    Theorem 9 at eps/4 gives the 32 = 8 * 4 of the size; `share` 1 takes its 8 as it stands.
    """
    from flint import arb

    failures, cases = [], 0
    for k in range(1, 100):
        eps = arb(k) / 100
        cases += 1
        if not bool((eps / 4).exp() - 1 + 2 * eps / share <= eps):
            failures.append(f"eps = {k}/100")
    return all_of(failures, cases, "error of the attention, the layers after it and the skip")


def accumulated(seed: int, squared: bool = True, factor: int = 2) -> Outcome:
    """Errors through B blocks with the budgets of the proof stay within eps, by balls.

    Block b adds eps / (2^(B-b+1) prod_{j > b} 16 H sqrt(d1) beta_j^2), beta_b = alpha (4 H
    sqrt(d1))^(b-1), and a block moves by at most factor H sqrt(d1) (2 beta (exp(4 (2 beta) e) - 1)
    + 2 e) when its input moves by e: `factor` 2 as the proof of Lemma 13 ends, and 2 beta for the
    norm that the proof allows. `squared` False has beta_j in place of beta_j^2.
    """
    from flint import arb

    failures, cases = [], 0
    for blocks, heads, width in ((2, 1, 1), (2, 2, 4), (3, 1, 2), (3, 4, 4), (4, 2, 3)):
        root, eps = heads * arb(width).sqrt(), arb(1) / 2
        alpha = arb(max(1, width)).sqrt()
        beta = [alpha * to_power(4 * root, b) for b in range(blocks)]
        moved = arb(0)
        for b in range(blocks):
            scale = arb(1)
            for later in beta[b + 1 :]:
                scale *= 16 * root * to_power(later, 2 if squared else 1)
            own = eps / (2 ** (blocks - max(b, 1)) * scale)
            radius = beta[b] + moved
            moved = own + factor * root * (radius * ((4 * radius * moved).exp() - 1) + 2 * moved)
        cases += 1
        if not bool(moved <= eps):
            failures.append(
                f"B = {blocks}, H = {heads}, d1 = {width}: {float(moved / eps):.3g} eps"
            )
    return all_of(failures, cases, "errors accumulated over the blocks")
