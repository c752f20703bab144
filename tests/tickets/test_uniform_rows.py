"""Rows solved in one compiled call: against the same in steps, and in Python integers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Uniform
from slt_theory.networks import Dense
from slt_theory.streams import Purpose, stream_id
from slt_theory.subset_sum.kernels import row as kernel
from slt_theory.tickets import verify
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.building.build import build_ticket
from slt_theory.tickets.building.fill import LayerSums, fill
from slt_theory.tickets.building.uniform_rows import UniformRows, stretches
from slt_theory.tickets.frozen import frozen_pattern

UNIT = 1 << PRODUCT_BITS
RADIUS = UNIT // 50


def sums(groups: int, n: int, frozen: tuple[str, str], seed: int, *, apart: bool) -> LayerSums:
    """Six rows; of the columns a tenth are dead, and with `apart` those of three groups mixed."""
    draw = np.random.default_rng(seed)
    stream = stream_id(Purpose.WEIGHTS, 5)
    layer = SourceLayer(6, groups * n, "uniform", 24, stream, *frozen)
    slopes = draw.integers(1 << 22, 1 << 24, (groups, n)) * (draw.random((groups, n)) > 0.1)
    goals = draw.integers(-UNIT // 2, UNIT // 2, (6, groups))
    block = Block("free-pair", 6, groups, False, (layer, layer), n, "1/50")
    places = None
    if apart:
        parts = [range(k, min(k + 3, groups)) for k in range(0, groups, 3)]
        mixed = [draw.permutation(len(p) * n) + p.start * n for p in parts]
        places = np.sort(np.concatenate(mixed).reshape(groups, n), axis=1)
    return LayerSums(block, slopes, goals, RADIUS, RADIUS, places=places)


CASES = [
    (groups, n, frozen, apart)
    for groups, n in ((1, 21), (7, 40), (5, 97), (40, 130))
    for frozen in (("0", "0"), ("1/4", "0"), ("1/8", "1/4"))
    for apart in (False, True)
]


@pytest.mark.parametrize(("groups", "n", "frozen", "apart"), CASES)
def test_one_call_gives_the_masks_of_its_steps(groups, n, frozen, apart, monkeypatch):
    task = sums(groups, n, frozen, groups + n, apart=apart)
    assert UniformRows.applies(task, task.slopes.astype(np.int32))
    mask, missed = fill(task, 9, threads=1)
    monkeypatch.setattr(UniformRows, "applies", staticmethod(lambda *_: False))
    slow, slow_missed = fill(task, 9, threads=1)
    assert (mask == slow).all()
    assert missed == slow_missed


@pytest.mark.parametrize(("groups", "n", "frozen", "apart"), CASES)
def test_sums_of_a_mask_in_integers(groups, n, frozen, apart):
    task = sums(groups, n, frozen, groups, apart=apart)
    mask, missed = fill(task, 9, threads=1)
    law = Uniform(bits=24)
    numbers = law.sample(9, task.layer.stream, 0, 6 * groups * n).reshape(6, -1)
    pruned, locked = frozen_pattern(9, task.layer, 0, 6)
    kept = np.unpackbits(mask, axis=1, count=groups * n).astype(bool)
    assert not (kept & pruned).any()
    assert kept[locked].all()
    places = task.places
    columns = np.arange(groups * n).reshape(groups, n) if places is None else places
    for r in range(6):
        for g in range(groups):
            total = sum(
                int(task.slopes[g, w]) * int(numbers[r, columns[g, w]])
                for w in np.flatnonzero(kept[r, columns[g]])
            )
            near = abs(total - int(task.goals[r, g])) <= RADIUS
            assert near == ((r, g) not in missed)


def test_stretches_hold_the_columns_of_their_groups():
    task = sums(40, 130, ("0", "0"), 3, apart=True)
    bounds = stretches(task)
    assert bounds[0] == 0
    assert bounds[-1] == 40
    assert len(bounds) > 2
    assert (np.diff(bounds) > 0).all()
    for first, end in pairwise(bounds.tolist()):
        own = np.sort(task.places[first:end].ravel())
        assert (own == np.arange(first * 130, end * 130)).all()


def test_a_wrong_bit_of_the_kernel_is_found_by_the_check(monkeypatch):
    target, real = Dense([[[0.5, -0.25], [0.1, 0.7]]]), kernel.solve_row

    def faulty(*args):
        real(*args)
        args[-1][0] ^= 128

    assert verify(build_ticket(target, eps=0.05, seed=1), target).ok
    monkeypatch.setattr(kernel, "solve_row", faulty)
    assert not verify(build_ticket(target, eps=0.05, seed=1), target).ok
