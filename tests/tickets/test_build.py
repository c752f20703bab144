"""Tickets against the slow checker: weights, errors, outputs, bounds, modes."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import cases
import naive
import numpy as np
import plain
import pytest

from slt_theory.errors import BadInput, NeedsMemory
from slt_theory.networks import Dense
from slt_theory.tickets import build_ticket, read_ticket, ticket_forward, verify, write_ticket
from slt_theory.tickets.domain import Box, parse_domain

BOX = "box:0,1"
MODES = [
    {"theorem": "pensia2020-two-layer"},
    {"theorem": "pensia2020-two-layer", "signs": "needed"},
    {"theorem": "pensia2020-two-layer", "objective": "best"},
    {"theorem": "pensia2020-direct", "n": 16},
    {"theorem": "pensia2020-direct", "n": 16, "shared": True},
    {"theorem": "pensia2020-direct", "n": 12, "objective": "best"},
]
NETWORKS = [
    ((2, 3), False),
    ((2, 2), True),
    ((2, 3, 2), True),
    ((3, 2, 2, 1), False),
]


@pytest.mark.parametrize("mode", MODES, ids=lambda m: "-".join(str(v) for v in m.values()))
@pytest.mark.parametrize(("widths", "biases"), NETWORKS)
def test_weights_errors_and_outputs_are_those_of_the_real_masked_network(
    mode, widths, biases, tmp_path
):
    target = cases.random_target(len(widths), widths, biases=biases)
    ticket = cases.built(target, **mode)
    slow = cases.plain_ticket(ticket, tmp_path)
    errors = plain.weight_errors(slow, target)
    check = verify(ticket, target)
    assert check.ok, check.failures
    assert ticket.complete
    # These targets lie on the lattice, so the errors are exact.
    assert Fraction(check.max_weight_error) == max(errors)
    assert max(errors) <= Fraction(cases.EPS)
    assert check.weights == target.parameters == len(errors)
    assert ticket.kept == slow.kept
    assert check.certificate() == ticket.certificate
    rng = random.Random(5)
    for _ in range(5):
        # One layer on 0/1 inputs is exact in float64; otherwise rounding enters.
        fine = 1 if len(widths) == 2 else 64
        x = [Fraction(rng.randint(0, fine), fine) for _ in range(widths[0])]
        exact = slow.forward(x)
        ours = ticket_forward(ticket, [[float(v) for v in x]])[0].tolist()
        if len(widths) == 2:
            assert [Fraction(v) for v in ours] == exact
        # At most a few hundred terms of size at most 16: rounding stays below 2^-40.
        assert all(
            abs(a - Fraction(b)) <= Fraction(1, 2**40) for a, b in zip(exact, ours, strict=True)
        )


def test_objective_best_gives_the_optimum_of_every_sum(tmp_path):
    target = cases.random_target(3, (2, 2), biases=False)
    ticket = cases.built(target, theorem="pensia2020-direct", n=9, eps=1, objective="best")
    slow = cases.plain_ticket(ticket, tmp_path)
    block = slow.header["blocks"][0]
    lo, hi = plain.ends(block["layers"][0]["law"])
    goal = [w for row in plain.wanted(target, 0) for w in row]
    errors = plain.weight_errors(slow, target)
    for row, (w, error) in enumerate(zip(goal, errors, strict=True)):
        numbers = [
            plain.uniform(1, block["layers"][0]["stream"], row * 9 + k, lo, hi) for k in range(9)
        ]
        sums = naive.all_sums([int(v * 2**24) for v in numbers])
        assert error == min(abs(Fraction(s, 2**24) - w) for s in sums)


def corner_inputs(lo, hi, size, rng, count):
    corners = list(itertools.product((lo, hi), repeat=size))
    middle = [
        tuple(lo + (hi - lo) * Fraction(rng.randint(0, 256), 256) for _ in range(size))
        for _ in range(count)
    ]
    edges = [
        tuple(rng.choice((lo, hi, Fraction(0) if lo < 0 < hi else lo)) for _ in range(size))
        for _ in range(count)
    ]
    return [list(x) for x in (*corners, *middle, *edges)]


DOMAINS = [
    ("box:0,1", 0, 1),
    ("box:-1,1", -1, 1),
    ("box:-2,0.5", -2, Fraction(1, 2)),
    ("box:1,3", 1, 3),
]


@pytest.mark.parametrize(("domain", "lo", "hi"), DOMAINS)
@pytest.mark.parametrize(("widths", "biases"), NETWORKS)
def test_no_input_of_a_box_has_more_error_than_certified(domain, lo, hi, widths, biases, tmp_path):
    target = cases.random_target(7, widths, biases=biases)
    ticket = cases.built(target, domain=domain)
    slow = cases.plain_ticket(ticket, tmp_path)
    bound, found = (Fraction(ticket.certificate[k]) for k in ("sup_error_bound", "sup_error_found"))
    inputs = corner_inputs(Fraction(lo), Fraction(hi), widths[0], random.Random(1), 20)
    worst = max(plain.sup_distance(slow, target, x) for x in inputs)
    assert worst <= bound
    assert found <= bound
    if len(widths) == 2:
        # One layer: the error is linear on each orthant, so a corner or a zero is worst, and the
        # bound is the exact maximum, rounded up to six digits.
        ends = [Fraction(lo), Fraction(hi), *([Fraction(0)] if lo < 0 < hi else [])]
        exact = max(
            plain.sup_distance(slow, target, list(x))
            for x in itertools.product(ends, repeat=widths[0])
        )
        assert exact <= bound <= exact * Fraction(100002, 100000)
        # And the search really reaches it: linear on [0, 1] and on [1, 3].
        if lo >= 0:
            assert exact * Fraction(99998, 100000) <= found <= exact


@pytest.mark.parametrize(("widths", "biases"), NETWORKS)
def test_no_input_of_a_ball_has_more_error_than_certified(widths, biases, tmp_path):
    target = cases.random_target(9, widths, biases=biases)
    ticket = cases.built(target, domain="ball:1.5")
    slow = cases.plain_ticket(ticket, tmp_path)
    bound, found = (Fraction(ticket.certificate[k]) for k in ("sup_error_bound", "sup_error_found"))
    assert found <= bound
    rng = random.Random(2)
    for _ in range(40):
        x = [rng.gauss(0, 1) for _ in range(widths[0])]
        length = math.sqrt(sum(v * v for v in x))
        radius = Fraction(3, 2) * Fraction(2**40 - 1, 2**40)
        inside = [Fraction(v / length) * radius for v in x]
        assert sum(v * v for v in inside) <= Fraction(9, 4)
        assert plain.sup_distance(slow, target, inside) <= bound


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("biases", [False, True])
def test_on_a_line_the_truth_lies_between_found_and_bound(seed, biases, tmp_path):
    """With one input both networks are piecewise linear: the exact maximum sits at a breakpoint."""
    target = cases.random_target(seed, (1, 2, 2, 1), biases=biases)
    ticket = cases.built(target, domain="box:-1,1", seed=seed)
    slow = cases.plain_ticket(ticket, tmp_path)
    points = [Fraction(-1), Fraction(0), Fraction(1)]

    def hidden_values(x):
        values, found = [x], []
        for k in range(target.depth):
            before = [max(v, Fraction(0)) for v in values] if k else values
            values = slow.blocks[k](before)
            found += values
        at = [x]
        for k, (w, b) in enumerate(zip(target.weights, target.biases, strict=True)):
            at = [max(v, Fraction(0)) for v in at] if k else at
            at = [
                sum((Fraction(a) * v for a, v in zip(row, at, strict=True)), Fraction(0))
                + (Fraction(0) if b is None else Fraction(float(b[i])))
                for i, row in enumerate(w.tolist())
            ]
            found += at
        return found

    # Add the zero of every neuron, layer after layer; three rounds settle three layers.
    for _ in range(target.depth):
        fresh = set(points)
        for a, b in itertools.pairwise(sorted(points)):
            for u, v in zip(hidden_values([a][0]), hidden_values([b][0]), strict=True):
                if u * v < 0:
                    fresh.add(a + (b - a) * u / (u - v))
        points = sorted(fresh)
    exact = max(plain.sup_distance(slow, target, [x]) for x in points)
    assert Fraction(ticket.certificate["sup_error_found"]) <= exact
    assert exact <= Fraction(ticket.certificate["sup_error_bound"])


def test_the_positive_half_alone_needs_inputs_known_to_be_non_negative():
    target = cases.random_target(4, (2, 2, 1), biases=True)
    both = cases.built(target, signs="both")
    needed = cases.built(target, signs="needed")
    assert [b.signs for b in needed.blocks] == ["positive", "positive"]
    assert needed.source_weights * 2 == both.source_weights
    signed = cases.built(target, signs="needed", domain="box:-1,1")
    assert [b.signs for b in signed.blocks] == ["both", "positive"]
    ball = cases.built(target, signs="needed", domain="ball:1")
    assert [b.signs for b in ball.blocks] == ["both", "positive"]
    for ticket in (both, needed, signed, ball):
        assert verify(ticket, target).ok


def test_weights_above_one_are_rescaled_and_the_scale_is_recorded(tmp_path):
    target = cases.random_target(5, (2, 3, 1), biases=True, size=5.0)
    ticket = cases.built(target, eps=0.2)
    assert [b.scale_exponent for b in ticket.blocks] == [
        math.frexp(max(float(np.abs(a).max()) for a in (w, b)))[1]
        for w, b in zip(target.weights, target.biases, strict=True)
    ]
    assert ticket.norm_exponents == target.rescaled().exponents
    check = verify(ticket, target)
    assert check.ok, check.failures
    errors = plain.weight_errors(cases.plain_ticket(ticket, tmp_path), target)
    assert Fraction(check.max_weight_error) == max(errors) <= Fraction(1, 5)


def test_targets_off_the_lattice_count_their_rounding(tmp_path):
    target = Dense([[[0.1 * 2.0**-30, 1 / 3], [0.7, -(2.0**-60)]]])
    ticket = cases.built(target)
    check = verify(ticket, target)
    assert check.ok, check.failures
    errors = plain.weight_errors(cases.plain_ticket(ticket, tmp_path), target)
    assert max(errors) <= Fraction(check.max_weight_error) <= max(errors) + Fraction(2, 2**48)


@pytest.mark.parametrize("domain", ["box:0,1", "box:-1,1", "ball:1"])
@pytest.mark.parametrize("biases", [False, True])
def test_the_network_error_asked_for_is_reached(domain, biases, tmp_path):
    target = cases.random_target(6, (3, 3, 2), biases=biases)
    ticket = build_ticket(target, network_eps=Fraction(1, 2), n=40, seed=2, domain=domain)
    assert ticket.complete
    assert ticket.certificate["sup_error_bound"] <= 0.5
    assert verify(ticket, target).ok


@pytest.mark.parametrize("theorem", ["pensia2020-two-layer", "pensia2020-direct"])
def test_an_n_of_our_own_choice_suffices(theorem):
    target = cases.random_target(8, (2, 3, 1), biases=True)
    ticket = build_ticket(target, theorem=theorem, eps=0.05, seed=3)
    assert ticket.complete
    assert verify(ticket, target).ok


def test_unreachable_sums_are_listed_truthfully(tmp_path):
    target = cases.random_target(11, (2, 3), biases=True)
    n, eps = 9, Fraction(1, 100)
    ticket = build_ticket(target, eps=eps, n=n, seed=4)
    slow = cases.plain_ticket(ticket, tmp_path)
    inner, outer = slow.header["blocks"][0]["layers"]
    columns = 3
    truth = []
    goal = plain.wanted(target, 0)
    one = Fraction(1)
    for i, j, half in itertools.product(range(3), range(columns), range(2)):
        items = []
        for k in range(n):
            neuron = (j * 2 + half) * n + k
            u = plain.uniform(4, inner["stream"], neuron * columns + j, -one, one)
            v = plain.uniform(4, outer["stream"], i * outer["columns"] + neuron, -one, one)
            if (u > 0) == (half == 0) and u:
                items.append(int(u * v * 2**48))
        if all(abs(Fraction(s, 2**48) - goal[i][j]) > eps for s in naive.all_sums(items)):
            truth.append((0, i, j, "+-"[half]))
    assert truth
    assert sorted(ticket.unreached) == sorted(truth)
    assert not ticket.complete
    path = tmp_path / "t.slt"
    write_ticket(ticket, path)
    check = verify(read_ticket(path), target)
    assert not check.ok
    assert not check.complete
    assert any(f"incomplete: {len(truth)} sums" in text for text in check.failures)
    # Hiding the list does not help: the sums themselves are outside.
    import dataclasses

    hidden = dataclasses.replace(ticket, unreached=())
    assert not verify(hidden, target).ok


def test_the_shared_mode_uses_one_vector_a_row(tmp_path):
    target = cases.random_target(2, (3, 2), biases=False)
    shared = cases.built(target, theorem="pensia2020-direct", n=16, shared=True)
    own = cases.built(target, theorem="pensia2020-direct", n=16)
    assert shared.blocks[0].shared
    assert not own.blocks[0].shared
    assert verify(shared, target).ok
    assert cases.as_bytes(shared, tmp_path) != cases.as_bytes(own, tmp_path)
    with pytest.raises(BadInput, match="shared"):
        cases.built(target, shared=True)


@pytest.mark.parametrize("mode", MODES, ids=lambda m: "-".join(str(v) for v in m.values()))
def test_one_seed_gives_one_sequence_of_bytes_and_another_seed_another(mode, tmp_path):
    target = cases.random_target(1, (3, 4, 2), biases=True)
    first = cases.as_bytes(cases.built(target, **mode), tmp_path)
    assert cases.as_bytes(cases.built(target, **mode), tmp_path) == first
    assert cases.as_bytes(cases.built(target, **mode, threads=2), tmp_path) == first
    assert cases.as_bytes(cases.built(target, **mode, seed=2), tmp_path) != first


def test_a_file_reads_back_as_the_same_ticket(tmp_path):
    target = cases.random_target(1, (3, 4, 2), biases=True)
    ticket = cases.built(target, domain="box:0,0.12345678901234567")
    path = tmp_path / "t.slt"
    write_ticket(ticket, path)
    again = read_ticket(path)
    assert again.header() == ticket.header()
    assert again.certificate == ticket.certificate
    assert all(
        np.array_equal(a, b)
        for ours, theirs in zip(ticket.masks, again.masks, strict=True)
        for a, b in zip(ours, theirs, strict=True)
    )
    # The domain is the one asked for, to the last bit.
    assert float(again.domain.partition(",")[2]) == 0.12345678901234567
    assert [p.name for p in tmp_path.iterdir()] == ["t.slt"]


ONE = Dense([[[0.5, -0.25]]])


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"eps": 0}, "eps"),
        ({"eps": -0.1}, "eps"),
        ({"eps": math.nan}, "eps"),
        ({"eps": None}, "eps, network_eps"),
        ({"network_eps": 0.1}, "eps, network_eps"),
        ({"eps": 1e-15, "weights": [[[1 / 3]]]}, "eps"),
        ({"eps": None, "network_eps": 1e-15}, "network_eps"),
        ({"n": 0}, "n"),
        ({"n": 2.5}, "n"),
        ({"n": True}, "n"),
        ({"n": 10**9}, "n"),
        ({"n": 64, "theorem": "pensia2020-direct"}, "n"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"objective": "most"}, "objective"),
        ({"signs": "some"}, "signs"),
        ({"domain": "box:1,0"}, "domain"),
        ({"domain": "box:0,nan"}, "domain"),
        ({"domain": "ball:0"}, "domain"),
        ({"domain": "cube"}, "domain"),
        ({"domain": 3}, "domain"),
        ({"threads": 0}, "threads"),
        ({"theorem": "pensia2021"}, "theorem"),
        ({"weights": [[[100.0]]], "theorem": "pensia2020-direct"}, "target"),
        ({"weights": [[[1e5]]], "theorem": "pensia2020-direct"}, "target"),
        ({"weights": [[[1e300]]]}, "eps"),
    ],
)
def test_bad_requests_are_refused_by_name(options, name):
    target = Dense(options.pop("weights", ONE.weights))
    with pytest.raises(BadInput, match=f"^{name} = "):
        build_ticket(target, **{"eps": 0.1, "n": 9, "seed": 1, **options})


def test_the_smallest_error_that_can_be_had_is_named_and_can_be_had():
    with pytest.raises(BadInput, match="smallest error that can be had is") as caught:
        build_ticket(Dense([[[1 / 3]]]), eps=1e-15, n=9, seed=1)
    smallest = float(caught.value.way_out.split()[-1])
    assert not build_ticket(Dense([[[1 / 3]]]), eps=smallest * 1.01, n=3, seed=1).complete


def test_masks_beyond_the_memory_allowed_are_refused_before_any_work():
    wide = Dense(np.full((3000, 3000), 0.5)[None])
    with pytest.raises(NeedsMemory, match="lower n"):
        build_ticket(wide, eps=0.1, n=4096, seed=1, max_memory=1 << 30)


def test_all_zero_targets_need_no_weight():
    target = Dense([[[0.0, 0.0]], [[0.0]]])
    for options in ({"eps": 0.01}, {"network_eps": 0.01}):
        ticket = build_ticket(target, n=4, seed=1, **options)
        assert ticket.kept == 0
        assert verify(ticket, target).ok


def test_a_place_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    ticket = cases.built(ONE)
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    for path in (in_the_way / "t.slt", tmp_path / "missing" / "t.slt", tmp_path):
        with pytest.raises(BadInput, match="out"):
            write_ticket(ticket, path)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("option", "near"), [("epsilon", "eps"), ("treads", "threads"), ("fresch", "fresh")]
)
def test_an_unknown_option_is_named_with_the_nearest_one(option, near):
    target = cases.random_target(1, (2, 2), biases=False)
    with pytest.raises(
        BadInput, match=f"{option} = 1: is no option of .*perhaps {near}; known: .*network_eps"
    ):
        build_ticket(target, eps=0.1, **{option: 1})


@pytest.mark.parametrize("value", [0, 0.0, Fraction(0)])
@pytest.mark.parametrize("name", ["density", "size", "redraws", "move", "resolution", "prune"])
def test_zero_is_not_the_same_as_not_given(name, value):
    target = cases.random_target(1, (2, 2), biases=False)
    with pytest.raises(BadInput, match=f"{name} = 0.*is no option of pensia2020-two-layer"):
        build_ticket(target, eps=0.1, **{name: value})
    theorem = {
        "density": "gadhikar2023-network",
        "size": "natale2024-network",
        "redraws": "chijiwa2021-redraws",
        "move": "xiong2023-perturbation",
        "resolution": "kumar2025-quantised",
    }.get(name)
    if theorem is not None:
        with pytest.raises(BadInput, match=name):
            build_ticket(target, eps=0.1, theorem=theorem, **{name: value})


def test_text_and_whole_floats_are_the_numbers_they_say(tmp_path):
    target = cases.random_target(1, (2, 2), biases=False)
    plain = cases.as_bytes(build_ticket(target, eps=Fraction(1, 10), n=12), tmp_path)
    assert cases.as_bytes(build_ticket(target, eps="1/10", n=12.0), tmp_path) == plain
    with pytest.raises(BadInput, match="shared"):
        build_ticket(target, eps=0.1, theorem="pensia2020-direct", shared="no")


def test_domains_are_read_by_the_parser_of_all_numbers():
    assert parse_domain("box:-1/2,0.25") == Box(-0.5, 0.25)
    assert parse_domain("box:0,0.1") == Box(0.0, 0.1)
    for text in ("box:0,1e9999", "box:0,inf", "box:nan,1", "box:0,1_0", "ball:1/0", "ball:-1"):
        with pytest.raises(BadInput, match="domain"):
            parse_domain(text)


def test_the_best_sums_need_no_error_if_they_are_told_how_many_numbers():
    target = Dense([[[0.5, -0.25, 3.0]], [[0.125]]])
    wanted = {"theorem": "pensia2020-two-layer", "n": 9, "objective": "best", "seed": 4}
    free, told = (build_ticket(target, **wanted, **more) for more in ({}, {"eps": 0.5}))
    assert [[m.tolist() for m in block] for block in free.masks] == [
        [m.tolist() for m in block] for block in told.masks
    ]
    assert free.complete
    assert verify(free, target).ok
    with pytest.raises(BadInput, match="give --n"):
        build_ticket(target, **{**wanted, "n": None})
