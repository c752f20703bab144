"""Certified numbers: values, monotonicity, names of proofs, bad input."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from slt_theory import proofs
from slt_theory.certified import METHODS, certified_n, counting_n, frozen_n
from slt_theory.certified.components import components, read_law
from slt_theory.certified.dynamic import SHARE_BITS, Window, known_shares
from slt_theory.certified.exact import ONE
from slt_theory.certified.networks import (
    attention_widths,
    convolution_widths,
    deep_widths,
    dense_widths,
)
from slt_theory.certified.ordered import ordered_failure
from slt_theory.errors import BadInput

HALF = {"lo": "-1/2", "hi": "1/2"}


def lemma_r_formula(e: float, delta: float) -> int:
    first = math.log(1 / (2 * e * delta)) / math.log(8 / 7)
    second = math.log(1 / (e * delta)) / math.log(4 / 3)
    return math.ceil(first) + math.ceil(second)


@pytest.mark.parametrize(
    ("e", "delta", "n"),
    [
        ("0.1", "0.1", 47),
        ("0.1", "0.01", 72),
        ("0.01", "0.01", 97),
        ("0.001", "0.01", 123),
        ("0.001", "0.001", 148),
    ],
)
def test_lemma_r_beats_its_even_split(e: str, delta: str, n: int) -> None:
    assert lemma_r_formula(float(e), float(delta)) == n
    found = certified_n(2 * Fraction(e), delta, **HALF, method="lemma-r")
    assert found is not None
    # The best split of the items is never worse than an even split of delta.
    assert n - 3 <= found.n <= n


def test_dynamic_program_at_the_reference_point() -> None:
    found = certified_n("1/50", "1/100", **HALF)
    assert found is not None
    assert found.n <= 37
    assert certified_n(0.01, 0.01, lo=-0.5, hi=0.5).n <= 104  # type: ignore[union-attr]


@pytest.mark.parametrize("law", ["uniform", "uniform*uniform", "normal"])
def test_monotone(law: str) -> None:
    table = [
        [certified_n(eps, delta, law=law).n for delta in (0.2, 0.1, 0.02)]  # type: ignore[union-attr]
        for eps in (0.2, 0.1, 0.05)
    ]
    for row in table:
        assert row == sorted(row)
    for column in zip(*table, strict=True):
        assert list(column) == sorted(column)


def test_window_grows() -> None:
    sizes = [certified_n("1/10", "1/10", lo=-h, hi=h).n for h in (Fraction(1, 4), 1, 2)]  # type: ignore[union-attr]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("law", ["uniform", "normal", "relu(uniform)*uniform", "0.5*uniform"])
def test_every_number_names_its_proof(law: str) -> None:
    found = certified_n("1/10", "1/10", law=law)
    assert found is not None
    assert found.proof in proofs.IDS
    assert set(found.rests_on) <= set(proofs.IDS)
    assert found.method in METHODS
    assert found.error == 0.1
    assert str(found.n) in found.summary()


def test_certified_is_above_counting() -> None:
    for eps in (0.1, 0.01):
        assert certified_n(eps, 0.1).n >= counting_n(eps, delta=0.1).n  # type: ignore[union-attr]


def test_scale_is_scaling() -> None:
    plain = certified_n("1/10", "1/10", lo=-1, hi=1, method="dynamic-program")
    scaled = certified_n("1/5", "1/10", lo=-2, hi=2, law="2*uniform", method="dynamic-program")
    assert plain is not None
    assert scaled is not None
    assert plain.n == scaled.n


def test_one_error_covers_the_window() -> None:
    assert certified_n(1, 0.1).n == 0  # type: ignore[union-attr]


def test_a_window_within_eps_needs_no_items() -> None:
    for law in ("uniform", "bernoulli(0.3)*uniform", "relu(uniform)*uniform"):
        found = certified_n("0.9", "0.2", lo="0.2", hi="0.9", law=law)
        assert found is not None
        assert found.n == 0


def test_numpy_numbers() -> None:
    plain = certified_n(0.1, 0.1)
    assert certified_n(np.float64(0.1), np.float64(0.1)) == plain


@pytest.mark.parametrize("stop", ["1/100", "1/3", "1/16777217", "1/99999999"])
def test_states_round_the_stop_down(stop: str) -> None:
    """A share behind the last state leaves less than `stop`: nothing there may fail."""
    window = Window(Fraction(stop) / 3, Fraction(stop))
    one = 1 << SHARE_BITS
    assert Fraction(one - int(known_shares(window, 24)[-1]), one) <= Fraction(stop)


def test_growth_above_one_is_refused() -> None:
    with pytest.raises(BadInput, match="kappa"):
        Window(Fraction(1, 10), Fraction(1, 10), kappa=Fraction(3, 2))


@pytest.mark.parametrize("longest", [30, 41, 60, 96])
def test_ordered_sums_do_not_depend_on_the_longest_n(longest: int) -> None:
    eps, one = Fraction(1, 10), Fraction(1)
    rows = ordered_failure("uniform*uniform", one, eps, -one, one, longest)
    longer = ordered_failure("uniform*uniform", one, eps, -one, one, 120)
    assert list(rows) == sorted(rows, reverse=True)
    for a, b in zip(rows, longer, strict=False):
        assert abs(a - b) <= ONE >> 28


def test_ordered_sums_refuse_sizes_beyond_their_error_count() -> None:
    with pytest.raises(BadInput, match="longest"):
        ordered_failure("uniform", Fraction(1), Fraction(1, 10), Fraction(-1), Fraction(1), 1001)


def test_unknown_law_has_no_number() -> None:
    assert certified_n(0.1, 0.1, law="cauchy") is None


class Custom:
    """A law that vouches for its density."""

    name = "mine"

    def density_floor(self, half_width: Fraction) -> Fraction:
        return Fraction(1, 2) if half_width <= 1 else Fraction(0)


def test_custom_law_equals_uniform() -> None:
    mine = certified_n("1/10", "1/10", law=Custom(), method="dynamic-program")
    named = certified_n("1/10", "1/10", method="dynamic-program")
    assert mine is not None
    assert named is not None
    assert mine.n == named.n


def test_names_are_read() -> None:
    assert read_law("bernoulli(0.5)*0.5*uniform*relu(uniform)") == (
        "relu(uniform)*uniform",
        Fraction(1, 2),
        Fraction(1, 2),
    )
    (row,) = components("uniform[-1,2]")
    assert (row.half_width, row.weight) == (1, Fraction(2, 3))
    assert components("uniform[1,2]") == ()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"eps": 0, "delta": 0.1}, "eps"),
        ({"eps": math.nan, "delta": 0.1}, "eps"),
        ({"eps": 0.1, "delta": 1}, "delta"),
        ({"eps": 0.1, "delta": math.inf}, "delta"),
        ({"eps": 0.1, "delta": 0.1, "lo": 1, "hi": 0}, "lo"),
        ({"eps": 0.1, "delta": 0.1, "method": "magic"}, "method"),
        ({"eps": 0.1, "delta": 0.1, "law": "0*uniform"}, "law"),
        ({"eps": 0.1, "delta": 0.1, "law": "bernoulli(x)*uniform"}, "law"),
    ],
)
def test_bad_input(arguments: dict[str, object], name: str) -> None:
    eps, delta = arguments.pop("eps"), arguments.pop("delta")
    with pytest.raises(BadInput) as caught:
        certified_n(eps, delta, **arguments)  # type: ignore[arg-type]
    assert caught.value.argument == name


def test_frozen() -> None:
    half = frozen_n("1/10", "1/10", free="1/2", locked=0)
    locked = frozen_n("1/10", "1/10", free="1/2", locked="1/2")
    assert half is not None
    assert locked is not None
    assert locked.n > half.n
    assert locked.proof == "frozen-lemma"
    with pytest.raises(BadInput):
        frozen_n("1/10", "1/10", free="3/4", locked="1/2")


def test_networks() -> None:
    dense = dense_widths((3, 2, 2), "1/2", "1/2")
    conv = convolution_widths((1, 2), 3, "1/2", "1/2")
    deep = deep_widths((2, 2, 1), "1/2", "1/2")
    heads = attention_widths(d_in=2, d_out=2, heads=1, radius=2, network_eps="1/2", delta="1/2")
    for found in (dense, conv, deep, heads):
        assert found is not None
        assert {found.proof, *found.rests_on} <= set(proofs.IDS)
        assert all(w > 0 for w in found.widths)
    with pytest.raises(BadInput, match="network_eps"):
        dense_widths((3, 2), 2, "1/2")
    with pytest.raises(BadInput, match="dims"):
        dense_widths((3,), "1/2", "1/2")
