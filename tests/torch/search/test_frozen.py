"""Frozen patterns: exact counts, from seed or register; feasible densities; mask bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from slt_theory.errors import BadInput
from slt_theory.torch.search import frozen_network, register_words
from slt_theory.torch.search.registers import TAPS
from slt_theory.torch.train import BUDGETS, Mlp, budget, conv, count_of, draws, hamming, sizes

MODEL = Mlp((20, 16, 10), bias=False)  # 480 weights


def shifted(state, times):
    for _ in range(times):
        state = (state >> 1) ^ (TAPS if state & 1 else 0)
    return state


def test_a_register_is_its_shifts():
    starts = [1, 0xDEADBEEF, 0xFFFFFFFF]
    words = register_words(np.array(starts, dtype=np.uint32), 70)
    for row, state in zip(words, starts, strict=True):
        for k in range(70):
            assert int(row[k]) == state
            state = shifted(state, 32)
    with pytest.raises(BadInput, match="register"):
        register_words(np.array([0], dtype=np.uint32), 3)


def test_the_feedback_is_primitive():
    """x has order 2^32 - 1: not a divisor by any prime of 3 * 5 * 17 * 257 * 65537."""

    def times(matrix, columns):
        def apply(state):
            total = 0
            for bit in range(32):
                if state >> bit & 1:
                    total ^= matrix[bit]
            return total

        return [apply(column) for column in columns]

    one = [1 << bit for bit in range(32)]
    step = [shifted(column, 1) for column in one]

    def power(exponent):
        result, square = one, step
        while exponent:
            if exponent & 1:
                result = times(square, result)
            square, exponent = times(square, square), exponent >> 1
        return result

    period = (1 << 32) - 1
    assert power(period) == one
    assert all(power(period // prime) != one for prime in (3, 5, 17, 257, 65537))


@pytest.mark.parametrize("rule", BUDGETS)
@pytest.mark.parametrize("pattern", ["seed", "lfsr"])
def test_counts_are_exact(rule, pattern):
    members = draws(1, 3)
    for model in (MODEL, conv(2, (1, 8, 8), width=4, bias=False)):
        total = sum(sizes(model.shapes).values())
        frozen = frozen_network(
            model.shapes, members, prune="0.3", lock="0.25", rule=rule, pattern=pattern
        )
        gone, forced = count_of("0.3", total), count_of("0.25", total)
        assert frozen.mask_bits == total - gone - forced
        wanted = budget(model.shapes, f"{frozen.mask_bits}/{total}", rule=rule)
        for s in range(3):
            assert sum(int(mask[s].sum()) for mask in frozen.pruned.values()) == gone
            assert sum(int(mask[s].sum()) for mask in frozen.locked.values()) == forced
            for name in wanted:
                held = frozen.pruned[name][s] | frozen.locked[name][s]
                assert int((~held).sum()) == wanted[name] == frozen.free[name]
                assert not (frozen.pruned[name][s] & frozen.locked[name][s]).any()
        others = {name: mask.roll(1, 0) for name, mask in frozen.pruned.items()}
        assert int(hamming(frozen.pruned, others).min()) > 0


def test_replicates_keep_their_pattern_in_any_stack():
    for pattern in ("seed", "lfsr"):
        stack = frozen_network(MODEL.shapes, draws(1, 4), prune="0.5", pattern=pattern)
        alone = frozen_network(MODEL.shapes, draws(1, [2]), prune="0.5", pattern=pattern)
        assert all(torch.equal(stack.pruned[n][2], alone.pruned[n][0]) for n in stack.pruned)


def test_densities_are_exact_and_bounded_by_what_is_frozen():
    frozen = frozen_network(MODEL.shapes, draws(1, 2), prune="0.2", lock="0.3")
    for density in ("0.3", "0.31", "0.5", "0.8"):
        keep = frozen.keep_counts(density)
        assert sum(keep.values()) == count_of(density, 480)
        for name, count in keep.items():
            assert frozen.forced[name] <= count <= frozen.forced[name] + frozen.free[name]
    for density in ("0.29", "0.81"):
        with pytest.raises(BadInput, match=r"feasible: 0\.3 \.\. 0\.8"):
            frozen.keep_counts(density)
    with pytest.raises(BadInput, match="must leave free weights"):
        frozen_network(MODEL.shapes, draws(1, 1), prune="0.5", lock="0.5")
