"""Laws against integer references: exact distributions, products, masks, names, densities."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from slt_theory.errors import BadInput
from slt_theory.laws import Law, Masked, Normal, Product, ReLU, Scaled, Uniform, parse_law
from slt_theory.statistics import binomial_alarm
from slt_theory.streams import words32

ALL_LAWS = [
    Uniform(),
    Uniform(bits=24),
    Uniform(0, "1/2"),
    Uniform("-1/3", 2, bits=20),
    Uniform(-2, 2, bits=30),
    Uniform(-100, 100, bits=24),
    Normal(),
    Normal(24),
    ReLU(Uniform()),
    ReLU(Normal()),
    Product(Uniform(), Uniform()),
    Product(ReLU(Uniform()), Uniform()),
    Product(Normal(), Normal()),
    Product(Uniform(), Normal()),
    Product(Uniform(), Uniform(), Uniform()),
    Masked(Uniform(), 0.3),
    Masked(Product(Uniform(), Uniform()), Fraction(1, 3)),
    Scaled(Uniform(), Fraction(1, 3)),
    Scaled(Product(ReLU(Uniform()), Uniform()), 2),
    ReLU(Product(Uniform(), Uniform())),
    ReLU(Scaled(Uniform(), Fraction(1, 2))),
]

UNIFORMS = [law for law in ALL_LAWS if isinstance(law, Uniform)]


def ids(law: Law) -> str:
    return f"{law.name}@{law.bits}"


def slow_uniform(law: Uniform, word: int, width: int) -> int:
    """low + round-half-up(word / 2^width * (high - low)), on a grid of half steps."""
    low, high = (end / law.unit for end in law.support)
    half_steps = math.floor(Fraction(word, 2**width) * 2 * (high - low))
    return int(low) + (half_steps + 1) // 2


@pytest.mark.parametrize("law", UNIFORMS, ids=ids)
def test_a_uniform_draw_is_the_rounding_of_its_word(law):
    count, width = 400, 32 * law.slots
    words = words32(3, 1, 0, count * law.slots).reshape(count, law.slots)
    extremes = np.array([[0] * law.slots, [2**32 - 1] * law.slots], dtype=np.uint32)
    words = np.concatenate([words, extremes])
    slow = [
        slow_uniform(law, sum(int(w) << (32 * i) for i, w in enumerate(row)), width)
        for row in words
    ]
    assert law.integers(words).tolist() == slow


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
@pytest.mark.parametrize("ends", [(-1, 1), (0, 1), (-1, 3), ("-1/4", 1)])
def test_every_lattice_point_has_the_right_number_of_words(bits, ends):
    """All leading bits of a word are enumerated: inner points 2 half steps, ends 1."""
    law = Uniform(*ends, bits=bits)
    low, high = (int(end / law.unit) for end in law.support)
    steps = 2 * (high - low)
    words = np.array([(2**32 * k + steps - 1) // steps for k in range(steps)], dtype=np.uint64)
    first = law.integers(words.astype(np.uint32)[:, None])
    last = law.integers(np.append(words[1:] - 1, 2**32 - 1).astype(np.uint32)[:, None])
    # Every half step is one interval of words, and they differ by at most one word in length.
    assert first.tolist() == last.tolist()
    counts = Counter(first.tolist())
    assert counts == {k: 1 if k in (low, high) else 2 for k in range(low, high + 1)}


def test_the_brief_definition_of_the_standard_uniform():
    """r = word >> (W - q - 2); k = ((r + 1) >> 1) - 2^q."""
    for q, width in ((24, 32), (30, 32), (31, 64), (52, 64)):
        law = Uniform(bits=q)
        assert law.slots == width // 32
        words = words32(5, 0, 0, 200 * law.slots).reshape(200, law.slots)
        for row, k in zip(words, law.integers(words).tolist(), strict=True):
            word = sum(int(w) << (32 * i) for i, w in enumerate(row))
            assert k == (((word >> (width - q - 2)) + 1) >> 1) - 2**q


@pytest.mark.parametrize("law", UNIFORMS, ids=ids)
def test_coupling_bounds_the_distance_of_a_uniform_to_what_it_rounds(law):
    width = 32 * law.slots
    words = words32(8, 2, 0, 300 * law.slots).reshape(300, law.slots)
    for row, k in zip(words, law.integers(words).tolist(), strict=True):
        word = sum(int(w) << (32 * i) for i, w in enumerate(row))
        # The real draw lies anywhere in the word's interval.
        for u in (Fraction(word, 2**width), Fraction(word + 1, 2**width)):
            assert abs(k * law.unit - (law.lo + u * (law.hi - law.lo))) <= law.coupling


@pytest.mark.parametrize("law", ALL_LAWS, ids=ids)
def test_any_draw_can_be_had_alone_and_lies_in_the_support(law):
    draws = law.sample(11, 7, 0, 600)
    assert draws.dtype == np.int64
    assert law.sample(11, 7, 123, 50).tolist() == draws[123:173].tolist()
    places = np.array([[599, 0], [5, 5]])
    assert law.sample_at(11, 7, places).tolist() == draws[places].tolist()
    rows = law.sample_rows(11, np.array([7, 8], dtype=np.uint64), 20)
    assert rows[0].tolist() == draws[:20].tolist()
    assert rows[1].tolist() == law.sample(11, 8, 0, 20).tolist()
    low, high = law.support
    assert low <= int(draws.min()) * law.unit
    assert int(draws.max()) * law.unit <= high


def test_a_product_multiplies_the_integers_of_its_factors():
    for law in (
        Product(Uniform(), Uniform()),
        Product(ReLU(Uniform()), Uniform()),
        Product(Uniform(), Normal(), Uniform()),
        Product(Normal(), Normal()),
    ):
        words = words32(1, 1, 0, 100 * law.slots).reshape(100, law.slots)
        slow = [1] * 100
        used = 0
        for factor in law.factors:
            part = factor.integers(words[:, used : used + factor.slots]).tolist()
            slow = [a * b for a, b in zip(slow, part, strict=True)]
            used += factor.slots
        assert used == law.slots
        assert law.integers(words).tolist() == slow
        assert law.bits == 48


def test_relu_moves_the_negative_half_to_zero():
    base, law = Uniform(bits=24), ReLU(Uniform(bits=24))
    plain = base.sample(1, 0, 0, 500).tolist()
    assert law.sample(1, 0, 0, 500).tolist() == [max(x, 0) for x in plain]
    with pytest.raises(BadInput, match="symmetric"):
        ReLU(Uniform(0, 1))


def test_a_mask_reads_its_own_word():
    law = Masked(Uniform(bits=24), 0.25)
    words = words32(1, 0, 0, 1000).reshape(500, 2)
    slow = [
        int(Uniform(bits=24).integers(row[None, :1])[0]) if int(row[1]) < 2**30 else 0
        for row in words
    ]
    assert law.integers(words).tolist() == slow
    assert law.atom == Fraction(3, 4)
    assert Masked(Uniform(), 1).sample(1, 0, 0, 1000).all()


def test_a_scale_changes_the_unit_only():
    base, law = Uniform(bits=24), Scaled(Uniform(bits=24), Fraction(1, 3))
    assert law.sample(1, 0, 0, 9).tolist() == base.sample(1, 0, 0, 9).tolist()
    assert law.unit == base.unit / 3
    assert law.support == (Fraction(-1, 3), Fraction(1, 3))
    assert law.coupling == base.coupling / 3


def test_moments_of_the_support_and_coupling_of_a_product():
    law = Product(Uniform(), Uniform(0, 2))
    assert law.support == (-2, 2)
    step = Fraction(1, 2**25)
    assert law.coupling == (1 + step) * (2 + step) - 2


DENSITIES = [law for law in ALL_LAWS if not isinstance(law, ReLU)] + [
    ReLU(Uniform()),
    ReLU(Normal()),
]


@pytest.mark.parametrize("law", DENSITIES, ids=ids)
def test_densities_integrate_to_what_the_atom_leaves(law):
    """By adaptive quadrature between the kinks; the tolerance is the integrator's own estimate."""
    low, high = (float(end) for end in law.support)
    kinks = sorted(
        {low, 0.0, high, *(float(e) for e in (getattr(law, "lo", 0), getattr(law, "hi", 0)))}
    )
    total = error = 0.0
    for a, b in itertools.pairwise(kinks):
        value, estimate = quad(lambda x: float(law.density(x)), a, b, limit=400, epsabs=1e-10)
        total, error = total + value, error + estimate
    assert abs(total - float(1 - law.atom)) <= error + 1e-9


# Two windows a law; the exact alarm at 1e-9 on both sides sees a mass that is off by 20 %.
WINDOWS = [(0.0, 0.25), (-0.75, -0.25)]
TRIALS = 60_000


@pytest.mark.parametrize("law", DENSITIES, ids=ids)
def test_densities_match_samples(law):
    draws = law.sample(2024, 0, 0, TRIALS) * float(law.unit)
    for a, b in WINDOWS:
        mass = quad(lambda x: float(law.density(x)), a, b, limit=400)[0]
        inside = int(np.count_nonzero((draws > a) & (draws < b)))
        if mass < 1e-3:
            assert mass > 0 or inside == 0
            continue
        # P(inside) >= 0.999 mass: alarm on too few; P(outside) >= 1 - 1.001 mass: on too many.
        few = binomial_alarm(0.999 * mass, 0.8 * mass, TRIALS)
        assert few.power > 0.9 or mass < 0.03
        assert inside > few.threshold
        many = binomial_alarm(1 - 1.001 * mass, 1 - 1.25 * mass, TRIALS)
        assert TRIALS - inside > many.threshold
    zero = int(np.count_nonzero(draws == 0))
    if law.atom:
        alarm = binomial_alarm(float(law.atom), 0.9 * float(law.atom), TRIALS)
        assert alarm.power > 0.9
        assert zero > alarm.threshold
    else:
        assert zero < TRIALS // 1000


def test_the_largest_uniform_component():
    assert Uniform().uniform_component(1) == 1.0
    assert Uniform().uniform_component(0.5) == 0.5
    assert Uniform(0, 1).uniform_component(0.5) == 0.0
    expected = 2 * math.exp(-0.5) / math.sqrt(2 * math.pi)
    assert Normal().uniform_component(1) == expected
    with pytest.raises(BadInput, match="half_width"):
        Uniform().uniform_component(0)


@pytest.mark.parametrize("law", ALL_LAWS, ids=ids)
def test_a_name_reads_back_as_the_same_law(law):
    again = parse_law(law.name)
    assert again.name == law.name
    try:
        again = again.at(law.bits)
    except BadInput:
        assert again.bits == law.bits
    assert (again.support, again.atom, again.unit) == (law.support, law.atom, law.unit)
    assert again.sample(5, 6, 0, 50).tolist() == law.sample(5, 6, 0, 50).tolist()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "uniform*",
        "*uniform",
        "gauss",
        "uniform[1,0]",
        "uniform[0,0]",
        "uniform[nan,1]",
        "uniform[0,inf]",
        "uniform[0,1/0]",
        "uniform[1]",
        "uniform[-1000,1000]",
        "0*uniform",
        "-1*uniform",
        "nan*uniform",
        "1e999999999*uniform",
        "uniform[0,1e999999999]",
        "0.5",
        "bernoulli(2)*uniform",
        "bernoulli(0)*uniform",
        "bernoulli(x)*uniform",
        "relu(uniform",
        "relu(uniform[0,1])",
        "relu(relu(uniform))",
        "uniform*uniform*uniform*uniform*uniform",
        "relu(" * 5000,
        "１*uniform[0,²]",
        None,
        3,
    ],
)
def test_garbage_is_refused_by_name(text):
    with pytest.raises(BadInput):
        parse_law(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="uniformreluboal[](),.*/0123456789e-+ ", max_size=40))
def test_no_text_breaks_the_reader(text):
    try:
        law = parse_law(text)
    except BadInput:
        return
    assert law.sample(1, 0, 0, 3).shape == (3,)


@pytest.mark.parametrize("bits", [0, -3, 53, 70])
def test_lattices_that_a_uniform_cannot_have(bits):
    with pytest.raises(BadInput, match="bits"):
        Uniform(bits=bits)


@pytest.mark.parametrize("bits", [0, 45])
def test_lattices_that_a_normal_cannot_have(bits):
    with pytest.raises(BadInput, match="bits"):
        Normal(bits)
