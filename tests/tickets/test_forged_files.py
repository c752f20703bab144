"""What a forger would try first, one by one: claims, fields that nobody sets, sizes, mixtures."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from earlier_files import FOLDER, judged, outputs, target_of
from forge import as_npy, field, parts, raw, sealed, with_json
from hostile import array_header, declared_size, with_blanks

from slt_theory.errors import NeedsMemory, UnreadableFile
from slt_theory.networks import Dense
from slt_theory.tickets import Ticket, read_ticket, verify, write_ticket
from slt_theory.tickets.choices import pack_choices

PLAIN, MOVED, UNIVERSAL = "pensia2020-two-layer", "xiong2023-perturbation", "universal-powers"


def genuine(name: str) -> bytes:
    return (FOLDER / f"{name}.slt").read_bytes()


def opened(name: str) -> Ticket:
    return read_ticket(FOLDER / f"{name}.slt")


def read(data: bytes, folder: Path) -> Ticket:
    path = folder / "t.slt"
    path.write_bytes(data)
    return read_ticket(path)


def refused(data: bytes, name: str, folder: Path) -> str:
    """Why a file is refused: unreadable, or judged wrong."""
    try:
        check = judged(read(data, folder), name)
    except UnreadableFile as error:
        return str(error)
    assert not check.ok
    return "; ".join(check.failures)


# Claims


@pytest.mark.parametrize("name", [PLAIN, "attention", "transformer"])
def test_a_refused_check_knows_no_error(name):
    """What sums up parts leaves out the weights of a part by this sign: they may be forged."""
    ticket = dataclasses.replace(opened(name), domain="ball:nobody")
    check = judged(ticket, name)
    assert check.failures
    assert check.sup_error_bound == check.max_weight_error == math.inf
    assert set(check.layer_error_bounds) == {math.inf}


def test_a_bound_by_a_method_that_does_not_apply_lowers_no_claim(tmp_path):
    """One layer is bounded by intervals alone; the file names another bound, of 0."""
    target = target_of("one-layer")
    found = verify(opened("one-layer"), target).sup_error_found

    def lower(claims: Any) -> None:
        claims["sup_error_bounds"]["relaxation"] = 0.0
        claims["sup_error_bound"] = found

    forged = with_json(genuine("one-layer"), "certificate.json", lower)
    assert "relaxation, which was not recomputed" in refused(forged, "one-layer", tmp_path)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (PLAIN, ("sup_error_bounds", "interval")),
        (PLAIN, ("sup_error_bounds", "relaxation")),
        (PLAIN, ("layer_error_bounds", 1)),
        (PLAIN, ("max_weight_error",)),
        (PLAIN, ("median_weight_error",)),
        (PLAIN, ("sup_error_bound",)),
        (PLAIN, ("sup_error_found",)),
        ("dacunha2022-cnn", ("border_error_bound",)),
        ("dacunha2022-cnn", ("interior_error_found",)),
        ("attention", ("layer_error_bounds", 0)),
        ("attention", ("sup_error_bound",)),
        ("transformer", ("layer_error_bounds", 1)),
        ("transformer", ("sup_error_bound",)),
        ("transformer", ("parts", 1, "sup_error_bounds", "relaxation")),
        (UNIVERSAL, ("functions", 1, "sup_error_bound")),
        (UNIVERSAL, ("functions", 0, "sup_error_found")),
    ],
)
@pytest.mark.parametrize("value", [math.nan, True, "0.5", 10**400])
def test_a_claim_is_a_number(name, path, value, tmp_path):
    forged = with_json(genuine(name), "certificate.json", field(*path, value=value))
    assert "certificate cannot be read" in refused(forged, name, tmp_path)


@pytest.mark.parametrize("name", [PLAIN, "attention", "transformer", UNIVERSAL])
def test_an_unknown_claim_is_refused(name, tmp_path):
    forged = with_json(genuine(name), "certificate.json", field("certified_by", value="us"))
    assert "certified_by, which was not recomputed" in refused(forged, name, tmp_path)


def test_a_file_may_lack_a_method_that_came_later(tmp_path):
    """Not its only one, and not with the claim that rested on it."""

    def without(claims: Any) -> None:
        del claims["sup_error_bounds"]["relaxation"]
        claims["sup_error_bound"] = claims["sup_error_bounds"]["interval"]

    forged = with_json(genuine(PLAIN), "certificate.json", without)
    assert judged(read(forged, tmp_path), PLAIN).ok
    forged = with_json(
        genuine(PLAIN), "certificate.json", lambda c: c["sup_error_bounds"].pop("relaxation")
    )
    assert "its own bounds claim" in refused(forged, PLAIN, tmp_path)
    forged = with_json(genuine(PLAIN), "certificate.json", lambda c: c["sup_error_bounds"].clear())
    assert "cannot be read" in refused(forged, PLAIN, tmp_path)


# Fields that a theorem does not set

BLOCK_VALUES = {
    "size": 3,
    "shared": True,
    "taps": 2,
    "constant_tap": 1,
    "resolution": "1/3",
    "activation": "tanh",
    "shrink": 7,
}
LAYER_VALUES = {"choices": 3, "move": "1/1000"}


@pytest.mark.parametrize("name", [UNIVERSAL, "universal-product", "attention"])
@pytest.mark.parametrize("changed", sorted({*BLOCK_VALUES, *LAYER_VALUES}))
def test_fields_that_the_theorem_does_not_set_are_neutral(name, changed):
    ticket = opened(name)
    value = BLOCK_VALUES.get(changed, LAYER_VALUES.get(changed))
    for k, block in enumerate(ticket.blocks):
        if changed in BLOCK_VALUES:
            other = dataclasses.replace(block, **{changed: value})
        else:
            layer = dataclasses.replace(block.layers[-1], **{changed: value})
            other = dataclasses.replace(block, layers=(*block.layers[:-1], layer))
        blocks = (*ticket.blocks[:k], other, *ticket.blocks[k + 1 :])
        check = judged(dataclasses.replace(ticket, blocks=blocks), name)
        assert not check.ok
        assert any(f"{changed} is set" in text for text in check.failures), check.failures


@pytest.mark.parametrize("name", [UNIVERSAL, "universal-product", "attention", "transformer"])
@pytest.mark.parametrize(
    "change",
    [
        {"architecture": {"attention": 3}},
        {"norm_exponents": (1, 1)},
        {"network_eps": math.nan},
        {"network_eps": math.inf},
        {"choices": ((np.empty(0, np.uint8),),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_fields_of_the_whole_ticket_too(name, change):
    assert not judged(dataclasses.replace(opened(name), **change), name).ok


def test_a_universal_ticket_of_another_network_is_refused(tmp_path):
    """Each of these changes what the file computes by far more than the error that it claims."""
    ticket = opened(UNIVERSAL)
    pair, single = ticket.blocks
    networks = {
        "scaled": (dataclasses.replace(pair, scale_exponent=3), single),
        "bent": (dataclasses.replace(pair, activation="tanh"), single),
        "bent and shrunk": (pair, dataclasses.replace(single, activation="tanh", shrink=7)),
    }
    before, eps = outputs(ticket, UNIVERSAL), ticket.network_eps
    for blocks in networks.values():
        other = dataclasses.replace(ticket, blocks=blocks)
        assert np.abs(outputs(other, UNIVERSAL) - before).max() > eps
        assert not judged(other, UNIVERSAL).ok


def test_moved_weights_are_none_of_a_universal_tickets(tmp_path):
    ticket = opened(UNIVERSAL)
    pair, single = ticket.blocks
    layer = dataclasses.replace(pair.layers[1], choices=257, move="1/1000")
    kept = int(np.bitwise_count(ticket.masks[0][1]).sum())
    packed = pack_choices(np.arange(kept) % 257, layer)
    none = np.empty(0, np.uint8)
    moved = dataclasses.replace(
        ticket,
        blocks=(dataclasses.replace(pair, layers=(pair.layers[0], layer)), single),
        choices=((none, packed), (none,)),
    )
    write_ticket(moved, tmp_path / "t.slt")
    assert not judged(read_ticket(tmp_path / "t.slt"), UNIVERSAL).ok


def test_the_error_in_the_blocks_is_that_of_the_ticket():
    ticket = opened(UNIVERSAL)
    blocks = tuple(dataclasses.replace(block, eps="1/1000000") for block in ticket.blocks)
    check = judged(dataclasses.replace(ticket, blocks=blocks), UNIVERSAL)
    assert "not the ticket's error" in check.failures[0]


# Numbers and sizes

LONG = ["1e99999999", "1e-99999999", "9" * 3000, "1/0", "nan", "inf"]


@pytest.mark.parametrize(
    "name", ["otsuka2024-frozen-network", PLAIN, UNIVERSAL, "attention", "transformer"]
)
@pytest.mark.parametrize("changed", ["prune", "lock", "move", "resolution", "eps"])
@pytest.mark.parametrize("value", LONG, ids=lambda text: text[:6])
def test_numbers_are_read_by_the_bounded_parser(name, changed, value, tmp_path):
    inside = ("blocks", 0) if changed in ("resolution", "eps") else ("blocks", 0, "layers", -1)
    change = field(*inside, changed, value=value)

    def edit(header: Any) -> None:
        header["blocks"][0].setdefault("resolution", "0")
        header["blocks"][0]["layers"][-1].setdefault("move", "0")
        change(header)

    assert refused(with_json(genuine(name), "header.json", edit), name, tmp_path)


@pytest.mark.parametrize("shape", [(1 << 44,), (1 << 40, 1 << 40), (174, 1, 1), (-1,), ()])
def test_an_array_that_declares_another_shape_is_not_allocated(shape, tmp_path):
    members = parts(genuine(PLAIN)) | {"block0.mask0.npy": array_header(shape)}
    assert "block0.mask0.npy" in refused(raw(members), PLAIN, tmp_path)


ARCHITECTURES = [
    {
        "input": [1, 2, 2],
        "layers": [
            {
                "weight": [1, 1, 1],
                "bias": False,
                "kind": "equivariant",
                "basis": [[[0, 0]]],
                "sites": [10**6, 10**6],
            }
        ],
        "steps": [{"step": "weigh", "of": 0, "layer": 0}],
    },
    {
        "input": [4],
        "layers": [{"weight": [10**6, 10**6], "bias": False, "kind": "linear"}],
        "steps": [{"step": "weigh", "of": 0, "layer": 0}],
    },
    {"input": [10**9]},
    {},
]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_architecture_is_compared_before_anything_is_made_of_it(architecture, tmp_path):
    edit = field("architecture", value=architecture)
    forged = with_json(genuine(PLAIN), "header.json", edit)
    assert "architecture is not the target's" in refused(forged, PLAIN, tmp_path)


def test_the_network_of_a_file_is_not_made_from_sizes_that_its_blocks_deny(tmp_path):
    ticket = dataclasses.replace(opened(PLAIN), architecture=ARCHITECTURES[1])
    with pytest.raises(ValueError, match="not the weights of its blocks"):
        outputs(ticket, PLAIN)


@pytest.mark.parametrize("member", ["header.json", "certificate.json", "extra.bin"])
def test_members_that_unfold_to_much_are_refused_by_what_they_declare(member, tmp_path):
    data = with_blanks(parts(genuine(PLAIN)), member, 70, blank=b" ")
    assert member in refused(data, PLAIN, tmp_path)


@pytest.mark.parametrize("size", [0, 1, 1 << 30, 0xFFFFFFF0])
@pytest.mark.parametrize("member", sorted(parts(genuine(PLAIN))))
def test_a_declared_length_that_is_not_true_is_refused(member, size, tmp_path):
    assert refused(declared_size(genuine(PLAIN), member, size), PLAIN, tmp_path)


def test_a_record_that_json_would_make_large_needs_memory(tmp_path):
    """A mebibyte of brackets is a hundred of lists."""
    members = parts(genuine(PLAIN))
    members["header.json"] = json.dumps({"unreached": [[]] * 800_000}).encode()
    with pytest.raises(NeedsMemory):
        read(raw(members, deflated=True), tmp_path)


def test_a_long_list_of_members_is_refused(tmp_path):
    members = parts(genuine(PLAIN)) | {f"{k:06}": b"" for k in range(30_000)}
    assert "list of members is too long" in refused(raw(members), PLAIN, tmp_path)


# Members


@pytest.mark.parametrize("member", sorted(parts(genuine(MOVED))))
def test_each_member_is_there_once(member, tmp_path):
    members = parts(genuine(MOVED))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(member, members[member])
    assert "the same name" in refused(buffer.getvalue(), MOVED, tmp_path)
    short = {name: content for name, content in members.items() if name != member}
    assert member in refused(raw(short), MOVED, tmp_path)


@pytest.mark.parametrize(
    "extra",
    ["extra.bin", "block9.mask0.npy", "block0.choices0.npy", "../header.json", "HEADER.JSON"],
)
def test_no_other_member_is_there(extra, tmp_path):
    data = raw(parts(genuine(PLAIN)) | {extra: as_npy(np.zeros(3, np.uint8))})
    assert "no part of a ticket" in refused(data, PLAIN, tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_packed_in_the_two_usual_ways(method, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts(genuine(PLAIN)).items():
            archive.writestr(name, content)
    assert "unusual way" in refused(buffer.getvalue(), PLAIN, tmp_path)


def test_a_field_stands_once_in_a_record(tmp_path):
    members = parts(genuine(PLAIN))
    members["header.json"] = members["header.json"].rstrip()[:-1] + b', "seed": 1}'
    assert "twice" in refused(raw(members), PLAIN, tmp_path)


def test_parts_of_two_tickets_do_not_mix(tmp_path):
    """Two tickets of one target, of one shape: every exchange of a proper part of their members."""
    first = tmp_path / "first.slt"
    second = tmp_path / "second.slt"
    ticket = opened(MOVED)
    write_ticket(ticket, first)
    claims = {**ticket.certificate, "sup_error_found": 0.0}
    masks = tuple(tuple(mask.copy() for mask in pair) for pair in ticket.masks)
    for mask in masks[0]:
        mask[-1] = 0
    other = dataclasses.replace(
        ticket,
        network_eps=10.0,
        masks=masks,
        certificate=claims,
        choices=tuple(tuple(row[::-1].copy() for row in pair) for pair in ticket.choices),
    )
    write_ticket(other, second)
    ours, theirs = parts(first.read_bytes()), parts(second.read_bytes())
    differ = [name for name in ours if ours[name] != theirs[name]]
    assert {"header.json", "certificate.json", "digest.json", "block0.mask1.npy"} <= set(differ)
    for number in range(1, 2 ** len(differ) - 1):
        taken = {name: theirs[name] for k, name in enumerate(differ) if number >> k & 1}
        assert "do not belong together" in refused(raw(ours | taken), MOVED, tmp_path)
    assert judged(read(raw(ours), tmp_path), MOVED).ok


def test_mixed_parts_without_a_digest_are_judged_by_what_they_say(tmp_path):
    """A forger may leave the digest out, as old files do, or put the right one: no claim passes."""
    members = parts(genuine(PLAIN))
    strange = parts(genuine("malach2020-weights"))
    for name in members:
        for data in (raw(members | {name: strange[name]}), sealed(members | {name: strange[name]})):
            why = refused(data, PLAIN, tmp_path) if strange[name] != members[name] else "same"
            assert why


# Memory that may be taken


def slt(*arguments: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slt_theory", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )


def roomy(name: str, rows: int) -> bytes:
    """A file whose header and mask agree on a first layer of so many rows."""
    header = json.loads(parts(genuine(name))["header.json"])
    layer = header["blocks"][0]["layers"][0]
    layer["rows"], width = rows, (layer["columns"] + 7) // 8
    members = parts(genuine(name)) | {"header.json": json.dumps(header).encode()}
    return raw(members | {"block0.mask0.npy": array_header((rows, width)) + bytes(rows * width)})


@pytest.mark.parametrize("name", [PLAIN, UNIVERSAL])
def test_a_file_that_needs_more_than_may_be_taken_ends_with_exit_code_5(name, tmp_path):
    path = tmp_path / "t.slt"
    path.write_bytes(roomy(name, 1 << 21))
    verb = ("universal", "--verify", path)
    if name == PLAIN:
        verb = ("ticket", "verify", path, "--target", FOLDER / "dense.npz")
    answer = slt(*verb, "--memory", "1M")
    assert answer.returncode == 5
    assert "--memory" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert slt(*verb, "--memory", "1G").returncode == 1
    path.write_bytes(genuine(name))
    assert slt(*verb).returncode == 0


def test_a_large_target_lets_its_file_be_large(tmp_path):
    """80 MiB of mask in a short file: too much for all that the file says, not for a wide layer."""
    header = json.loads(parts(genuine("one-layer"))["header.json"])
    header["blocks"][0]["layers"][0].update(rows=10 << 20, columns=64)
    members = parts(genuine("one-layer")) | {"header.json": json.dumps(header).encode()}
    start = array_header((10 << 20, 8))
    (tmp_path / "t.slt").write_bytes(with_blanks(members, "block0.mask0.npy", 80, start=start))
    for target in (None, target_of("one-layer")):
        with pytest.raises(NeedsMemory, match="masks"):
            read_ticket(tmp_path / "t.slt", target=target)
    wide = Dense(np.zeros((1, 1, 2000)))
    # Once read, a bit a neuron.
    for options in ({"target": wide}, {"max_memory": 1 << 30}):
        assert read_ticket(tmp_path / "t.slt", **options).masks[0][0].nbytes == 10 << 17


def test_work_is_counted_before_it_is_done():
    ticket = opened(PLAIN)
    with pytest.raises(NeedsMemory, match="check of this ticket"):
        verify(ticket, target_of(PLAIN), max_memory=1000)
    with pytest.raises(ValueError, match="max_memory"):
        verify(ticket, target_of(PLAIN), max_memory=0)
