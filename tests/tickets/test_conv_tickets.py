"""Tickets for networks with sites against the slow masked network: values, bounds, borders."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import cases
import conv_cases
import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.networks import Conv, Geometry
from slt_theory.networks.bases import generators
from slt_theory.tickets import build_ticket, read_ticket, ticket_forward, verify, write_ticket

N, EPS = 44, 0.0625
TARGETS = {
    "conv": conv_cases.small_conv(),
    "tiny": conv_cases.tiny_conv(),
    "skip": conv_cases.tiny_residual(),
    "residual": conv_cases.residual(),
    "cyclic": conv_cases.equivariant("cyclic:3", 3, 3),
    "permutations": conv_cases.equivariant("permutations:3", 3, 2),
    "max": conv_cases.pooled("max"),
    "average": conv_cases.pooled("average"),
}
FROZEN = {"prune": Fraction(1, 10), "lock": Fraction(1, 10), "n": None, "signs": "needed"}
BUILDS = [
    ("conv", {"theorem": "pensia2020-two-layer"}),
    ("conv", {"theorem": "dacunha2022-direct", "n": 22}),
    ("tiny", {"theorem": "burkholz2022b-conv-residual", "n": 22, "signs": "needed"}),
    ("tiny", {"theorem": "otsuka2024-frozen-network", **FROZEN}),
    ("tiny", {"theorem": "natale2024-network", "size": 3, "n": 60}),
    ("skip", {"theorem": "burkholz2022b-conv-residual", "n": 22, "signs": "needed"}),
    ("residual", {"theorem": "dacunha2022-cnn"}),
    ("cyclic", {"theorem": "ferbach2023-equivariant"}),
    ("cyclic", {"theorem": "natale2024-equivariant", "size": 3, "n": 60}),
    ("permutations", {"theorem": "ferbach2023-equivariant", "domain": "box:-1,1"}),
    ("max", {"theorem": "dacunha2022-cnn", "domain": "box:-1,0.5"}),
    ("average", {"theorem": "dacunha2022-cnn", "domain": "ball:2"}),
]


@pytest.fixture(scope="module", params=BUILDS, ids=lambda b: f"{b[0]}-{b[1]['theorem']}")
def built(request, tmp_path_factory):
    name, options = request.param
    ticket = build_ticket(TARGETS[name], **{"eps": EPS, "n": N, "seed": 1, "threads": 1, **options})
    path = tmp_path_factory.mktemp("t") / "t.slt"
    write_ticket(ticket, path)
    return TARGETS[name], ticket, path


def inputs(ticket, size, count, *, seed=0):
    rng = random.Random(seed)
    kind, _, ends = ticket.domain.partition(":")
    lo, hi = map(Fraction, ends.split(",")) if kind == "box" else (-1, 1)
    for k in range(count):
        if k % 2:
            x = [rng.choice((Fraction(lo), Fraction(hi))) for _ in range(size)]
        else:
            x = [lo + (hi - lo) * Fraction(rng.randint(0, 64), 64) for _ in range(size)]
        if kind == "ball":
            norm = Fraction(int(sum(v * v for v in x) ** 0.5 * 2**20) + 2, 2**20)
            x = [v * Fraction(ends) / norm for v in x]
        yield x


def test_it_is_verified_and_is_the_real_masked_network(built):
    target, ticket, path = built
    check = verify(read_ticket(path), target)
    assert check.ok, check.failures
    assert check.certificate() == ticket.certificate
    slow = conv_cases.PlainConvTicket(path.read_bytes(), target)
    assert slow.kept == ticket.kept
    bound = Fraction(check.sup_error_bound)
    for x in inputs(ticket, target.size_in, 2):
        exact, wanted = slow.forward(x), conv_cases.target_forward(target, x)
        assert max(abs(a - b) for a, b in zip(exact, wanted, strict=True)) <= bound
        ours = ticket_forward(read_ticket(path), [[float(v) for v in x]]).ravel().tolist()
        # At most a few hundred terms of size at most 64 a layer, five layers.
        assert all(
            abs(Fraction(a) - b) <= Fraction(1, 2**30) for a, b in zip(ours, exact, strict=True)
        )
        floats = target.forward(np.array([[float(v) for v in x]])).ravel().tolist()
        assert all(
            abs(Fraction(a) - b) <= Fraction(1, 2**30) for a, b in zip(floats, wanted, strict=True)
        )
    assert check.sup_error_found <= check.sup_error_bound


def test_the_search_finds_what_some_input_really_has(built):
    """The largest error over many corners is not above what is certified, nor far above found."""
    target, ticket, _ = built
    if not ticket.domain.startswith("box"):
        return
    lo, hi = map(float, ticket.domain.partition(":")[2].split(","))
    rng = np.random.default_rng(3)
    x = rng.choice((lo, hi), (4000, target.size_in))
    ours = ticket_forward(ticket, x).reshape(len(x), -1)
    gap = np.abs(ours - target.forward(x).reshape(len(x), -1)).max()
    assert gap <= ticket.certificate["sup_error_bound"] + 2.0**-30
    assert ticket.certificate["sup_error_found"] >= 0.5 * gap


def test_border_and_interior_are_certified_apart(built):
    target, ticket, _ = built
    certificate = ticket.certificate
    if not isinstance(target, Conv) and all(w.ndim != 4 for w in target.weights):
        assert "border_error_bound" not in certificate
        return
    for kind in ("border", "interior"):
        assert certificate[f"{kind}_error_found"] <= certificate[f"{kind}_error_bound"]
    padded = any(target.unrolling(k).border.any() for k in range(target.depth))
    assert (certificate["border_error_bound"] > 0) == padded


@pytest.mark.parametrize("theorem", ["dacunha2022-cnn", "burkholz2022b-conv-residual"])
def test_one_seed_gives_one_sequence_of_bytes(theorem, tmp_path):
    written = []
    for threads in (1, 2):
        ticket = build_ticket(
            TARGETS["tiny"], theorem=theorem, eps=EPS, n=N, seed=1, threads=threads
        )
        write_ticket(ticket, tmp_path / "t.slt")
        written.append((tmp_path / "t.slt").read_bytes())
    assert written[0] == written[1]


def with_bit(ticket, block, mask, row, column):
    masks = [list(m) for m in ticket.masks]
    changed = masks[block][mask].copy()
    changed[row, column // 8] ^= 128 >> (column % 8)
    masks[block][mask] = changed
    return dataclasses.replace(ticket, masks=tuple(map(tuple, masks)))


@pytest.mark.parametrize(
    ("theorem", "options"),
    [
        ("dacunha2022-cnn", {}),
        ("burkholz2022b-conv-residual", {"n": 22}),
        ("dacunha2022-direct", {"n": 22}),
    ],
)
def test_a_bias_through_a_padded_tap_is_rejected(theorem, options, tmp_path):
    """The border defect: every weight within eps, the bias carried through the wrong tap too."""
    target = conv_cases.tiny_conv()
    ticket = build_ticket(target, theorem=theorem, **{"eps": EPS, "n": N, "seed": 1, **options})
    assert verify(ticket, target).ok
    block = ticket.blocks[0]
    assert (block.taps, block.constant_tap) == (9, 4)
    m = len(block.layers) - 1
    last = block.layers[m]
    for tap in (0, 8):
        if block.kind == "direct-sums":
            row, column = tap * block.columns + block.inputs, 0
        else:
            row, column = tap, last.columns - 1
        check = verify(with_bit(ticket, 0, m, row, column), target)
        assert not check.ok
        assert "meets the zero padding" in check.failures[0]
        assert "only tap 4 carries constants" in check.failures[0]


def test_moving_the_constant_tap_in_the_header_is_rejected():
    target = conv_cases.small_conv()
    ticket = build_ticket(target, theorem="dacunha2022-cnn", eps=EPS, n=N, seed=1)
    for change in ({"constant_tap": 0}, {"taps": 3}, {"taps": 1}):
        blocks = (dataclasses.replace(ticket.blocks[0], **change), *ticket.blocks[1:])
        check = verify(dataclasses.replace(ticket, blocks=blocks), target)
        assert not check.ok
        assert any("tap" in text or "shapes" in text for text in check.failures)


def test_another_architecture_is_rejected(tmp_path):
    target = conv_cases.small_conv()
    ticket = build_ticket(target, theorem="dacunha2022-cnn", eps=EPS, n=N, seed=1)
    strides = dataclasses.replace(target, geometry=(Geometry(), Geometry(stride=2, padding=1)))
    assert verify(ticket, strides).ok  # "same" is padding 1
    other = {**ticket.architecture, "input": [1, 3, 4]}
    check = verify(dataclasses.replace(ticket, architecture=other), target)
    assert not check.ok
    assert any("architecture" in text for text in check.failures)
    check = verify(dataclasses.replace(ticket, architecture=None), target)
    assert not check.ok


@pytest.mark.parametrize("name", ["cyclic:5", "permutations:4", "shifts:2x3", "rotations:3"])
def test_equivariant_tickets_are_equivariant_to_the_last_bit(name):
    """On dyadic inputs with few digits every float sum is exact: equality, not closeness."""
    from slt_theory.networks.bases import shipped_basis

    basis = shipped_basis(name)
    sites, elements = basis.shape[1], len(basis)
    whole = conv_cases.equivariant(name, sites, elements)
    # One layer: sums of products of 48 bits with inputs 0 and 1 stay exact in float64.
    from slt_theory.networks import from_layers
    from slt_theory.networks.layers import EquivariantLayer

    target = from_layers(
        [EquivariantLayer(whole.weights[0], name, None if name[:3] == "rot" else whole.biases[0])],
        input_shape=(1, sites),
    )
    ticket = build_ticket(target, theorem="ferbach2023-equivariant", eps=EPS, seed=3)
    check = verify(ticket, target)
    assert check.ok, check.failures
    x = np.random.default_rng(1).integers(0, 2, (20, 1, sites)).astype(float)
    out = ticket_forward(ticket, x)
    for g in generators(name):
        moved, expected = np.empty_like(x), np.empty_like(out)
        moved[..., g], expected[..., g] = x, out
        assert ticket_forward(ticket, moved).tolist() == expected.tolist()


def test_grouped_and_dilated_layers_are_certified():
    target = Conv(
        (conv_cases.numbers(1, 2, 1, 3, 3), conv_cases.numbers(2, 4, 1, 3, 3)),
        (conv_cases.numbers(3, 2), conv_cases.numbers(4, 4)),
        geometry=(Geometry(dilation=2), Geometry(groups=2)),
        input_shape=(1, 5, 5),
    )
    ticket = build_ticket(target, theorem="dacunha2022-cnn", eps=EPS, n=N, seed=1)
    check = verify(ticket, target)
    assert check.ok, check.failures
    assert ticket.complete


def test_what_cannot_be_built_says_why():
    no_tap = Conv(
        (conv_cases.numbers(1, 1, 1, 3, 3),),
        (conv_cases.numbers(2, 1),),
        (),
        (Geometry(padding=2),),
        (1, 6, 6),
    )
    with pytest.raises(BadInput, match=r"conv1\.bias.*meets the padding"):
        build_ticket(no_tap, theorem="dacunha2022-cnn", eps=0.1, n=9, seed=1)
    with pytest.raises(BadInput, match="input_shape"):
        build_ticket(Conv((conv_cases.numbers(1, 1, 1, 3, 3),)), eps=0.1, n=9, seed=1)
    with pytest.raises(BadInput, match="a convolution"):
        build_ticket(
            cases.random_target(1, (2, 2), biases=False), theorem="dacunha2022-cnn", eps=0.1
        )
    with pytest.raises(BadInput, match="one copy"):
        build_ticket(
            conv_cases.from_layers(
                [
                    conv_cases.Residual(
                        [conv_cases.ConvolutionLayer(conv_cases.numbers(1, 1, 1, 1, 1))],
                        [conv_cases.ConvolutionLayer(conv_cases.numbers(2, 1, 1, 1, 1))],
                    )
                ],
                input_shape=(1, 2, 2),
            ),
            theorem="burkholz2022b-conv-residual",
            eps=0.1,
            n=9,
        )


def test_a_square_image_is_inferred_from_a_readout():
    target = Conv((conv_cases.numbers(1, 2, 1, 3, 3), conv_cases.numbers(2, 3, 18)))
    assert target.shape_in == (1, 3, 3)
    ticket = build_ticket(target, theorem="dacunha2022-cnn", eps=EPS, n=N, seed=1)
    assert verify(ticket, target).ok


@pytest.mark.parametrize("name", ["tiny", "skip", "average"])
def test_the_network_error_asked_for_is_reached(name):
    target = TARGETS[name]
    ticket = build_ticket(target, network_eps=Fraction(1, 2), seed=2, signs="needed")
    assert ticket.complete
    assert ticket.certificate["sup_error_bound"] <= 0.5
    assert verify(ticket, target).ok
