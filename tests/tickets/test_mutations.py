"""Hundreds of ways to falsify a ticket: what changes the network or breaks a rule is rejected.

Harmless are exactly: bits of the out-mask that belong to pruned neurons, a larger eps, weaker
claims, and a flip that leaves every certified number true.
"""

from __future__ import annotations

import io
import itertools
import json
import random
from fractions import Fraction
from typing import Any

import cases
import numpy as np
import plain
import pytest
from forge import field, parts, sealed, stored_mask, with_json, with_mask

from slt_theory.errors import UnreadableFile
from slt_theory.networks import Dense
from slt_theory.tickets import Verification, read_ticket, verify

WIDTHS = (2, 3, 2)


@pytest.fixture(scope="module")
def target() -> Dense:
    return cases.random_target(21, WIDTHS, biases=True)


@pytest.fixture(scope="module", params=["pensia2020-two-layer", "pensia2020-direct"])
def original(request, target, tmp_path_factory) -> bytes:
    n = 16 if request.param == "pensia2020-direct" else cases.N
    ticket = cases.built(target, theorem=request.param, n=n)
    assert ticket.complete
    return cases.as_bytes(ticket, tmp_path_factory.mktemp("original"))


@pytest.fixture(scope="module")
def gadget(target, tmp_path_factory) -> bytes:
    return cases.as_bytes(cases.built(target), tmp_path_factory.mktemp("gadget"))


def judged(data: bytes, target: Dense, folder: Any) -> Verification:
    path = folder / "mutant.slt"
    path.write_bytes(data)
    return verify(read_ticket(path), target)


def flip(row: int, column: int) -> Any:
    def change(array: np.ndarray) -> np.ndarray:
        array[row, column // 8] ^= 128 >> (column % 8)
        return array

    return change


def truth(data: bytes, target: Dense) -> tuple[bool, bool]:
    """Whether the mutant's effective weights keep eps, and whether they keep the claims."""
    slow = plain.PlainTicket(data)
    errors = plain.weight_errors(slow, target)
    within, start = True, 0
    for k, block in enumerate(slow.header["blocks"]):
        size = len(plain.wanted(target, k)) * len(plain.wanted(target, k)[0])
        within &= max(errors[start : start + size]) <= Fraction(block["eps"])
        start += size
    middle = sorted(errors)[(len(errors) - 1) // 2 : len(errors) // 2 + 1]
    claims = slow.certificate
    kept = max(errors) <= Fraction(claims["max_weight_error"])
    return within, kept and sum(middle) / len(middle) <= Fraction(claims["median_weight_error"])


def test_flipped_bits_of_masks_are_judged_as_the_slow_checker_judges_them(
    original, target, tmp_path
):
    rng = random.Random(1)
    before = plain.PlainTicket(original)
    blocks = before.header["blocks"]
    places = [
        (b, m, r, c)
        for b, block in enumerate(blocks)
        for m, layer in enumerate(block["layers"])
        for r, c in itertools.product(range(layer["rows"]), range(layer["columns"]))
    ]
    original_slopes = [
        [block.slopes(len(plain.wanted(target, k)[0]), s) for s in (1, -1)]
        for k, block in enumerate(before.blocks)
    ]
    rejected = harmless = unchanged = 0
    for b, m, r, c in rng.sample(places, 70):
        mutant = with_mask(original, b, m, flip(r, c))
        check = judged(mutant, target, tmp_path)
        layer = blocks[b]["layers"][m]
        row = plain.bits(stored_mask(mutant, b, m), layer["columns"])
        gadget_in = blocks[b]["kind"] == "gadget-pair" and m == 0
        if gadget_in and (
            sum(row[r]) > 1
            or (sum(row[r]) == 1 and row[r].index(1) != r // (layer["rows"] // layer["columns"]))
        ):
            assert not check.ok
            assert any("in-weights" in t or "block" in t for t in check.failures)
            rejected += 1
            continue
        slow = plain.PlainTicket(mutant)
        same = [
            slow.blocks[b].slopes(len(plain.wanted(target, b)[0]), s) for s in (1, -1)
        ] == original_slopes[b]
        within, kept = truth(mutant, target)
        if same:
            assert check.ok, check.failures
            unchanged += 1
        elif not (within and kept):
            assert not check.ok
            assert any(
                "further than eps" in t or "claims" in t or "leaves" in t for t in check.failures
            )
            rejected += 1
        elif check.ok:
            # The certificate still holds for the mutant: try it on corners.
            for x in itertools.product((Fraction(0), Fraction(1)), repeat=WIDTHS[0]):
                assert plain.sup_distance(slow, target, list(x)) <= Fraction(
                    slow.certificate["sup_error_bound"]
                )
            harmless += 1
    assert rejected >= 25


HEADER = [
    (field("theorem", value="pensia2021"), "theorem"),
    (field("theorem", value="malach2020-weights"), None),
    (field("seed", value=lambda s: s + 1), "further than eps"),
    (field("seed", value=2**64 - 1), "further than eps"),
    (field("target_sha256", value="0" * 64), "another target"),
    (field("domain", value="box:0,2"), "claims"),
    (field("domain", value="box:-1,1"), None),
    (field("domain", value="ball:5"), None),
    (field("domain", value="ball:-1"), "domain"),
    (field("domain", value="nonsense"), "domain"),
    (field("network_eps", value=1e-9), "network_eps"),
    (field("network_eps", value=-1.0), "network_eps"),
    (field("norm_exponents", value=[7, 7]), "scale of the norms"),
    (field("unreached", value=[]), True),
    (field("blocks", value=lambda b: b[::-1]), None),
    (field("blocks", value=lambda b: b[:1]), None),
    (field("blocks", value=lambda b: [*b, b[0]]), None),
]
for _k in (0, 1):
    HEADER += [
        (field("blocks", _k, "eps", value="1/1000000"), "further than eps"),
        (field("blocks", _k, "eps", value="0"), "eps"),
        (field("blocks", _k, "eps", value="-1/10"), "eps"),
        (field("blocks", _k, "eps", value="1e999999999"), "eps"),
        (field("blocks", _k, "eps", value="x"), "eps"),
        (field("blocks", _k, "scale_exponent", value=1), None),
        (field("blocks", _k, "scale_exponent", value=-1000), "scale exponent"),
        (field("blocks", _k, "scale_exponent", value=10**6), "scale exponent"),
        (field("blocks", _k, "constant_input", value=False), None),
        (field("blocks", _k, "n", value=lambda n: n + 1), None),
        (field("blocks", _k, "inputs", value=lambda n: n + 1), None),
        (field("blocks", _k, "outputs", value=lambda n: n + 1), None),
        (field("blocks", _k, "kind", value="single-layer"), None),
        (field("blocks", _k, "copies_in", value=2), None),
        (field("blocks", _k, "copies_out", value=2), None),
        (field("blocks", _k, "size", value=1), None),
        (field("blocks", _k, "signs", value="positive"), None),
        (field("blocks", _k, "signs", value="none"), None),
    ]
    for _m in (0, -1):
        _layer = ("blocks", _k, "layers", _m)
        HEADER += [
            (field(*_layer, "stream", value=lambda s: s + 17), "further than eps"),
            (field(*_layer, "stream", value=2**64), "stream"),
            (field(*_layer, "stream", value=-1), "stream"),
            (field(*_layer, "law", value="0.5*uniform"), "law"),
            (field(*_layer, "law", value="normal"), "law"),
            (field(*_layer, "law", value="uniform[-2,2]"), "law"),
            (field(*_layer, "law", value="garbage"), "law"),
            (field(*_layer, "bits", value=23), "bits"),
            (field(*_layer, "bits", value=52), "bits"),
            (field(*_layer, "prune", value="1/2"), None),
            (field(*_layer, "lock", value="1/2"), None),
            (field(*_layer, "prune", value="x"), None),
            (field(*_layer, "rows", value=lambda n: n + 1), None),
            (field(*_layer, "columns", value=lambda n: n + 1), None),
        ]


@pytest.mark.parametrize("number", range(len(HEADER)))
def test_falsified_headers_are_rejected_for_the_right_reason(number, original, target, tmp_path):
    change, reason = HEADER[number]
    mutant = with_json(original, "header.json", change)
    if reason is True:
        assert judged(mutant, target, tmp_path).ok
        return
    try:
        check = judged(mutant, target, tmp_path)
    except UnreadableFile:
        assert reason is None or reason == "stream"
        return
    assert not check.ok
    assert check.failures
    assert reason is None or any(reason in text for text in check.failures), check.failures


def test_a_larger_eps_is_a_weaker_claim_and_passes(original, target, tmp_path):
    mutant = with_json(original, "header.json", field("blocks", 0, "eps", value="1/2"))
    assert judged(mutant, target, tmp_path).ok


CLAIMS = ["max_weight_error", "median_weight_error", "sup_error_bound"]


@pytest.mark.parametrize("key", CLAIMS)
@pytest.mark.parametrize("factor", [0.999, 0.5, 0.0, -1.0])
def test_claims_that_are_too_good_are_rejected(key, factor, original, target, tmp_path):
    mutant = with_json(original, "certificate.json", field(key, value=lambda v: v * factor))
    check = judged(mutant, target, tmp_path)
    assert not check.ok
    assert any("claims" in text for text in check.failures)
    weaker = with_json(original, "certificate.json", field(key, value=lambda v: v * 2))
    assert judged(weaker, target, tmp_path).ok


@pytest.mark.parametrize(
    "change",
    [
        field("sup_error_found", value=lambda v: v * 100),
        field("layer_error_bounds", 0, value=lambda v: v / 2),
        field("layer_error_bounds", value=lambda v: v[:1]),
        field("layer_error_bounds", value=None),
        field("weights", value=lambda v: v + 1),
        field("max_weight_error", value=float("nan")),
        field("sup_error_bound", value=float("nan")),
        field("sup_error_bound", value="small"),
        field("sup_error_bound", value=None),
        lambda record: record.clear(),
        lambda record: record.pop("max_weight_error"),
    ],
)
def test_false_or_unreadable_certificates_are_rejected(change, original, target, tmp_path):
    check = judged(with_json(original, "certificate.json", change), target, tmp_path)
    assert not check.ok
    assert any("claims" in text or "certificate" in text for text in check.failures)


def test_a_smaller_error_found_is_a_weaker_claim_and_passes(original, target, tmp_path):
    mutant = with_json(original, "certificate.json", field("sup_error_found", value=0.0))
    assert judged(mutant, target, tmp_path).ok


def test_masks_that_a_gadget_does_not_allow(gadget, target, tmp_path):
    header = json.loads(parts(gadget)["header.json"])
    rows, columns = (header["blocks"][0]["layers"][0][k] for k in ("rows", "columns"))
    kept = plain.bits(stored_mask(gadget, 0, 0), columns)
    for row in [r for r in range(rows) if sum(kept[r])][:10]:
        other = (kept[row].index(1) + 1) % columns
        check = judged(with_mask(gadget, 0, 0, flip(row, other)), target, tmp_path)
        assert not check.ok
        assert "keeps 2 in-weights" in check.failures[0]

        def moved(array: np.ndarray, row: int = row, other: int = other) -> np.ndarray:
            return flip(row, other)(flip(row, kept[row].index(1))(array))

        check = judged(with_mask(gadget, 0, 0, moved), target, tmp_path)
        assert not check.ok
        assert "not the one of its block" in check.failures[0]


def test_bits_beyond_the_last_column_are_rejected(original, target, tmp_path):
    header = json.loads(parts(original)["header.json"])
    seen = 0
    for b, block in enumerate(header["blocks"]):
        for m, layer in enumerate(block["layers"]):
            if layer["columns"] % 8:
                mutant = with_mask(original, b, m, flip(0, layer["columns"]))
                check = judged(mutant, target, tmp_path)
                assert not check.ok
                assert "beyond the mask's last column" in check.failures[0]
                seen += 1
    assert seen or all(
        layer["columns"] % 8 == 0 for block in header["blocks"] for layer in block["layers"]
    )


def test_other_masks_and_other_targets_are_rejected(original, target, tmp_path):
    for change in (
        lambda a: np.zeros_like(a),
        lambda a: a[::-1].copy(),
        lambda a: np.roll(a, 1, axis=0),
    ):
        check = judged(
            with_mask(
                original,
                0,
                -1 % len(json.loads(parts(original)["header.json"])["blocks"][0]["layers"]),
                change,
            ),
            target,
            tmp_path,
        )
        assert not check.ok
        assert any("further than eps" in text for text in check.failures)
    swapped = parts(original)
    names = [f"block{b}.mask{m}.npy" for b in (0, 1) for m in (0, 1)]
    if all(name in swapped for name in names):
        for m in (0, 1):
            a, b = f"block0.mask{m}.npy", f"block1.mask{m}.npy"
            swapped[a], swapped[b] = swapped[b], swapped[a]
        with pytest.raises(UnreadableFile):
            judged(sealed(swapped), target, tmp_path)
    for seed in range(5):
        other = cases.random_target(seed, WIDTHS, biases=True)
        check = judged(original, other, tmp_path)
        assert not check.ok
        assert any("another target" in text for text in check.failures)
    nudged = [w.copy() for w in target.weights]
    nudged[0][0, 0] = np.nextafter(nudged[0][0, 0], 1)
    check = judged(original, Dense(nudged, biases=target.biases), tmp_path)
    assert any("another target" in text for text in check.failures)
    check = judged(original, Dense([np.ones((1, 2))]), tmp_path)
    assert not check.ok


def test_truncated_and_damaged_bytes_are_unreadable_or_rejected(original, target, tmp_path):
    rng = random.Random(3)
    for length in [0, 1, 4, *(rng.randrange(len(original)) for _ in range(25))]:
        with pytest.raises(UnreadableFile):
            judged(original[:length], target, tmp_path)
    reference = judged(original, target, tmp_path)
    same = 0
    for _ in range(60):
        damaged = bytearray(original)
        damaged[rng.randrange(len(original))] ^= 1 << rng.randrange(8)
        try:
            check = judged(bytes(damaged), target, tmp_path)
        except UnreadableFile:
            continue
        # Fields of the zip that carry nothing (times, attributes): the ticket is the same one.
        assert check == reference
        same += 1
    assert same < 40


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("header.json", b"[]"),
        ("header.json", b"null"),
        ("header.json", b"{}"),
        ("header.json", b"{"),
        ("header.json", b"\xff\xfe"),
        ("header.json", b"[" * 100_000),
        ("certificate.json", b"[]"),
        ("certificate.json", b"3"),
        ("block0.mask0.npy", b""),
        ("block0.mask0.npy", b"\x93NUMPY\x01\x00garbage"),
    ],
)
def test_members_that_are_something_else_are_unreadable(
    member, content, original, target, tmp_path
):
    members = parts(original) | {member: content}
    with pytest.raises(UnreadableFile, match="ticket = "):
        judged(sealed(members), target, tmp_path)


WRONG_TYPES = [
    ("theorem", 3),
    ("seed", "1"),
    ("seed", 1.0),
    ("seed", True),
    ("seed", -1),
    ("seed", 2**64),
    ("version", 2),
    ("format", "zip"),
    ("blocks", 3),
    ("blocks", [3]),
    ("unreached", [[1, 2]]),
    ("unreached", 5),
    ("complete", False),
    ("complete", "yes"),
    ("network_eps", "0.1"),
    ("network_eps", True),
    ("domain", None),
]


@pytest.mark.parametrize(("key", "value"), WRONG_TYPES)
def test_headers_with_wrong_types_are_unreadable(key, value, original, target, tmp_path):
    with pytest.raises(UnreadableFile, match="ticket = "):
        judged(with_json(original, "header.json", field(key, value=value)), target, tmp_path)


@pytest.mark.parametrize("key", ["theorem", "seed", "blocks", "domain", "unreached", "complete"])
def test_headers_with_a_field_missing_are_unreadable(key, original, target, tmp_path):
    with pytest.raises(UnreadableFile):
        judged(with_json(original, "header.json", lambda r: r.pop(key)), target, tmp_path)


def test_a_pickle_is_never_loaded(original, target, tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UnreadableFile):
        judged(sealed(parts(original) | {"block0.mask0.npy": buffer.getvalue()}), target, tmp_path)


def test_a_sum_that_wraps_around_is_not_taken_for_the_weight(tmp_path):
    """The true sum of 2^21 neurons is the weight plus 2^16: in int64 the difference vanishes."""
    from slt_theory.laws import Uniform
    from slt_theory.tickets import write_ticket
    from slt_theory.tickets.checking.certificate import certify

    target = Dense([[[0.5]]])
    import dataclasses

    small = cases.built(target, n=4, signs="needed", eps=2)
    block = small.blocks[0]
    n = 1 << 21
    inner, outer = block.layers
    inner = dataclasses.replace(inner, rows=n)
    outer = dataclasses.replace(outer, columns=n)
    law = Uniform(bits=24)
    u = law.sample(small.seed, inner.stream, 0, n)
    v = law.sample(small.seed, outer.stream, 0, n)
    products = np.where((u > 0) & (v > 0), u * v, 0)
    units = np.cumsum(products.astype(np.float64)) * 2.0**-48
    last = int(np.searchsorted(units, 2.0**16))
    assert last < n
    kept = (products > 0) & (np.arange(n) < last)
    in_mask = np.where(kept, 128, 0).astype(np.uint8)[:, None]
    out_mask = np.packbits(kept[None, :], axis=1)
    assert out_mask.shape == (1, (n + 7) // 8)
    forged = dataclasses.replace(
        small,
        unreached=(),
        blocks=(dataclasses.replace(block, layers=(inner, outer), n=n),),
        masks=((in_mask, out_mask),),
    )
    write_ticket(certify(forged, target), tmp_path / "t.slt")
    check = verify(read_ticket(tmp_path / "t.slt"), target, max_memory=1 << 28)
    assert not check.ok
    assert "exact range" in check.failures[0]
