"""The check: exact functions, rigorous errors, and forged files."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import plain_functions as plain
import pytest

from slt_theory.errors import NeedsMemory
from slt_theory.tickets import ticket_forward
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.memory import needed_to_check
from slt_theory.universal import Family, Function, build_universal, parse_family, verify
from slt_theory.universal.certify import cells, chain_errors, deviation, sup_error
from slt_theory.universal.functions import decay, negative_log, power
from slt_theory.universal.piecewise import PiecewiseLinear, _Neuron, _walk, hinge_output


def interpolant(function, pieces: int, shift: Fraction = Fraction(0)) -> PiecewiseLinear:
    points = tuple(Fraction(k, pieces) for k in range(pieces + 1))
    return PiecewiseLinear(points, tuple(function(x) + shift for x in points), pieces - 1)


@pytest.mark.parametrize("pieces", [1, 2, 7, 20])
@pytest.mark.parametrize("scale", [Fraction(1), Fraction(-3), Fraction(1, 1000)])
def test_the_error_of_a_parabola_is_known_exactly(pieces, scale):
    # Interpolation is off by h^2/4 in the middle of a piece; half of it, shifted by half of it.
    parabola = Function("parabola", lambda x: scale.numerator * x * x / scale.denominator, 6)
    exact = abs(scale) / (4 * pieces**2)
    for shift, true in ((Fraction(0), exact), (-scale / (8 * pieces**2), exact / 2)):
        line = interpolant(lambda x: scale * x * x, pieces, shift)
        errors = sup_error(line, Function("p", parabola.value, abs(2 * scale)))
        assert Fraction(errors.found) <= true <= Fraction(errors.bound)
        assert errors.bound <= float(true) * 1.01
        assert errors.found >= float(true) * 0.99


def test_a_curvature_that_is_claimed_too_small_makes_the_bound_smaller():
    # What the bound rests on: a false claim would be believed, hence the check of families.
    line = PiecewiseLinear((Fraction(0), Fraction(1)), (Fraction(0), Fraction(1)), 0)
    wild = Function("wild", lambda x: x + (24 * x).sin_pi() / 10, 0)
    assert sup_error(line, wild).bound < 0.01
    with pytest.raises(Exception, match="violated"):
        Family("wild", (wild,))


def test_the_bound_holds_for_what_the_network_does(powers):
    parts = plain.layers(powers)
    family = parse_family("powers:1-4")
    blocks = [effective_block(powers, k) for k in range(2)]
    lines = [hinge_output(*blocks, k, Fraction(0), Fraction(1))[1] for k in range(4)]
    check = verify(powers, family)
    assert check.ok
    rng = random.Random(3)
    worst = [0.0] * 4
    for _ in range(120):
        x = Fraction(rng.randrange(1 << 20), 1 << 20)
        outputs = plain.forward(powers, parts, [x])
        for k, (line, output) in enumerate(zip(lines, outputs, strict=True)):
            i = max(j for j in range(len(line.points) - 1) if line.points[j] <= x)
            a, b = line.points[i : i + 2]
            share = (x - a) / (b - a)
            assert line.values[i] + share * (line.values[i + 1] - line.values[i]) == output
            worst[k] = max(worst[k], float(abs(output - ((1 + x) / 2) ** (k + 1))))
    for function, seen in zip(check.functions, worst, strict=True):
        assert seen <= function.sup_error_bound
        assert 0.9 * function.sup_error_bound <= function.sup_error_found
        assert function.sup_error_found <= function.sup_error_bound


def test_the_chain_bound_holds_for_monomials():
    ticket = build_universal("monomials:2,3", eps=0.02, seed=3)
    family = parse_family("monomials:2,3")
    check = verify(ticket, family)
    assert check.ok
    parts = plain.layers(ticket)
    rng = random.Random(5)
    corners = [[Fraction(a), Fraction(b)] for a in (0, 1) for b in (0, 1)]
    points = corners + [[Fraction(rng.random()) for _ in range(2)] for _ in range(60)]
    worst = np.zeros(len(family.names))
    for x in points:
        outputs = plain.forward(ticket, parts, x)
        for m, (row, output) in enumerate(zip(family.exponents, outputs, strict=True)):
            true = np.prod([float((1 + v) / 2) ** r for v, r in zip(x, row, strict=True)])
            worst[m] = max(worst[m], abs(float(output) - true))
    bounds = np.array([f.sup_error_bound for f in check.functions])
    assert (worst <= bounds).all()
    assert worst.max() > bounds.max() / 4


def test_deviation_and_chain_hold_on_a_grid():
    line = interpolant(lambda x: 1 - x * Fraction(15, 16), 3)
    at = cells(line, negative_log())
    below, above = deviation(at, Fraction(3, 5), 1)
    x = np.linspace(0, 1, 5001)
    gap = 0.6 * np.maximum(1 - x * 15 / 16, 0) + np.log((1 + x) / 2)
    assert -below <= gap.min() <= -below + 1e-3
    assert above - 1e-3 <= gap.max() <= above
    bound = chain_errors(line, decay(), 0.25, 0.5)
    z = np.linspace(0, 1, 501)
    exact = 1 - z * 15 / 16
    worst = max(
        np.abs(exact - np.exp(-np.maximum(z + s, -9))).max() for s in np.linspace(-0.5, 0.25, 41)
    )
    assert worst <= bound <= worst + 0.7


def test_forged_masks_are_judged_by_what_they_compute():
    """Whatever bit is flipped: a ticket is accepted only if its claims are still true."""
    family = parse_family("sin:1")
    ticket = build_universal("sin:1", eps=0.05, seed=5, knots=12)
    x = np.linspace(0, 1, 2001)
    (claim,) = ticket.certificate["functions"]
    rng = random.Random(11)
    shapes = [
        (b, m, *shape)
        for b, block in enumerate(ticket.blocks)
        for m, shape in enumerate(block.mask_shapes)
    ]
    kept = [
        (b, m, r, c)
        for b, m, rows, _ in shapes
        for r, c in np.argwhere(ticket.rows(b, m, 0, rows)).tolist()
    ]
    empty = [
        (b, m, rng.randrange(rows), rng.randrange(columns))
        for b, m, rows, columns in shapes
        for _ in range(8)
    ]
    rejected = accepted = 0
    for b, m, r, c in kept + empty:
        masks = [[mask.copy() for mask in part] for part in ticket.masks]
        masks[b][m] = np.packbits(ticket.rows(b, m, 0, ticket.blocks[b].layers[m].rows), axis=1)
        masks[b][m][r, c // 8] ^= 128 >> (c % 8)
        mutant = replace(ticket, masks=tuple(tuple(part) for part in masks))
        check = verify(mutant, family)
        error = np.abs(ticket_forward(mutant, x[:, None])[:, 0] - np.sin(2 * np.pi * x)).max()
        accepted += check.ok
        rejected += not check.ok
        assert bool(check.failures) != check.ok
        if error > claim["sup_error_bound"]:
            assert not check.ok
    # Every kept bit counts; most others belong to rows that nothing uses.
    assert rejected >= len(kept)
    assert accepted >= 8


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"theorem": "pensia2020-two-layer"},
        {"target_sha256": "0" * 64},
        {"domain": "box:0,2"},
        {"network_eps": None},
        {"network_eps": 1e-5},
        {"network_eps": float("nan")},
        {"unreached": ((0, 0, 0, "+"),)},
        {"norm_exponents": (1,)},
        {"certificate": {}},
    ],
)
def test_forged_headers_are_refused(powers, change):
    check = verify(replace(powers, **change), parse_family("powers:1-4"))
    assert not check.ok
    assert check.failures


@pytest.mark.parametrize(
    "change",
    [
        {"constant_input": False},
        {"kind": "direct-sums"},
        {"n": 17},
        {"copies_in": 3},
        {"copies_out": 5},
        {"scale_exponent": -1},
        {"scale_exponent": 65},
        {"size": 2},
        {"shared": True},
        {"eps": "0"},
        {"signs": "neither"},
        {"inputs": 2},
        {"outputs": 3},
    ],
)
@pytest.mark.parametrize("index", [0, 1])
def test_forged_blocks_are_refused(powers, change, index):
    if index == 1 and change == {"signs": "positive"}:
        return
    blocks = list(powers.blocks)
    blocks[index] = replace(blocks[index], **change)
    assert not verify(replace(powers, blocks=tuple(blocks)), parse_family("powers:1-4")).ok


@pytest.mark.parametrize(
    "change",
    [{"law": "normal"}, {"bits": 20}, {"stream": 1 << 64}, {"stream": 2}, {"lock": "1/2"},
     {"prune": "1"}, {"prune": "x"}, {"prune": "1/2"}, {"rows": 7}],
)  # fmt: skip
def test_forged_layers_are_refused(powers, change):
    blocks = list(powers.blocks)
    first = replace(blocks[0].layers[0], **change)
    blocks[0] = replace(blocks[0], layers=(first, blocks[0].layers[1]))
    assert not verify(replace(powers, blocks=tuple(blocks)), parse_family("powers:1-4")).ok


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(family="powers:1-5"),
        lambda c: c["functions"][2].update(sup_error_bound=1e-4),
        lambda c: c["functions"][2].update(sup_error_bound=float("nan")),
        lambda c: c["functions"][2].update(sup_error_found=1.0),
        lambda c: c["functions"][2].update(kinks=1),
        lambda c: c["functions"][2].update(name="x"),
        lambda c: c["functions"].pop(),
        lambda c: c.pop("functions"),
    ],
)
def test_forged_claims_are_refused(powers, change):
    import copy

    claims = copy.deepcopy(powers.certificate)
    change(claims)
    assert not verify(replace(powers, certificate=claims), parse_family("powers:1-4")).ok


def test_a_ticket_of_another_family_is_refused(powers):
    assert not verify(powers, parse_family("powers:1-3")).ok
    assert not verify(powers, Family("powers:1-4", tuple(power(p) for p in (1, 2, 3, 5)))).ok
    # Same names, another function: the certificate is about values, not about names.
    other = Family("powers:1-4", tuple(
        Function(f.name, lambda x, f=f: f.value(x) + x / 100, f.curvature)
        for f in parse_family("powers:1-4").functions
    ))  # fmt: skip
    assert not verify(powers, other).ok


def test_sums_of_logarithms_that_leave_all_bounds_are_no_crash():
    ticket = build_universal("monomials:1,2", eps=0.1, seed=1)
    blocks = list(ticket.blocks)
    blocks[2] = replace(blocks[2], scale_exponent=64)
    check = verify(replace(ticket, blocks=tuple(blocks)), parse_family("monomials:1,2"))
    assert not check.ok
    assert check.functions[0].sup_error_bound == float("inf")


def test_rows_of_two_inputs_are_refused():
    ticket = build_universal("monomials:2,2", eps=0.05, seed=1)
    rows = ticket.blocks[0].layers[1].rows
    middle = ticket.rows(0, 1, 0, rows)
    width = 2 * ticket.blocks[0].n
    first = np.flatnonzero(middle[:, : width // 2].any(axis=1))[0]
    other = np.flatnonzero(middle[:, width // 2 : width].any(axis=0))[0] + width // 2
    masks = [[mask.copy() for mask in part] for part in ticket.masks]
    masks[0][1][first, other // 8] |= 128 >> (other % 8)
    check = verify(
        replace(ticket, masks=tuple(tuple(part) for part in masks)), parse_family("monomials:2,2")
    )
    assert not check.ok
    assert "depends on" in check.failures[0]


@pytest.mark.parametrize("side", [1, -1])
def test_sums_of_hinges_walked_outwards_equal_those_added_up_at_each_point(side):
    rng = random.Random(side)
    end = Fraction(3, 2)
    for _ in range(300):
        neurons = [
            _Neuron(*(rng.randint(-4, 4) for _ in range(4))) for _ in range(rng.randint(0, 8))
        ]
        walked = _walk(neurons, side, end)
        places = {Fraction(-n.bias, side * s) for n in neurons if (s := n.slope(side) * side)}
        inside = {place for place in places if 0 < place < end}
        assert [place for place, _ in walked] == [*sorted(inside), end]
        for place, value in walked:
            x = side * place
            slopes = [n.right if side > 0 else n.left for n in neurons]
            assert value == sum(
                n.weight * max(s * x + n.bias, 0) for n, s in zip(neurons, slopes, strict=True)
            )


def test_more_hinges_than_may_be_evaluated_are_refused(powers):
    """Every row that the source has makes a hinge, and every output takes it: 24 KiB each."""
    family = parse_family("powers:1-4")
    (in_mask, middle), (outer,) = powers.masks
    links = np.random.default_rng(1).random((len(middle), 8 * middle.shape[1])) < 0.2
    columns = powers.blocks[1].layers[0].columns
    everything = np.packbits(np.ones((len(outer), columns), dtype=bool), axis=1)
    pair = powers.blocks[0]
    live = np.ones(pair.layers[0].rows, dtype=bool)
    masks = ((np.packbits(live), np.packbits(links, axis=1)), (everything,))
    greedy = replace(powers, masks=masks)
    assert in_mask.shape == masks[0][0].shape
    with pytest.raises(NeedsMemory, match="one function"):
        verify(greedy, family, max_memory=needed_to_check(greedy) + 1)
    assert verify(powers, family, max_memory=needed_to_check(greedy) + 1).ok
