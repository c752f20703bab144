"""What the proof kernel checks: the statements, what each covers, and what it does not."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "BINS",
    "NETWORK",
    "ROWS",
    "STATEMENTS",
    "DrawnNetwork",
    "KernelStatement",
    "Row",
    "behind",
]

BINS = 256
"""Bins of half the law in the reach floor: its statements hold where M is a multiple of this."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question about U[-1,1], answered from both sides.

    With probability at least ``1 - delta`` every target of [-1/2, 1/2] is within ``2 eps`` of a
    subset sum: `enough` items suffice, and no number below `needed` does.
    """

    eps: Fraction
    delta: Fraction
    enough: int
    needed: int

    @property
    def name(self) -> str:
        """``Row_100_1000`` for 1/100 and 1/1000."""
        return f"Row_{self.eps.denominator}_{self.delta.denominator}"


def _row(eps: int, delta: int, enough: int, needed: int) -> Row:
    return Row(Fraction(1, eps), Fraction(1, delta), enough, needed)


ROWS = (
    _row(10, 10, 17, 7),
    _row(10, 100, 26, 11),
    _row(20, 20, 24, 9),
    _row(50, 50, 32, 11),
    _row(50, 100, 34, 12),
    _row(100, 10, 29, 8),
    _row(100, 100, 37, 12),
    _row(200, 200, 44, 14),
    _row(500, 500, 52, 16),
    _row(1000, 1000, 58, 17),
)


@dataclass(frozen=True, slots=True)
class DrawnNetwork:
    """A two-layer source every weight of which is drawn, for a dense ReLU layer.

    With probability at least ``1 - failure`` it contains every matrix with entries in [-1, 1]
    within ``error * sum |x_j|``: of `candidates` hidden units for each input, sign and part
    `products` have a large first weight, and `enough` of their products do for a sum.
    """

    inputs: int
    outputs: int
    error: Fraction
    failure: Fraction
    enough: int
    products: int
    candidates: int

    @property
    def units(self) -> int:
        """Hidden units: 8 d N."""
        return 8 * self.inputs * self.candidates

    @property
    def eps(self) -> Fraction:
        """Error of a part; the rest of a quarter is for the rounding of up to 2^11 products."""
        return self.error / 4 - Fraction(1, 1 << 14)

    @property
    def few(self) -> Fraction:
        """Chance of too few large first weights: 8 d of them are half of the failure."""
        return self.failure / (16 * self.inputs)

    @property
    def share(self) -> Fraction:
        """Failure of one sum of products: 8 d p of them are half of the failure."""
        return self.failure / (16 * self.inputs * self.outputs)

    @property
    def delta(self) -> Fraction:
        """Failure of one sum of items: half of `share`, the other half is for their number."""
        return self.share / 2


NETWORK = DrawnNetwork(10, 10, Fraction(1, 100), Fraction(1, 100), 75, 215, 1103)


@dataclass(frozen=True, slots=True)
class KernelStatement:
    """A theorem that the kernel has checked.

    Attributes
    ----------
    id, title : str
    words : str
        The statement, with LaTeX.
    theorems : tuple of str
        Its names in Rocq, with their files.
    not_covered : str
        What a reader might take it for, and it is not.
    entries : tuple of str
        Catalogue entries behind which it stands.
    """

    id: str
    title: str
    words: str
    theorems: tuple[str, ...]
    not_covered: str
    entries: tuple[str, ...]

    @property
    def covers(self) -> str:
        """The title and the theorem that says it, in one line."""
        return f"{self.title} ({self.theorems[0]})"


_LATTICE = (
    "draws are uniform on 0 .. 4M - 1 and items k/M with k = -M + ((r + 1) >> 1), the law that "
    "the toolkit samples"
)

STATEMENTS = (
    KernelStatement(
        "kernel-window",
        "The process on a window: exact chance, expected growth, growth at most double",
        rf"On a half-open window of M points, C any set of its points and z in it ({_LATTICE}): "
        r"$P(z - X \in C) = |C|/(2M)$; the covered set grows in the mean by exactly "
        r"$|C|(M - |C|)/(2M)$, and never to more than double.",
        ("Window.chance", "Window.gain", "Window.doubles"),
        "windows that are closed at both ends or longer than M points",
        ("dacunha2023-expectation",),
    ),
    KernelStatement(
        "kernel-dynamic-program",
        "Random subset sum for U[-1,1] on [-1/2, 1/2], certified n of the dynamic program",
        r"For ten pairs $(\epsilon, \delta)$, (1/100, 1/100) with n = 37 among them, and every "
        rf"even $M \ge 2^{{20}}$ ({_LATTICE}): all but a fraction $\delta$ of the $(4M)^n$ samples "
        r"reach every rational target of $[-1/2, 1/2]$ within $2\epsilon$.",
        ("Checker.check_sound", *(f"{row.name}.enough" for row in ROWS)),
        "every eps and delta (see kernel-logarithmic-sums), the window [-1, 1], laws other than "
        "U[-1,1] on a lattice, and the numbers of certified_n, which uses longer windows and other "
        "processes",
        ("lueker1998-rss", "slt-rss-explicit"),
    ),
    KernelStatement(
        "kernel-reach-floor",
        "The reach floor: a necessary n for the same ten questions",
        r"If n items do what the dynamic program's rows say, on a lattice whose M is a multiple "
        rf"of {BINS}, then n is at least the necessary number; at $\epsilon = \delta = 1/100$ it "
        "is 12.",
        ("Floor.necessary", *(f"{row.name}.needed" for row in ROWS)),
        "that the necessary number is enough: the window from it to the certified n is open",
        ("lueker1998-rss",),
    ),
    KernelStatement(
        "kernel-wide-window",
        "Random subset sum for U[-1,1] on all of [-1, 1]",
        r"If n items do on $[-1/2, 1/2]$ with error $2\epsilon$ and failure $\delta$, then T n "
        r"items do on $[-T/2, T/2]$ with error $2T\epsilon$ and failure $T\delta$; T = 2 gives all "
        r"of $[-1, 1]$: 104 items for error 1/125 and failure 1/250.",
        ("Explicit.wide", "Claims.wide_500_500"),
        "a number of items near the certified n of [-1, 1]: blocks cost a factor of about two",
        ("lueker1998-rss",),
    ),
    KernelStatement(
        "kernel-lemma-r",
        "Lemma R on the lattice, for every number of items",
        r"For M even, $e \ge 0$ and $g \ge 1$ with $e + g \le 2 \epsilon M \le M/2$, and $a + b$ "
        r"items: if $(7/8)^a M/(2(2e+1)) + (3/4)^b M/(2g) \le \delta$, all but a fraction $\delta$ "
        r"of the samples reach every rational target of $[-1/2, 1/2]$ within $2\epsilon$.",
        ("LemmaR.lemma_r",),
        "the choice of a and b, left to the reader (see kernel-logarithmic-sums)",
        ("lueker1998-rss", "slt-lemma-r"),
    ),
    KernelStatement(
        "kernel-products",
        "Sums of products of fixed first weights, at least 1/2, and random second weights",
        r"If m items of U[-1,1] on the lattice of M/2 do, then of n products with any first "
        r"weights k/M in $[1/2, 1]$ all but a fraction $\delta + P(\mathrm{Bin}(n, 1/2) < m)$ of "
        r"the samples reach every rational target of $[-1/4, 1/4]$ within $\epsilon + n/(2M)$.",
        ("Products.products_suffice", "Claims.products_1000_1000"),
        "random first weights (see kernel-random-layer)",
        ("pensia2020-product-law",),
    ),
    KernelStatement(
        "kernel-dense-layer",
        "One dense ReLU layer inside a random two-layer network with first weights +-1",
        r"If n items do for one sum, then all but a fraction $4 d p \delta$ of the sources with d "
        r"inputs, p outputs, $4 n d$ hidden units, first weights $\pm 1$ and random second weights "
        r"contain, for every $p \times d$ matrix W with entries in $[-1, 1]$ at once, masks with "
        r"$|f_i(x) - (W x)_i| \le 4 \epsilon \sum_j |x_j|$ for all rational x and all outputs i, "
        r"before and after a ReLU. With n explicit by Lemma R for all d and p, and two instances.",
        (
            "Layer.dense_layer",
            "Explicit.explicit_layer",
            "Claims.layer_2_2",
            "Claims.layer_10_10",
        ),
        "other first weights (see kernel-product-layer), more than one layer, biases, and the "
        "spectral norm",
        ("pensia2020-two-layer",),
    ),
    KernelStatement(
        "kernel-product-layer",
        "One dense ReLU layer with any first weights of at least 1/2: Pensia's products",
        r"As kernel-dense-layer, with $8 n d$ hidden units whose first weight for their own input "
        r"is any number of $[1/2, 1]$ or $[-1, -1/2]$, half of them each, and whose other first "
        r"weights are arbitrary: all but a fraction $8 d p \delta'$ of the second weights give, "
        r"for every W at once, masks with error $4 (\epsilon + n/(2M)) \sum_j |x_j|$, where "
        r"$\delta' \ge \delta + P(\mathrm{Bin}(n, 1/2) < m)$ and m items do for one sum.",
        ("Pensia.product_layer", "Claims.product_layer_2_2"),
        "random first weights (see kernel-random-layer), more than one layer, biases, and the "
        "spectral norm",
        ("pensia2020-two-layer",),
    ),
    KernelStatement(
        "kernel-random-layer",
        "One dense ReLU layer inside a random two-layer network, every weight of which is drawn",
        r"A source with d inputs, p outputs and $8 d N$ hidden units, all of whose $8 d (d + p) N$ "
        r"weights are drawn: all but a fraction $8 d \tau + 8 d p \delta'$ of the draws give, for "
        r"every $p \times d$ matrix W with entries in $[-1, 1]$ at once, masks with "
        r"$|f_i(x) - (W x)_i| \le 4 (\epsilon + n/(2M)) \sum_j |x_j|$ for all rational x and all "
        r"outputs i, before and after a ReLU. Here $\tau \ge P(\mathrm{Bin}(N, 1/4) < n)$, "
        r"$\delta' \ge \delta + P(\mathrm{Bin}(n, 1/2) < m)$, and m items do for one sum. An "
        rf"instance: {NETWORK.inputs} inputs, {NETWORK.outputs} outputs, {NETWORK.units:,} hidden "
        rf"units, error {NETWORK.error}, failure {NETWORK.failure}.",
        ("Random.random_layer", "Random.place_distinct", "Network.network"),
        "more than one layer, biases, the spectral norm, and a form with logarithms (see "
        "kernel-logarithmic-network)",
        ("pensia2020-two-layer",),
    ),
    KernelStatement(
        "kernel-logarithmic-sums",
        "Lueker's theorem for U[-1,1] with one constant: 8 log2(2/(eps delta)) items",
        r"For M even, $k \ge 2$, $2^k \le M$, $\epsilon \ge 2^{-k}$, $\delta \ge 2^{-j}$ and "
        r"$3 r \ge k + j + 1$: all but a fraction $\delta$ of the samples of $24 r$ items reach "
        r"every rational target of $[-1/2, 1/2]$ within $2\epsilon$.",
        ("Logarithms.logarithmic_sums",),
        "a constant near the least one (Lemma R and the dynamic program give smaller numbers), the "
        "window [-1, 1] (see kernel-wide-window), and laws other than U[-1,1] on a lattice",
        ("lueker1998-rss",),
    ),
    KernelStatement(
        "kernel-logarithmic-network",
        "The theorem of Pensia et al. for one dense ReLU layer, with one constant",
        r"For $2^k \ge d p$, errors and failures of at least $2^{-k}$, and "
        r"$61 (k + 3) 2^{k+3} \le 2 M$, M a multiple of 4: all but the failure of the draws of all "
        r"weights of a source with d inputs, $2344 d (k + 3)$ hidden ReLU units and p outputs "
        r"give, for every $p \times d$ matrix W with entries in $[-1, 1]$ at once, masks with "
        r"$|f_i(x) - (W x)_i|$ at most the error times $\sum_j |x_j|$, before and after a ReLU.",
        ("Logarithms.logarithmic_network",),
        "a constant near the least one (kernel-random-layer gives smaller numbers), errors below "
        "the lattice's (k up to 12 at 24 bits), more than one layer, biases, and the spectral norm",
        ("pensia2020-two-layer",),
    ),
)


def behind(entry: str) -> tuple[KernelStatement, ...]:
    """The statements that stand behind an entry of the catalogue, by its id."""
    return tuple(one for one in STATEMENTS if entry in one.entries)
