"""Whole networks: union bounds over weights, errors through layers."""

from __future__ import annotations

from fractions import Fraction

from slt_theory.certified.networks import convolution_widths, deep_widths, dense_widths, root_up

from . import answers
from .kit import Proof, ProofStep, step
from .kit.algebra import identity

UNSAFE = ({"halves": Fraction(3)}, {"share": Fraction(3, 5)}, {"copies": 2})


def _roots() -> bool:
    return all(
        root_up(n) ** 2 >= n and (root_up(n) - Fraction(2, 1000)) ** 2 < n
        for n in range(1, 3000, 7)
    )


def _frobenius(share: Fraction) -> bool:
    """r^2 = d d' entries of size share eps/(l r): square sum (share eps/l)^2 <= (eps/2l)^2."""
    from sympy import Rational, symbols

    eps, depth, r = symbols("eps l r", positive=True)
    s = Rational(share.numerator, share.denominator)
    entry = s * eps / (depth * r)
    exact = identity(r**2 * entry**2, (s * eps / depth) ** 2)
    return exact and bool(share <= Fraction(1, 2))


def _union(halves: Fraction) -> bool:
    """Every weight needs two sums: delta/m for each of m = sum 2 d d' sums."""
    from sympy import Rational, symbols

    delta, weights = symbols("delta m")
    each = delta / (2 * weights)
    return identity(Rational(halves) * weights * each, delta)


def _convolution() -> bool:
    """relu(u X) = u X for u > 0, X >= 0; three channels v_k of it are (sum u_k v_k) X."""
    from sympy import symbols

    x = symbols("X")
    us, vs = symbols("u0:3"), symbols("v0:3")
    positive = all(identity((u * x + u * x) / 2, u * x) for u in us)
    total = sum(v * u * x for u, v in zip(us, vs, strict=True))
    return positive and identity(total, sum(u * v for u, v in zip(us, vs, strict=True)) * x)


def _copies() -> bool:
    """sum_c w_c x_c - W x = (sum w_c - W) x + sum w_c (x_c - x), three copies."""
    from sympy import symbols

    weight, x = symbols("W x")
    ws, xs = symbols("w0:3"), symbols("x0:3")
    pairs = list(zip(ws, xs, strict=True))
    left = sum(w * c for w, c in pairs) - weight * x
    return identity(left, (sum(ws) - weight) * x + sum(w * (c - x) for w, c in pairs))


def _carried(copies: int) -> bool:
    """e' = eta r + c e, carried on by K: K e' = share + (K c) e if eta = share/(K r); sums to eps.

    `copies` = 1: an item counts with its full size 1 in c = inputs * items.
    """
    from sympy import symbols

    share, carry, r, growth, e, depth, eps, root = symbols("h K r c e L eps R")
    eta = share / (carry * r)
    one = identity(carry * (eta * r + growth * e), share + carry * growth * e / copies)
    return one and identity(root * depth * (eps / (depth * root)), eps)


def _blocks() -> bool:
    """Block i of the key dimension is read by row i only: entries are separate subset sums."""
    from sympy import Matrix, symbols

    q, k = symbols("q0:4"), symbols("k0:8")
    query = Matrix([[q[0], q[1], 0, 0], [0, 0, q[2], q[3]]])
    key = Matrix([k[:4], k[4:]])
    product = query * key.T
    expected = [
        q[2 * i] * k[4 * j + 2 * i] + q[2 * i + 1] * k[4 * j + 2 * i + 1]
        for i in range(2)
        for j in range(2)
    ]
    return all(identity(a, b) for a, b in zip(list(product), expected, strict=True))


def _function() -> bool:
    found = dense_widths((3, 2, 2), Fraction(1, 5), Fraction(1, 5))
    if found is None or found.sums != 20:
        return False
    wide = [n * d for n, d in zip(found.items, (3, 2), strict=True)]
    entries = [Fraction(1, 5) / (4 * root_up(p)) for p in (6, 4)]
    near = all(
        abs(Fraction(e) - x) < Fraction(1, 10**9)
        for e, x in zip(found.entry_errors, entries, strict=True)
    )
    return list(found.widths) == wide and near


def _others() -> bool:
    """The printed entry errors, put through the recursions, end at most at eps."""
    conv = convolution_widths((1, 2, 2), 3, Fraction(1, 2), Fraction(1, 2))
    deep = deep_widths((2, 1, 1), Fraction(1), Fraction(1, 2))
    if conv is None or deep is None:
        return False
    error = Fraction(0)
    for entry, channels in zip(conv.entry_errors, (1, 2), strict=True):
        eta = 9 * channels * Fraction(entry)
        error = (1 + eta) * error + eta
    if error > Fraction(1, 2) or conv.sums != 9 * (2 + 4):
        return False
    error = Fraction(0)
    for layer, (entry, size) in enumerate(zip(deep.entry_errors, (2, 1), strict=True)):
        carried = 0 if layer == 0 else size * deep.items[layer]
        error = Fraction(entry) * root_up(size) + carried * error
    sums = 2 * 2 * 1 * deep.items[1] + 1 * 1
    slack = Fraction(1, 10**9)
    return error <= 1 + slack and deep.sums == sums


def _dense_steps(halves: Fraction, share: Fraction) -> tuple[ProofStep, ...]:
    """Fully connected layers: sums of one weight, and errors of its entries."""
    return (
        step(
            "a hidden unit serves the half line of its own sign: n units an input, n items "
            "a half; both halves of all weights at once",
            "rule",
            lambda: _union(halves),
            "both halves see the same law, and a unit reads one input only; the sums need not "
            "be independent",
            rules=("union", "linearity"),
        ),
        step(
            r"entries within $\varepsilon_w$ give $\|D\|_F \le \varepsilon/(2l)$",
            "identity",
            lambda: _frobenius(share),
            "the operator norm is at most the Frobenius norm, whichever half serves an entry",
            rules=("cauchy",),
        ),
    )


def _other_steps(copies: int) -> tuple[ProofStep, ...]:
    """Convolutions, one layer more than the target, attention."""
    return (
        step(
            r"convolution: $\sum_k v_k\,\sigma(u_k X) = (\sum_k u_kv_k) X$ for $X \ge 0$ and "
            r"kept $u_k > 0$",
            "identity",
            _convolution,
            "1x1 filters that read one channel; every hidden layer is non-negative again",
            rules=("linearity",),
        ),
        step(
            r"copies: $\sum_c w_c\tilde x_c - Wx = (\sum_c w_c - W)x + "
            r"\sum_c w_c(\tilde x_c - x)$",
            "identity",
            _copies,
            r"so $e' \le \eta\|x\|_1 + (\text{inputs})(\text{items})\,e$ in the maximum norm, "
            r"as $|w_c| \le 1$; $\|x\|_1 \le \sqrt d$",
            rules=("triangle", "cauchy", "linearity"),
        ),
        step(
            "every layer of the copies ends with the same share, and the shares add up to eps",
            "induction",
            lambda: _carried(copies),
        ),
        step(
            "attention: hidden dimensions in blocks, one block a row: every entry of the "
            "merged matrix is a subset sum of products of its own",
            "identity",
            _blocks,
            "shown for two rows and blocks of two; union bound over all entries and heads",
            rules=("linearity", "union"),
        ),
    )


def _function_steps() -> tuple[ProofStep, ...]:
    """The functions behind the printed widths."""
    return (
        step("rational square roots, rounded up", "spot", _roots),
        step("the function behind the printed widths", "spot", _function),
        step("convolutions and copies: printed errors through the recursions", "spot", _others),
        step(
            "numbers offered to one weight, from errors and sums counted once more",
            "spot",
            answers.widths,
        ),
    )


def build(
    *, halves: Fraction = Fraction(2), share: Fraction = Fraction(1, 2), copies: int = 1
) -> Proof:
    """The proof; `halves` sums a weight, `share` of eps / l for a layer, see `_carried`."""
    return Proof(
        "width-composition",
        "Certified widths of whole networks",
        r"Let n items of the half law $v\,\max(u,0)$ reach $[-1,1]$ within $\varepsilon_w = "
        rf"{share}\varepsilon/(l\sqrt{{d_id_{{i-1}}}})$ except with probability $\delta/m$, $m "
        rf"= \sum"
        rf" {halves}d_id_{{i-1}}$. Then $n\,d_{{i-1}}$ hidden units between layers i-1 and i are "
        r"enough: with probability $1-\delta$ *every* network with $\|W_i\| \le 1$ has a pruning "
        r"within $\varepsilon$ on the unit ball. In the same way: convolutions with non-negative "
        r"inputs in $[0,1]$ (one sum a filter entry, $\varepsilon_w = \varepsilon/(2ld^2c_{i-1})$, "
        r"maximum norm); one layer more than the target (copies of every neuron as items, errors "
        r"carried on by inputs times items); attention with merged matrices of norm at most 1.",
        (*_dense_steps(halves, share), *_other_steps(copies), *_function_steps()),
        (
            "relu-gadgets",
            "error-recursion-dense",
            "young-convolution",
            "attention-errors",
        ),
    )
