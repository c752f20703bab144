"""Many boxes at once against exact arithmetic: lines, forms and ranges, in fractions."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from exact_outputs import INPUTS, NET, built, exact, lead

from slt_theory.errors import KernelMismatch
from slt_theory.networks import Conv, Dense, from_layers
from slt_theory.networks.layers import (
    ActivationLayer,
    ConvolutionLayer,
    FlattenLayer,
    LinearLayer,
    PoolLayer,
    Residual,
)
from slt_theory.networks.network import Network
from slt_theory.subset_sum.kernels import linear_forms
from slt_theory.tickets.checking import batch_bounds, batch_forms, neuron_ends, on_boxes
from slt_theory.tickets.checking.batch_bounds import bounds_on_boxes, ranges_on_boxes
from slt_theory.tickets.checking.batch_forms import (
    FormEngine,
    ReluBounds,
    Rows,
    largest_of,
    relu_bounds,
)
from slt_theory.tickets.checking.network_pair import pair_of_networks, pair_of_ticket
from slt_theory.tickets.checking.paired_layers import PairedLayer, paired_layers
from slt_theory.tickets.difference import difference

Row = list[Fraction]
SIZES = (3, 7, 6, 4)


def random_networks(rng: np.random.Generator, gap: float) -> tuple[Dense, Dense]:
    """Two networks whose weights differ by about `gap`."""
    shapes = list(itertools.pairwise(SIZES))
    weights = [rng.normal(0, 0.8, (b, a)) for a, b in shapes]
    biases = [rng.normal(0, 0.3, b) for _, b in shapes]
    moved = [w + rng.normal(0, gap, w.shape) for w in weights]
    return Dense(weights, biases), Dense(moved, [b + rng.normal(0, gap, b.shape) for b in biases])


def layers_of(a: Network, b: Network) -> list[PairedLayer]:
    layers = paired_layers(*pair_of_networks(a, b))
    assert layers is not None
    return layers


def random_boxes(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    lo = rng.uniform(-1, 1, (count, SIZES[0]))
    return lo, lo + rng.choice([0.0, 1e-3, 0.1, 0.5], (count, SIZES[0]))


def fractions(row: np.ndarray) -> Row:
    return [Fraction(number) for number in row.tolist()]


def outputs(network: Dense, x: Row) -> list[Row]:
    """Values before every ReLU, exactly."""
    found = []
    for k, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if k:
            x = [max(v, Fraction(0)) for v in x]
        rows = zip(map(fractions, weight), fractions(bias), strict=True)
        x = [sum((w * v for w, v in zip(row, x, strict=True)), b) for row, b in rows]
        found.append(x)
    return found


def slow_largest(a: Dense, b: Dense, boxes, place: int, box: int, cz: Row, cd: Row) -> Fraction:
    """The bound of one form, by the same lines and without rounding."""
    total = Fraction(0)
    for k in reversed(range(place + 1)):
        w, v = (list(map(fractions, net.weights[k])) for net in (a, b))
        p, q = fractions(a.biases[k]), fractions(b.biases[k])
        numbers = range(len(p))
        total += sum(cz[i] * p[i] + cd[i] * (q[i] - p[i]) for i in numbers)
        inputs = range(len(w[0]))
        ca = [sum(cz[i] * w[i][j] + cd[i] * (v[i][j] - w[i][j]) for i in numbers) for j in inputs]
        ce = [sum(cd[i] * v[i][j] for i in numbers) for j in inputs]
        if k:
            relu = ReluBounds(*(fractions(part[box]) for part in boxes.relus[k - 1]))
            total += sum(max(ca[j], 0) * relu.lift[j] for j in inputs)
            total += sum(ce[j] * (relu.top[j] if ce[j] > 0 else relu.floor[j]) for j in inputs)
            cz = [ca[j] * (relu.chord[j] if ca[j] > 0 else relu.near[j]) for j in inputs]
            cd = [ce[j] * (relu.rise[j] if ce[j] > 0 else relu.fall[j]) for j in inputs]
    low, high = (fractions(end[box]) for end in boxes.ends)
    return total + sum(c * (high[j] if c > 0 else low[j]) for j, c in enumerate(ca))


def undercut(gap: float, seed: int) -> tuple[int, float]:
    """Forms whose float bound is below the exact one, and the largest relative excess."""
    rng = np.random.default_rng(seed)
    a, b = random_networks(rng, gap)
    layers = layers_of(a, b)
    boxes, _, _ = ranges_on_boxes(layers, *random_boxes(rng, 6))
    wrong, excess = 0, 0.0
    for place in range(len(layers)):
        count = 12
        box = rng.integers(0, 6, count)
        cz, cd = rng.normal(0, 1, (2, count, SIZES[place + 1])) * rng.choice([0, 1], (2, count, 1))
        bounds = largest_of(layers, boxes, place, Rows(box, cz, cd)).bound
        for k in range(count):
            slow = slow_largest(a, b, boxes, place, int(box[k]), fractions(cz[k]), fractions(cd[k]))
            wrong += Fraction(bounds[k]) < slow
            excess = max(excess, float(Fraction(bounds[k]) - slow))
    return wrong, excess


@pytest.mark.parametrize("gap", [1e-4, 0.3])
def test_forms_of_floats_are_above_the_same_forms_in_fractions(gap):
    for seed in range(4):
        wrong, excess = undercut(gap, seed)
        assert wrong == 0
        # The charge for rounding is small beside everything that a bound of size 1 is used for.
        assert excess < 1e-9


def ends_below(gap: float, seed: int, how: FormEngine) -> tuple[int, float]:
    """Ends of single neurons inside of those of the exact forms, and the largest excess.

    Without a gap every value is what rounding leaves of 1000 times its size.
    """
    rng = np.random.default_rng(seed)
    a, b = random_networks(rng, gap or 0.1)
    lo, hi = random_boxes(rng, 4)
    if not gap:
        a, x = cancelling(rng, a)
        lo = hi = np.repeat(x[None], 4, axis=0)
    layers = layers_of(a, b)
    boxes, _, _ = ranges_on_boxes(layers, lo, hi, how)
    wrong, excess = 0, 0.0
    for place, apart in itertools.product(range(len(layers)), (False, True)):
        size = SIZES[place + 1]
        where = np.nonzero(rng.random((4, size)) < 0.7)
        ends = neuron_ends.ends_of(layers, boxes, place, where, difference=apart)
        unit, none = np.eye(size), [Fraction(0)] * size
        for box, neuron, low, high in zip(*where, *ends, strict=True):
            for end, sign in ((-low, -1), (high, 1)):
                row = fractions(sign * unit[neuron])
                slow = slow_largest(
                    a, b, boxes, place, box, *((none, row) if apart else (row, none))
                )
                wrong += Fraction(end) < slow
                excess = max(excess, float(Fraction(end) - slow))
    return wrong, excess


@pytest.mark.parametrize("how", [FormEngine.NUMPY, FormEngine.BOTH])
@pytest.mark.parametrize("gap", [1e-4, 0.3])
def test_ends_of_neurons_are_beyond_those_of_the_same_forms_in_fractions(gap, how):
    for seed in range(2):
        wrong, excess = ends_below(gap, seed, how)
        assert wrong == 0
        assert excess < 1e-9


def in_python(monkeypatch) -> None:
    """The kernel without its compiler: an error planted in one function reaches all."""
    for name in dir(linear_forms):
        if name.endswith("_py"):
            monkeypatch.setattr(linear_forms, name[:-3], getattr(linear_forms, name))


def _no_charge(monkeypatch) -> None:
    known = neuron_ends._known

    def uncharged(boxes):
        none = np.zeros_like(known(boxes).of_value)
        return known(boxes)._replace(of_value=none, of_difference=none, least=0 * boxes.sizes)

    monkeypatch.setattr(neuron_ends, "_known", uncharged)
    monkeypatch.setattr(linear_forms, "UNIT", 0.0)
    monkeypatch.setattr(linear_forms, "settle", lambda total, part, _: total.__iadd__(part))


def _wrong_slope(monkeypatch) -> None:
    real = linear_forms.lines_above_py

    def swapped(form, above, top, below, floor, left):
        real(form, below, top, above, floor, left)

    monkeypatch.setattr(linear_forms, "lines_above", swapped)


def _too_few(monkeypatch) -> None:
    real = linear_forms.live_neurons_py
    monkeypatch.setattr(linear_forms, "live_neurons", lambda *given: max(real(*given) - 1, 0))


@pytest.mark.parametrize("plant", [_no_charge, _wrong_slope, _too_few])
def test_an_error_in_the_kernel_is_caught(plant, monkeypatch):
    gap = 0 if plant is _no_charge else 0.3
    in_python(monkeypatch)
    assert ends_below(gap, 0, FormEngine.COMPILED)[0] == 0
    plant(monkeypatch)
    assert sum(ends_below(gap, seed, FormEngine.COMPILED)[0] for seed in range(3))


def test_a_kernel_that_differs_from_numpy_is_not_believed(monkeypatch):
    real = linear_forms.neuron_ends

    def closer(*given):
        low, high = real(*given)
        return low, high - 1e-9 * np.abs(high)

    assert ends_below(0.3, 0, FormEngine.BOTH)[0] == 0
    monkeypatch.setattr(linear_forms, "neuron_ends", closer)
    with pytest.raises(KernelMismatch, match="forms of single neurons"):
        ends_below(0.3, 0, FormEngine.BOTH)


def cancelling(rng: np.random.Generator, a: Dense) -> tuple[Dense, np.ndarray]:
    """An input of size 1000 and a network whose first layer is 0 there, up to rounding."""
    x = rng.normal(0, 1e3, SIZES[0])
    return Dense(a.weights, [-(a.weights[0] @ x), *a.biases[1:]]), x


def cancelled(seed: int) -> int:
    """The same where every value is what rounding leaves of 1000 times its size."""
    rng = np.random.default_rng(seed)
    a, b = random_networks(rng, 0.1)
    first, x = cancelling(rng, a)
    layers = layers_of(first, b)
    boxes, _, _ = ranges_on_boxes(layers, x[None], x[None])
    rows = Rows(np.zeros(24, int), rng.normal(0, 1, (24, SIZES[1])), np.zeros((24, SIZES[1])))
    bounds = largest_of(layers, boxes, 0, rows).bound
    slow = [
        slow_largest(first, b, boxes, 0, 0, fractions(row), [Fraction(0)] * SIZES[1])
        for row in rows.value
    ]
    return sum(Fraction(bound) < other for bound, other in zip(bounds, slow, strict=True))


def test_a_dropped_charge_is_caught(monkeypatch):
    assert sum(map(cancelled, range(4))) == 0
    for module in (batch_forms, batch_bounds):
        monkeypatch.setattr(module, "charge", lambda terms: 0.0)
    assert sum(map(cancelled, range(4)))


def outside(
    a: Dense, b: Dense, seed: int, most: int = 40, how: FormEngine = FormEngine.NUMPY
) -> int:
    """Values, differences and errors at points of boxes that the ranges do not hold."""
    rng = np.random.default_rng(seed)
    lo, hi = random_boxes(rng, 8)
    layers = layers_of(a, b)
    known = ranges_on_boxes(layers, lo, hi, how)[2]
    bounds = bounds_on_boxes(layers, lo, hi, np.argmax(a.run((lo + hi) / 2)[-1], axis=1), how)
    wrong = 0
    for box in range(len(lo)):
        shares = rng.choice([0.0, 1.0, 0.3], (most, lo.shape[1]))
        points = np.clip(lo[box] + shares * (hi - lo)[box], lo[box], hi[box])
        for x in [*points, bounds.worst[box]]:
            ours, theirs = outputs(a, fractions(x)), outputs(b, fractions(x))
            for z, other, ranges in zip(ours, theirs, known, strict=True):
                apart = [q - p for p, q in zip(z, other, strict=True)]
                for values, ends in zip((z, other, apart), ranges, strict=True):
                    low, high = (fractions(end[box]) for end in ends)
                    wrong += sum(not p <= v <= q for p, v, q in zip(low, values, high, strict=True))
            wrong += max(map(abs, apart)) > Fraction(bounds.error[box])
            (best, margin), (also, _) = lead(ours[-1]), lead(theirs[-1])
            wrong += bounds.lead[box] > 0 and margin < Fraction(bounds.lead[box])
            wrong += bool(bounds.kept[box]) and best != also
    return wrong


@pytest.mark.parametrize("how", [FormEngine.NUMPY, FormEngine.BOTH])
@pytest.mark.parametrize("far", [0.0, batch_bounds._FAR, np.inf])
@pytest.mark.parametrize("gap", [1e-6, 0.02, 0.8])
def test_no_point_of_a_box_is_outside_of_its_ranges(gap, far, how, monkeypatch):
    """With forms of d nowhere, where they are of use, and everywhere."""
    monkeypatch.setattr(batch_bounds, "_FAR", far)
    for seed in range(3):
        assert outside(*random_networks(np.random.default_rng(seed), gap), seed, how=how) == 0


@pytest.mark.parametrize("line", ["chord", "lift", "near", "rise", "top", "fall", "floor"])
def test_a_line_that_is_moved_is_caught(line, monkeypatch):
    real = relu_bounds
    moved = {"near": 1.3, "fall": 0.7, "floor": 0.7}.get(line, 0.7)

    def wrong(*given):
        bounds = real(*given)
        return bounds._replace(**{line: getattr(bounds, line) * moved})

    monkeypatch.setattr(batch_bounds, "relu_bounds", wrong)
    monkeypatch.setattr(batch_bounds, "_FAR", np.inf)
    assert any(outside(*random_networks(np.random.default_rng(s), 0.3), s) for s in range(6))


def test_lines_hold_at_all_corners_in_fractions():
    """z and d in integer ranges, signs of every kind; e at its own ends."""
    rng = np.random.default_rng(11)
    for _ in range(300):
        z, d = np.sort(rng.integers(-6, 7, (2, 2)), axis=1) / 3
        corners = {Fraction(v) for v in z} | ({Fraction(0)} if z[0] < 0 < z[1] else set())
        pairs = []
        for p, q in itertools.product(corners, map(Fraction, d.tolist())):
            pairs.append((p, q))
            if min(d) <= -p <= max(d):
                pairs.append((p, -p))
        errors = [max(p + q, 0) - max(p, 0) for p, q in pairs]
        ends = [np.array([[float(end)]]) for end in (min(errors), max(errors))]
        least, most = np.nextafter(ends[0], -np.inf), np.nextafter(ends[1], np.inf)
        value, difference = ([np.array([[end]]) for end in pair] for pair in (z, d))
        lines = ReluBounds(
            *(Fraction(part[0, 0]) for part in relu_bounds(value, difference, (least, most)))
        )
        for (p, q), e in zip(pairs, errors, strict=True):
            assert lines.near * p <= max(p, 0) <= lines.chord * p + lines.lift
            assert lines.fall * q + lines.floor <= e <= lines.rise * q + lines.top


@pytest.mark.parametrize("how", [FormEngine.NUMPY, FormEngine.BOTH])
def test_overflow_leaves_no_bound_and_no_nan(how):
    huge = Dense([np.full((4, 3), 1e200), np.full((4, 4), 1e200), np.ones((2, 4))], [None] * 3)
    other = Dense([np.full((4, 3), 2e200), *huge.weights[1:]], [None] * 3)
    lo = np.array([[-0.25, -0.25, -0.25], [1.0, 1.0, 1.0]])
    bounds = bounds_on_boxes(layers_of(huge, other), lo, lo + 0.5, np.zeros(2, int), how)
    assert (bounds.error == np.inf).all()
    assert not bounds.kept.any()
    assert (bounds.lead == -np.inf).all()


def test_a_ticket_of_two_sided_slopes_is_held_by_its_ranges():
    """Boxes across 0 take both halves of the first layer."""
    layers = paired_layers(*pair_of_ticket(built(), NET))
    assert layers is not None
    assert layers[0].weight.shape == (6, 6)
    lo, hi = INPUTS - 0.3, INPUTS + 0.3
    bounds = bounds_on_boxes(layers, lo, hi, np.zeros(len(lo), int))
    rng = np.random.default_rng(2)
    for k in range(len(lo)):
        for x in [*np.clip(rng.uniform(lo[k], hi[k], (20, 3)), lo[k], hi[k]), bounds.worst[k]]:
            pairs = zip(exact(built(), x), exact(None, x), strict=True)
            assert max(abs(p - q) for p, q in pairs) <= Fraction(bounds.error[k])


def test_what_is_no_chain_of_relus_has_other_bounds():
    rng = np.random.default_rng(0)
    tanh = Dense([rng.normal(size=(3, 2)), rng.normal(size=(1, 3))], [None] * 2, activation="tanh")
    assert paired_layers(*pair_of_networks(tanh, tanh)) is None
    weights = [rng.normal(size=(2, 1, 3, 3)), rng.normal(size=(3, 32))]
    conv = Conv(weights, [None] * 2, input_shape=(1, 4, 4))
    layers = paired_layers(*pair_of_networks(conv, conv))
    assert layers is not None
    x = rng.normal(size=(1, 16))
    z = np.maximum(x @ layers[0].weight.T, 0) @ layers[1].weight.T
    assert np.allclose(z, conv.forward(x))


def linear(*shape: int) -> LinearLayer:
    return LinearLayer(np.random.default_rng(sum(shape)).normal(size=shape))


@pytest.mark.parametrize(
    "between",
    [
        [linear(3, 3), ActivationLayer(), Residual([linear(3, 3)])],
        [linear(3, 3), Residual([linear(3, 3)])],
        [ActivationLayer(), linear(3, 3), ActivationLayer("identity")],
        [ConvolutionLayer(np.ones((2, 1, 1, 1))), PoolLayer("max", 2, 1), FlattenLayer()],
        [ConvolutionLayer(np.ones((2, 1, 1, 1))), PoolLayer("average", 2, 1), FlattenLayer()],
    ],
    ids=["sum behind weights", "sums alone", "ReLU first", "largest of a pool", "mean of a pool"],
)
def test_a_step_in_the_place_of_a_relu_is_none(between):
    """Weights stand at every other step, and what stands between is a sum, a pool, the identity."""
    image = isinstance(between[0], ConvolutionLayer)
    last = linear(2, 8) if image else linear(2, 3)
    a = from_layers([*between, last], input_shape=(1, 3, 3) if image else (3,))
    b = replace(a, weights=tuple(w * 1.25 for w in a.weights))
    assert paired_layers(*pair_of_networks(a, b)) is None
    size = a.size_in
    found = difference(a, b, (np.full(size, 0.5), np.ones(size))).facts
    assert 0 < found.error_found <= found.error_bound


def test_a_bound_below_an_error_that_was_found_is_a_fault(monkeypatch):
    """Planted: ranges that say too little."""
    a = from_layers([linear(3, 3), Residual([linear(3, 3)]), linear(2, 3)], input_shape=(3,))
    a = replace(a, weights=tuple(np.abs(w) for w in a.weights))
    b = replace(a, weights=tuple(w * 1.25 for w in a.weights))
    monkeypatch.setattr(on_boxes, "largest", lambda *a: 1e-3)
    with pytest.raises(ArithmeticError, match="a fault of slt_theory, nothing is certified"):
        difference(a, b, (np.full(3, 0.5), np.ones(3)))


def test_one_layer_and_large_ones():
    """One layer has its exact maximum; where forms of a box cost too much there are none."""
    rng = np.random.default_rng(4)
    a, b = (Dense([rng.normal(size=(4, 3))], [rng.normal(size=4)]) for _ in range(2))
    lo, hi = random_boxes(rng, 5)
    bounds = bounds_on_boxes(layers_of(a, b), lo, hi, np.zeros(5, int))
    for k in range(5):
        ends = zip(fractions(lo[k]), fractions(hi[k]), strict=True)
        corners = [list(x) for x in itertools.product(*ends)]
        values = [(outputs(a, x)[0], outputs(b, x)[0]) for x in corners]
        most = max(abs(q - p) for pair in values for p, q in zip(*pair, strict=True))
        assert 0 <= Fraction(bounds.error[k]) - most < 1e-12
    wide = Dense([np.ones((1400, 2)), np.ones((1400, 1400)), np.ones((1400, 1400))], [None] * 3)
    assert paired_layers(*pair_of_networks(wide, wide)) is None
