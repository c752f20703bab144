"""The relaxed bound against exact evaluation: corners, breakpoints, linear networks, images."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest

from slt_theory.data import shipped_target
from slt_theory.networks import Conv, Dense, Geometry, Network, Operator, parse_activation
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets import build_ticket, verify
from slt_theory.tickets.checking.absolute_sums import largest_absolute_sum, on_unit
from slt_theory.tickets.checking.error_bound import Gap, deviation_ranges
from slt_theory.tickets.checking.mean_and_spread import split_layers
from slt_theory.tickets.checking.neuron_bounds import Neurons
from slt_theory.tickets.checking.relaxation import relaxed_bound
from slt_theory.tickets.checking.unrolled import (
    SourceMap,
    copies_of_values,
    final_layers,
    run_source,
    target_maps,
)
from slt_theory.tickets.domain import Box, Inputs, Region, parse_domain


def lattice(rng: random.Random, *shape: int, size: float = 1.0) -> np.ndarray:
    """Multiples of 2^-10."""
    count = int(np.prod(shape))
    numbers = [rng.randint(-int(size * 1024), int(size * 1024)) / 1024 for _ in range(count)]
    return np.array(numbers).reshape(shape)


class Planted:
    """A target, and a source network made of copies whose weights miss it by a little."""

    def __init__(self, seed, target: Network, copies: int, *, two_sided: bool = False) -> None:
        rng = random.Random(seed)
        self.target, self.gaps, self.maps = target, [], []
        last = final_layers(target)
        out = [1 if k in last else copies for k in range(target.depth)]
        there = copies_of_values(target, out)
        for k in range(target.depth):
            weight = target.coefficients(k)
            outputs, taps, inputs = weight.shape
            many_in, many_out = there[target.inputs_of_layers[k]], out[k]
            rows = np.repeat(weight, many_out, axis=0)
            error = lattice(rng, *rows.shape, size=0.08)
            wiring = lattice(rng, *rows.shape, many_in, size=0.5)
            wiring[..., 0] += rows + error - wiring.sum(axis=-1)
            wiring = wiring.reshape(rows.shape[0], taps, inputs * many_in)
            other = error + lattice(rng, *error.shape, size=0.05) if two_sided else error
            constant = lattice(rng, rows.shape[0], size=0.05)
            unrolling = target.unrolling(k)
            along, positive = Operator(wiring, unrolling), Operator(error, unrolling)
            negative = Operator(other, unrolling) if two_sided and not k else positive
            below = Operator(rows + other, unrolling) if two_sided and not k else along
            bias = target.biases[k]
            base = np.zeros(outputs) if bias is None else bias
            self.gaps.append(Gap(along, positive, negative, constant, 0.0, many_out))
            shifted = np.repeat(base, many_out) + constant
            self.maps.append(SourceMap(along, below, shifted, many_in, many_out))

    def differences(self, x: np.ndarray) -> np.ndarray:
        """Ticket minus target; exact where all numbers are short."""
        ours = run_source(self.target, self.maps, x)[-1]
        return ours - run_source(self.target, target_maps(self.target), x)[-1]

    def interval(self, domain: str | Region) -> float:
        low, high = deviation_ranges(self.target, inputs_of(domain), self.gaps)[-1]
        return float(np.maximum(np.abs(low), np.abs(high)).max())

    def bound(self, domain: str | Region) -> float:
        return relaxed_bound(self.target, inputs_of(domain), self.gaps)


def inputs_of(domain: str | Region) -> Inputs:
    return parse_domain(domain) if isinstance(domain, str) else domain


def dense(seed: int, widths, activation: str = "relu") -> Dense:
    rng = random.Random(seed)
    return Dense(
        [lattice(rng, b, a) for a, b in itertools.pairwise(widths)],
        biases=[lattice(rng, b) for b in widths[1:]],
        activation=parse_activation(activation),
    )


def exact_difference(planted: Planted, x: list[Fraction]) -> Fraction:
    """Largest output error at one input in Fractions, neuron by neuron."""
    slope = Fraction(planted.target.steps[1].activation.slope) if planted.target.depth > 1 else 0
    kind = planted.target.steps[1].activation.kind if planted.target.depth > 1 else "identity"
    slope = {"relu": Fraction(0), "identity": Fraction(1)}.get(kind, slope)

    def layer(matrix, bias, values):
        return [
            sum((Fraction(w) * v for w, v in zip(row, values, strict=True)), Fraction(b))
            for row, b in zip(matrix.tolist(), bias.tolist(), strict=True)
        ]

    def activated(values):
        return [v if v > 0 else slope * v for v in values]

    ours, theirs = x, x
    for k, source in enumerate(planted.maps):
        if k:
            ours, theirs = activated(ours), activated(theirs)
        upper, lower = [max(v, 0) for v in ours], [min(v, 0) for v in ours]
        above = layer(source.positive.matrix, source.bias, upper)
        if source.two_sided:
            below = layer(source.negative.matrix, np.zeros(len(above)), lower)
        else:
            below = layer(source.positive.matrix, np.zeros(len(above)), lower)
        ours = [a + b for a, b in zip(above, below, strict=True)]
        theirs = layer(planted.target.weights[k], planted.target.biases[k], theirs)
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True))


CASES = [
    ((3, 4, 2), 1, "relu", False),
    ((3, 4, 2), 3, "relu", False),
    ((2, 3, 3, 2), 3, "relu", False),
    ((3, 5, 2), 2, "relu", True),
    ((3, 4, 2), 2, "leaky_relu(0.25)", False),
    ((2, 4, 3, 1), 1, "leaky_relu(0.5)", True),
]


@pytest.mark.parametrize("domain", ["box:0,1", "box:-1,1", "box:-2,0.5", "box:1,3", "ball:1.5"])
@pytest.mark.parametrize(("widths", "copies", "activation", "two_sided"), CASES)
def test_no_input_has_more_error_than_the_relaxed_bound(
    domain, widths, copies, activation, two_sided
):
    planted = Planted(3, dense(2, widths, activation), copies, two_sided=two_sided)
    bound = planted.bound(domain)
    assert bound < np.inf
    where, rng = parse_domain(domain), random.Random(1)
    if isinstance(where, Box):
        lo, hi = Fraction(where.lo), Fraction(where.hi)
        ends = [lo, hi, *([Fraction(0)] if lo < 0 < hi else [])]
        inputs = [list(x) for x in itertools.product(ends, repeat=widths[0])]
        inputs += [
            [lo + (hi - lo) * Fraction(rng.randint(0, 64), 64) for _ in range(widths[0])]
            for _ in range(30)
        ]
    else:
        inputs = []
        for _ in range(60):
            x = np.array([rng.gauss(0, 1) for _ in range(widths[0])])
            x *= where.radius * (1 - 2.0**-40) / np.linalg.norm(x)
            inputs.append([Fraction(v) for v in x.tolist()])
    worst = max(exact_difference(planted, x) for x in inputs)
    assert worst <= Fraction(bound)
    assert bound <= planted.interval(domain) * 1.0001


@pytest.mark.parametrize("radius", [0.0, 0.0625, 0.5])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("widths", "copies", "activation", "two_sided"), CASES)
def test_around_an_input_no_error_is_larger_and_at_it_none_is_smaller(
    radius, seed, widths, copies, activation, two_sided
):
    planted = Planted(seed, dense(seed + 9, widths, activation), copies, two_sided=two_sided)
    rng = random.Random(seed)
    middle = lattice(rng, widths[0])
    region = Region(middle - radius, middle + radius)
    bound, interval = planted.bound(region), planted.interval(region)
    ends = list(zip(region.lo.tolist(), region.hi.tolist(), strict=True))
    inputs = [list(x) for x in itertools.product(*ends)]
    inputs += [[lo + (hi - lo) * rng.randint(0, 64) / 64 for lo, hi in ends] for _ in range(20)]
    exact = max(exact_difference(planted, list(map(Fraction, x))) for x in inputs)
    assert exact <= Fraction(bound)
    assert exact <= Fraction(interval)
    if radius == 0:
        assert Fraction(interval) <= exact * (1 + Fraction(1, 10**9))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("copies", [1, 3])
def test_on_a_line_the_exact_maximum_is_below_the_bound(seed, copies):
    """With one input the difference is piecewise linear: its maximum sits at a breakpoint."""
    planted = Planted(seed, dense(seed + 50, (1, 4, 2)), copies)
    points = {Fraction(-1), Fraction(1), Fraction(0)}
    layers = [(planted.target.weights[0], planted.target.biases[0])]
    layers.append((planted.maps[0].positive.matrix, planted.maps[0].bias))
    for weight, bias in layers:
        for w, b in zip(weight[:, 0].tolist(), bias.tolist(), strict=True):
            if w and abs(b) <= abs(w):
                points.add(-Fraction(b) / Fraction(w))
    exact = max(exact_difference(planted, [x]) for x in points)
    bound = planted.bound("box:-1,1")
    assert exact <= Fraction(bound)
    assert bound <= planted.interval("box:-1,1") * 1.001


@pytest.mark.parametrize("copies", [1, 4])
@pytest.mark.parametrize("domain", ["box:0,1", "box:-1,2"])
def test_a_linear_network_is_bounded_exactly(copies, domain):
    """Without kinks everything cancels that can: the bound is the maximum itself."""
    planted = Planted(5, dense(4, (4, 6, 5, 2), "identity"), copies)
    where = parse_domain(domain)
    ends = [Fraction(where.lo), Fraction(where.hi)]
    exact = max(exact_difference(planted, list(x)) for x in itertools.product(ends, repeat=4))
    bound = Fraction(planted.bound(domain))
    assert exact <= bound <= exact * (1 + Fraction(1, 10**9))
    assert planted.interval(domain) > 1.2 * float(exact)


def test_neurons_whose_sign_is_known_are_linear():
    target = dense(6, (3, 4, 2))
    target = Dense(target.weights, biases=[np.full(4, 8.0), target.biases[1]])
    planted = Planted(6, target, 3)
    exact = max(
        exact_difference(planted, [Fraction(v) for v in x])
        for x in itertools.product((0, 1), repeat=3)
    )
    bound = Fraction(planted.bound("box:0,1"))
    assert exact <= bound <= exact * (1 + Fraction(1, 10**9))


@pytest.mark.parametrize("activation", ["relu", "leaky_relu(0.25)", "tanh", "sigmoid"])
def test_what_a_linear_function_leaves_out_of_a_neuron(activation):
    rng = random.Random(3)
    function = parse_activation(activation)
    for _ in range(60):
        low, high = sorted((rng.uniform(-2, 2), rng.uniform(-2, 2)))
        p, q = sorted((rng.uniform(-1, 1), rng.uniform(-1, 1)))
        ranges = [(np.array([a]), np.array([b])) for a, b in ((low, high), (p, q))]
        neurons = Neurons.of(function, ranges[0], ranges[1], None)
        a, e, d, z = (np.array([[rng.uniform(-1, 1)]]) for _ in range(4))
        left, slip, _ = neurons.left(a, e, d, z)
        values = np.linspace(low, high, 41)[:, None]
        errors = np.linspace(p, q, 41)[None, :]
        delta = function(values + errors) - function(values)
        gains = a * delta + e * function(values) - d * errors - z * values
        # The grid's own rounding is far below 1e-12.
        assert float(gains.max()) <= float(left[0] + slip[0]) + 1e-12
        if function.kind in ("relu", "leaky_relu"):
            # Slopes are at most 4, steps of the grid at most 0.1.
            assert float(left[0]) <= float(gains.max()) + 0.5


@pytest.mark.parametrize("domain", ["box:0,1", "box:-1,3", "ball:2"])
def test_sums_of_absolute_values_against_every_corner(domain):
    where, rng = parse_domain(domain), np.random.default_rng(7)
    for size in (1, 3, 8):
        rows, constant = rng.normal(size=(20, size)), rng.normal(size=20)
        bound = largest_absolute_sum([on_unit(rows, constant, where)], where)
        if isinstance(where, Box):
            corners = np.array(list(itertools.product((where.lo, where.hi), repeat=size)))
        else:
            corners = rng.normal(size=(4000, size))
            corners *= where.radius / np.linalg.norm(corners, axis=1, keepdims=True)
        worst = np.abs(corners @ rows.T + constant).sum(axis=1).max()
        assert worst <= bound * (1 + 1e-12)
        assert bound <= 1.6 * worst


def test_means_and_spreads_add_up_exactly():
    planted = Planted(1, dense(1, (3, 4, 2)), 3)
    layers = split_layers(planted.target, planted.gaps)
    for layer, gap in zip(layers, planted.gaps, strict=True):
        if layer.spread is None:
            assert layer.mean is gap
            continue
        mean = np.repeat(layer.mean.positive.coefficients, gap.copies, axis=0)
        assert np.array_equal(mean + layer.spread.positive.coefficients, gap.positive.coefficients)
        share = layer.spread.positive.coefficients.reshape(-1, gap.copies, 1, 3)
        assert np.abs(share.mean(axis=1)).max() < 2.0**-40
    # A mean that would have to be rounded is refused.
    odd = Operator(np.array([[[1.0]], [[2.0**-60]]]), planted.target.unrolling(0))
    gap = Gap(odd, odd, odd, np.zeros(2), 0.0, 2)
    assert split_layers(Dense([[[1.0]]]), [gap]) is None


@pytest.mark.parametrize("pool_kind", ["max", "average"])
@pytest.mark.parametrize("copies", [1, 2])
def test_images(pool_kind, copies):
    """Numbers are short enough for float64 to evaluate both networks exactly."""
    rng = random.Random(8)
    target = Conv(
        [lattice(rng, 2, 1, 3, 3), lattice(rng, 2, 2, 3, 3), lattice(rng, 2, 8)],
        biases=[lattice(rng, 2), lattice(rng, 2), None],
        geometry=[Geometry(pool=2, pool_kind=pool_kind), Geometry()],
        input_shape=(1, 4, 4),
    )
    planted = Planted(9, target, copies)
    words = words32(1, stream_id(Purpose.INPUTS, 0), 0, 400 * 16).reshape(400, 16)
    inputs = np.concatenate([words[:200] >> 31, (words[200:] >> 28) / 16])
    bound = planted.bound("box:0,1")
    assert np.abs(planted.differences(inputs)).max() <= bound
    assert bound <= planted.interval("box:0,1")
    for x, error in zip(inputs[195:205], planted.differences(inputs[195:205]), strict=True):
        largest = np.abs(error).max()
        point = planted.interval(Region(x, x))
        assert largest <= point <= largest * (1 + 1e-9)
        assert largest <= planted.bound(Region(x, x))


@pytest.mark.parametrize(
    ("theorem", "options"),
    [("pensia2020-two-layer", {}), ("burkholz2022-depth", {"signs": "needed"})],
)
def test_on_the_digits_network_bound_and_truth_are_within_five(theorem, options):
    target = shipped_target("digits_mlp")
    ticket = build_ticket(target, theorem=theorem, eps=Fraction(1, 20), seed=0, **options)
    check = verify(ticket, target)
    assert check.ok, check.failures
    bounds = ticket.certificate["sup_error_bounds"]
    assert check.sup_error_bound == bounds["relaxation"] < bounds["interval"]
    assert check.sup_error_found <= check.sup_error_bound <= 5 * check.sup_error_found
