"""Hidden neurons that choose their inputs: the builder, and what the checker lets pass."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cases
import conv_cases
import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.laws import Uniform
from slt_theory.streams import Purpose, stream_id
from slt_theory.subset_sum.kernels.choose import choose
from slt_theory.tickets import build_ticket, read_ticket, ticket_forward, verify, write_ticket
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.building.chosen_inputs import WINDOW, chosen_wiring, windows
from slt_theory.tickets.building.slack import margin_of
from slt_theory.tickets.building.window_slack import WindowSums, keep_windows_within_reach
from slt_theory.tickets.frozen import frozen_pattern

THEOREM = "otsuka2024-frozen-network"
LAW = Uniform(bits=24)
UNIT = 1 << 48
FROZEN = {"prune": Fraction(1, 4), "lock": Fraction(1, 4)}
TARGET = cases.random_target(8, (40, 4, 3), biases=True, size=0.5)


def build(target=TARGET, **options):
    arguments = {"eps": Fraction(1, 10), "seed": 3, "threads": 1, **FROZEN, **options}
    return build_ticket(target, theorem=THEOREM, **arguments)


@pytest.fixture(scope="module")
def ticket():
    return build(inputs="chosen", signs="needed")


@pytest.mark.parametrize(
    "options",
    [{"signs": "needed"}, {}, {"domain": "box:-1,1"}, {"signs": "needed", "lock": 0}],
)
def test_tickets_are_complete_verified_and_of_fewer_neurons(options, tmp_path):
    ticket = build(inputs="chosen", **options)
    write_ticket(ticket, tmp_path / "t.npz")
    report = verify(read_ticket(tmp_path / "t.npz"), TARGET)
    assert report.ok, report.failures
    assert report.max_weight_error <= 0.1
    assert 2 * ticket.blocks[0].n < build(**options).blocks[0].n
    x = np.linspace(-1 if options.get("domain") else 0, 1, 280).reshape(7, 40)
    gap = np.abs(ticket_forward(ticket, x) - TARGET.forward(x)).max()
    assert gap <= report.sup_error_bound


def test_windows_divide_all_inputs(ticket):
    ranges = windows(ticket.blocks[0])
    assert [i for one in ranges for i in one] == list(range(41))
    assert all(WINDOW <= len(one) < 2 * WINDOW for one in ranges)


def test_neurons_see_one_input_of_their_window_with_a_weight_that_is_there(ticket):
    block = ticket.blocks[0]
    kept = ticket.rows(0, 0, 0, block.layers[0].rows)
    assert kept.sum(axis=1).max() == 1
    pruned, _ = frozen_pattern(ticket.seed, block.layers[0], 0, block.layers[0].rows)
    assert not (kept & pruned).any()
    neurons, inputs = np.nonzero(kept)
    window = np.repeat(np.arange(2), [len(one) for one in windows(block)])
    assert (window[inputs] == window[neurons // block.n]).all()
    assert len(set(inputs - neurons // block.n)) > 10


def slow_choice(weights, halves, room):
    """Group and weight of every row, by sorting all that is open."""
    result = []
    for row in weights.tolist():
        offers = [(abs(w), j * halves + (w < 0), w) for j, w in enumerate(row) if w]
        open_ones = [
            o for o in offers if o[1] < len(room) and room[o[1]] and (o[2] > 0 or halves == 2)
        ]
        best = max(open_ones, key=lambda o: (o[0], -o[1]), default=None)
        group = best[1] if best else next(g for g, left in enumerate(room) if left)
        room[group] -= 1
        result.append((group, best[2] if best else 0))
    return result


@pytest.mark.parametrize("halves", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_choice_is_that_of_a_slow_one(seed, halves):
    draw = np.random.default_rng(seed)
    weights = draw.integers(-9, 10, (5 * halves * 6, 5))
    room = np.full(5 * halves, 6)
    groups, chosen = np.empty((2, len(weights)), np.int64)
    expected = slow_choice(weights, halves, room.tolist())
    choose(weights, halves, room, groups, chosen)
    assert list(zip(groups.tolist(), chosen.tolist(), strict=True)) == expected
    assert not room.any()


def slacks(window, source, seed, alive):
    """Room below and above every goal, in Python integers."""
    numbers = LAW.sample(seed, source.stream, 0, source.rows * source.columns)
    numbers = numbers.reshape(source.rows, source.columns)
    pruned, locked = frozen_pattern(seed, source, 0, source.rows)
    for r in range(source.rows):
        for g, goal in enumerate(window.goals[r].tolist()):
            left, low, high = goal, 0, 0
            for w in np.flatnonzero(alive[g]):
                column = window.first + int(window.places[g, w])
                product = int(window.slopes[g, w]) * int(numbers[r, column])
                if pruned[r, column]:
                    continue
                if locked[r, column]:
                    left -= product
                else:
                    low, high = low + min(product, 0), high + max(product, 0)
            yield min(left - low, high - left)


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_every_sum_keeps_its_margin(seed):
    """Checked in Python integers; with all numbers some of these sums are out of reach."""
    source = SourceLayer(40, 210, "uniform", 24, stream_id(Purpose.WEIGHTS, 7), "1/8", "1/4")
    draw = np.random.default_rng(seed)
    places = draw.permutation(180).reshape(3, 60)
    slopes = draw.integers(1 << 23, 1 << 24, places.shape) * (places % 7 > 0)
    window = WindowSums(13, places, slopes, draw.integers(-UNIT // 2, UNIT // 2, (40, 3)))
    margin = margin_of(UNIT // 20)
    assert min(slacks(window, source, seed, slopes != 0)) < margin
    found = keep_windows_within_reach(1, lambda k: window, source, LAW, seed, margin=margin)
    assert found.enough
    assert found.alive.sum(axis=1).min() >= (slopes != 0).sum(axis=1).min() - 8
    # Shares are rounded down to 30 bits, a number each.
    assert min(slacks(window, source, seed, found.alive)) >= margin - (120 << 18)


def with_in_mask(ticket, kept):
    masks = list(ticket.masks[0])
    masks[0] = np.packbits(kept, axis=1)
    return replace(ticket, masks=(tuple(masks), *ticket.masks[1:]))


def in_mask(ticket):
    return ticket.rows(0, 0, 0, ticket.blocks[0].layers[0].rows)


def test_a_second_input_and_a_pruned_one_are_refused(ticket):
    pruned, _ = frozen_pattern(ticket.seed, ticket.blocks[0].layers[0], 0, len(in_mask(ticket)))
    kept = in_mask(ticket)
    neuron = int(np.flatnonzero(kept.any(axis=1) & pruned.any(axis=1))[0])
    for column, words in (
        (int(np.flatnonzero(~pruned[neuron] & ~kept[neuron])[0]), "allows one"),
        (int(np.flatnonzero(pruned[neuron])[0]), "frozen pruned"),
    ):
        wrong = kept.copy()
        wrong[neuron, column] = True
        report = verify(with_in_mask(ticket, wrong), TARGET)
        assert not report.ok
        assert words in report.failures[0]


def test_an_input_of_another_sum_makes_a_weight_wrong(ticket):
    pruned, _ = frozen_pattern(ticket.seed, ticket.blocks[0].layers[0], 0, len(in_mask(ticket)))
    kept = in_mask(ticket)
    neuron = int(np.flatnonzero(kept.any(axis=1))[0])
    other = int(np.flatnonzero(~pruned[neuron] & ~kept[neuron])[0])
    kept[neuron] = np.arange(kept.shape[1]) == other
    report = verify(with_in_mask(ticket, kept), TARGET)
    assert not report.ok
    assert any("further than eps" in text for text in report.failures)


def test_other_theorems_know_no_such_pair(ticket):
    report = verify(replace(ticket, theorem="burkholz2022-depth"), TARGET)
    assert any("not free-pair" in text for text in report.failures)


def test_constants_of_a_convolution_stay_in_their_stretch():
    """They reach one tap of its kernel: the builder says so, and the checker holds it."""
    target = conv_cases.tiny_conv()
    with pytest.raises(BadInput, match="bias of a convolution"):
        build(target, inputs="chosen", eps=Fraction(1, 5))
    own = build(target, eps=Fraction(1, 5))
    block = own.blocks[0]
    free = replace(own, blocks=(replace(block, kind="free-pair"), *own.blocks[1:]))
    free = with_in_mask(free, in_mask(own))
    assert verify(free, target).ok
    pruned, _ = frozen_pattern(own.seed, block.layers[0], 0, block.layers[0].rows)
    kept, constant = in_mask(free), block.columns - 1
    neuron = int(np.flatnonzero(kept[:, 0] & ~pruned[:, constant])[0])
    kept[neuron] = np.arange(block.columns) == constant
    report = verify(with_in_mask(free, kept), target)
    assert any("not the one of its block" in text for text in report.failures)


def test_some_windows_are_wired_as_all_are(ticket):
    block = ticket.blocks[0]
    every = chosen_wiring(block, ticket.seed)
    ends = np.cumsum([0, *(len(one) * block.halves for one in windows(block))])
    for k in range(len(ends) - 1):
        own = chosen_wiring(block, ticket.seed, [k])
        assert (own.neurons == every.neurons[ends[k] : ends[k + 1]]).all()
        assert (own.slopes == every.slopes[ends[k] : ends[k + 1]]).all()
