"""First masks of gadgets: a bit a hidden neuron, in memory and in files; a bit a weight before."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import cases
import numpy as np
import pytest
from forge import as_npy, field, parts, raw, sealed, stored_mask, with_json

from slt_theory.data import shipped_target
from slt_theory.errors import UnreadableFile
from slt_theory.networks import Attention, Dense
from slt_theory.tickets import Ticket, build_ticket, files, read_ticket, verify, write_ticket
from slt_theory.tickets.frozen import frozen_pattern
from slt_theory.tickets.source import kept_matrix
from slt_theory.tickets.ticket import links_of

TARGET = cases.random_target(3, (9, 6, 3), biases=True)
OPTIONS = [
    {"theorem": "pensia2020-two-layer", "n": 72},
    {"theorem": "sreenivasan2022-binary"},
    {"theorem": "otsuka2024-frozen-network", "prune": 0.25, "lock": 0.25, "signs": "needed"},
]


def built(target: Dense = TARGET, **options: object) -> Ticket:
    return build_ticket(target, **{"eps": 0.05, "seed": 1, "threads": 1, **options})


def as_before(ticket: Ticket, path: Path) -> Path:
    """A file as earlier versions wrote it: a bit a weight in every mask, and sealed so."""
    write_ticket(ticket, path)
    members = parts(path.read_bytes())
    for b, block in enumerate(ticket.blocks):
        for m, layer in enumerate(block.layers):
            members.pop(f"block{b}.free{m}.npy", None)
            whole = np.packbits(ticket.rows(b, m, 0, layer.rows), axis=1)
            members[f"block{b}.mask{m}.npy"] = as_npy(whole)
    path.write_bytes(sealed(members))
    return path


@pytest.mark.parametrize("options", OPTIONS, ids=[str(o["theorem"]) for o in OPTIONS])
def test_a_file_of_a_bit_a_weight_is_read_as_the_same_ticket(options, tmp_path):
    ticket = built(**options)
    before = as_before(ticket, tmp_path / "old.slt")
    write_ticket(ticket, tmp_path / "new.slt")
    old, new = (read_ticket(p, target=TARGET) for p in (before, tmp_path / "new.slt"))
    assert old.digest == new.digest == ticket.digest
    assert old.kept == ticket.kept
    assert old.density == ticket.density
    for mine, theirs in zip(old.masks, ticket.masks, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))
    assert verify(old, TARGET).ok
    assert verify(old, TARGET) == verify(new, TARGET)


def test_a_seal_over_a_bit_a_weight_is_accepted_and_another_one_is_not(tmp_path):
    """What builds of the last version sealed: masks as they stand in the file."""
    ticket = built(**OPTIONS[0])
    data = as_before(ticket, tmp_path / "t.slt").read_bytes()
    dense = tuple((stored_mask(data, b, 0), *masks[1:]) for b, masks in enumerate(ticket.masks))
    seal = replace(ticket, masks=dense).digest.hex()
    members = {**parts(data), "digest.json": f'{{"sha256": "{seal}"}}'.encode()}
    (tmp_path / "t.slt").write_bytes(raw(members))
    assert read_ticket(tmp_path / "t.slt").digest == ticket.digest
    members["digest.json"] = f'{{"sha256": "{seal[::-1]}"}}'.encode()
    (tmp_path / "t.slt").write_bytes(raw(members))
    with pytest.raises(UnreadableFile, match="do not belong together"):
        read_ticket(tmp_path / "t.slt")


def test_rows_and_matrices_are_those_of_a_bit_a_weight():
    ticket = built(**OPTIONS[0])
    for b, block in enumerate(ticket.blocks):
        first = block.layers[0]
        dense = ticket.rows(b, 0, 0, first.rows)
        assert dense.shape == (first.rows, first.columns)
        assert dense.sum() == np.bitwise_count(ticket.masks[b][0]).sum()
        packed = np.packbits(dense, axis=1)
        assert np.array_equal(links_of(block, packed), ticket.masks[b][0])
        assert np.array_equal(ticket.rows(b, 0, 7, 30), dense[7:30])
        as_bits = replace(ticket, masks=(*ticket.masks[:b], (packed, ticket.masks[b][1])))
        whole, bits = kept_matrix(ticket, b, 0).toarray(), kept_matrix(as_bits, b, 0).toarray()
        assert np.array_equal(whole, bits)
        assert (whole[dense] != 0).all()
        assert not whole[~dense].any()


def test_a_link_that_the_form_cannot_say_stays_for_the_check_to_name():
    ticket = built(**OPTIONS[0])
    block = ticket.blocks[0]
    dense = np.packbits(ticket.rows(0, 0, 0, block.layers[0].rows), axis=1)
    dense[0, 1] ^= 128
    assert links_of(block, dense) is dense
    check = verify(replace(ticket, masks=((dense, ticket.masks[0][1]), *ticket.masks[1:])), TARGET)
    assert not check.ok


def test_a_pruned_link_and_a_bit_behind_the_last_neuron_are_refused():
    ticket = built(**OPTIONS[2])
    first, mask = ticket.blocks[0].layers[0], ticket.masks[0][0].copy()
    assert set(np.unpackbits(mask)) == {0, 1}
    full = np.packbits(np.ones(first.rows, dtype=bool))
    for forged, reason in ((full, "is frozen pruned"), (mask, "beyond the mask's last")):
        if reason.startswith("beyond"):
            if first.rows % 8 == 0:
                continue
            forged[-1] |= 1
        masks = ((forged, *ticket.masks[0][1:]), *ticket.masks[1:])
        failures = verify(replace(ticket, masks=masks), TARGET).failures
        assert any(reason in text for text in failures)


def test_masks_take_a_bit_a_neuron_not_a_bit_a_weight(tmp_path):
    wide = Dense([np.linspace(-0.4, 0.4, 600)[None, :]])
    ticket = built(wide, n=30)
    block = ticket.blocks[0]
    assert block.mask_bytes() == sum(mask.nbytes for mask in ticket.masks[0])
    assert ticket.masks[0][0].nbytes == 2 * 30 * 600 // 8
    # The theorem's source is dense still.
    assert ticket.source_weights == 2 * 30 * 600 * (600 + 1)


@pytest.mark.parametrize("signs", ["needed", "both"])
def test_locked_bits_are_left_to_the_seed(signs, tmp_path):
    ticket = built(**OPTIONS[2] | {"signs": signs})
    path = tmp_path / "t.slt"
    write_ticket(ticket, path)
    members = parts(path.read_bytes())
    names = {f"block{b}.free{len(k.layers) - 1}.npy" for b, k in enumerate(ticket.blocks)}
    assert names == {name for name in members if "free" in name}
    stored = 0
    for b, block in enumerate(ticket.blocks):
        m = len(block.layers) - 1
        free = np.load(io.BytesIO(members[f"block{b}.free{m}.npy"]))
        whole = ticket.masks[b][m]
        _, locked = frozen_pattern(ticket.seed, block.layers[m], 0, block.layers[m].rows)
        assert np.array_equal(free, whole & ~np.packbits(locked, axis=1))
        stored += int(np.bitwise_count(free).sum())
    assert 0 < stored < ticket.kept / 4
    again = read_ticket(path, target=TARGET)
    assert again.digest == ticket.digest
    assert verify(again, TARGET).ok


def test_a_file_that_stores_a_locked_bit_is_refused(tmp_path):
    ticket = built(**OPTIONS[2])
    path = tmp_path / "t.slt"
    write_ticket(ticket, path)
    members = parts(path.read_bytes())
    members["block0.free1.npy"] = as_npy(ticket.masks[0][1])
    path.write_bytes(raw(members))
    with pytest.raises(UnreadableFile, match="which the seed gives"):
        read_ticket(path, target=TARGET)
    # Where nothing is locked, there is no such member.
    other = built(**OPTIONS[0])
    write_ticket(other, path)
    members = parts(path.read_bytes())
    members["block0.free1.npy"] = members.pop("block0.mask1.npy")
    path.write_bytes(raw(members))
    with pytest.raises(UnreadableFile, match="no part of a ticket"):
        read_ticket(path, target=TARGET)


@pytest.mark.parametrize("lock", ["1/0", "nan", "1e99999999999", "2", "-1"])
def test_a_share_that_is_none_is_refused_before_it_is_used(lock, tmp_path):
    path = tmp_path / "t.slt"
    write_ticket(built(**OPTIONS[2]), path)
    forged = with_json(
        path.read_bytes(), "header.json", field("blocks", 0, "layers", 1, "lock", value=lock)
    )
    path.write_bytes(forged)
    with pytest.raises(UnreadableFile):
        read_ticket(path, target=TARGET)


def test_masks_are_deflated_by_runs_which_any_reader_of_zips_reads(tmp_path, monkeypatch):
    ticket = built(shipped_target("digits_mlp"), n=60)
    write_ticket(ticket, tmp_path / "runs.slt")
    monkeypatch.setattr(files, "_by_runs", lambda member: None)
    write_ticket(ticket, tmp_path / "plain.slt")
    runs, plain = ((tmp_path / name).read_bytes() for name in ("runs.slt", "plain.slt"))
    assert parts(runs) == parts(plain)
    assert len(runs) < 0.95 * len(plain)


def test_attention_tickets_have_the_same_form(tmp_path):
    rng = np.random.default_rng(1)
    heads = Attention(*(rng.uniform(-0.5, 0.5, (1, 3, 3)) for _ in range(4)))
    ticket = build_ticket(heads, eps=0.1, theorem="otsuka2026-attention", seed=1, threads=1)
    assert all(masks[0].ndim == 1 for masks in ticket.masks)
    old = read_ticket(as_before(ticket, tmp_path / "t.slt"), target=heads)
    assert old.digest == ticket.digest
    assert verify(old, heads).ok
