"""Masks in files, read some rows at a time."""

from __future__ import annotations

import numpy as np

from slt_theory.tickets import mapped
from slt_theory.tickets.mapped import let_go, ones, stretches, used_columns


def masks(tmp_path):
    bits = np.random.default_rng(0).random((301, 77)) < 0.01
    packed = np.packbits(bits, axis=1)
    on_disk = np.memmap(tmp_path / "m", np.uint8, "w+", 16, packed.shape)
    on_disk[:] = packed
    return bits, packed, on_disk


def test_what_is_let_go_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(mapped, "_AT_ONCE", 1000)
    bits, packed, on_disk = masks(tmp_path)
    let_go(on_disk)
    let_go(on_disk, 17, 300)
    let_go(on_disk[3:9])
    let_go(packed, 2, 5)
    for mask in (packed, on_disk):
        assert (np.concatenate(list(stretches(mask))) == packed).all()
        assert len(list(stretches(mask))) > 2
        assert ones(mask) == np.count_nonzero(bits)
        assert (used_columns(mask, 77) == bits.any(axis=0)).all()
    assert (on_disk == packed).all()


def test_no_rows_are_no_ones():
    empty = np.zeros((0, 3), np.uint8)
    assert ones(empty) == 0
    assert not used_columns(empty, 20).any()
