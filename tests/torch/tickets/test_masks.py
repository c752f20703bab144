"""Draws and masks on tensors are those of the numpy path, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pairs import Case

from slt_theory.errors import BadInput, NeedsMemory
from slt_theory.laws import Masked, Normal, Uniform, parse_law
from slt_theory.subset_sum.kernels.rows import scan_rows as numba_scan
from slt_theory.testing import CustomLaw
from slt_theory.torch import draws, words
from slt_theory.torch.effective import pair_sums
from slt_theory.torch.pair import pack, unpack
from slt_theory.torch.scan import scan_rows
from slt_theory.torch.solve import solve_pair

UNIFORM, NORMAL = Uniform(bits=24), Normal(24)
ENDS = [(0, 0, 0), (2**64 - 1, 2**64 - 1, 3), (12345678901234567, (1 << 56) | 5, 2**33 + 1)]
LAWS = [
    *("uniform", "normal", "uniform*uniform", "relu(uniform)*uniform", "normal*uniform"),
    *("normal*normal", "bernoulli(0.3)*uniform", "0.5*uniform", "uniform[0,1/3]"),
    *("uniform*uniform*uniform", "uniform[-3,200]"),
]


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize(("seed", "stream", "start"), ENDS)
def test_draws_equal_those_of_the_laws(name, seed, stream, start):
    law = parse_law(name)
    there = np.random.default_rng(0).integers(0, 2**40, (30, 7))
    for each in (law, law if "*uniform" in name or "*normal" in name else law.at(24)):
        drawn = draws.sample(each, seed, stream, start, 1001)
        assert np.array_equal(drawn.numpy(), each.sample(seed, stream, start, 1001))
        scattered = draws.sample_at(each, seed, stream, torch.from_numpy(there))
        assert np.array_equal(scattered.numpy(), each.sample_at(seed, stream, there))


def test_a_law_of_the_users_own_is_refused():
    law = CustomLaw("mine", lambda w: w.astype("int64"), bits=24, support=(0, 1))
    with pytest.raises(BadInput, match="mine"):
        draws.sample(law, 0, 0, 0, 4)
    with pytest.raises(BadInput, match="seed"):
        words.words32(-1, 0, 0, 4)


@pytest.mark.parametrize("bits", [48, 24, 12])
@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 16, 24, 44])
def test_trying_gives_the_mask_of_the_compiled_scan(n, bits):
    """Also where every sum is tried without rounding, which proves absence."""
    rng = np.random.default_rng(n)
    for eps in (0.1, 1e-2, 1e-3):
        items = (rng.uniform(-1, 1, (200, n)) * rng.uniform(-1, 1, (200, n)) * 2**bits).astype(int)
        items[items == 0] = 1
        wanted = (rng.uniform(-1.2, 1.2, 200) * 2**bits).astype(np.int64)
        radius = int(eps * 2**bits)
        masks, errors = np.empty(200, np.int64), np.empty(200, np.int64)
        numba_scan(items, wanted - radius, wanted + radius, wanted, 1.5, masks, errors)
        tried = scan_rows(torch.from_numpy(items), torch.from_numpy(wanted), radius)
        assert np.array_equal(tried.numpy(), masks)


# About 950 weights each, 1,900 sums: 12 cases make 11,400 weights.
CASES = [
    (law, eps, n)
    for law in (UNIFORM, NORMAL)
    for eps, n in ((0.1, 12), (0.03, 24), (0.01, 30), (0.01, 92), (0.003, 44), (0.001, 40))
]


def test_absence_is_never_claimed_where_a_subset_is():
    """Small integers, no rounding: ranges cut at the smallest or largest sum have odd widths."""
    generator = np.random.default_rng(7)
    items = generator.choice([-3, -2, -1, 1, 2, 3], size=(4000, 9)) * 7
    wanted = generator.integers(-90, 90, size=4000)
    sums = np.array([[(m >> k) & 1 for k in range(9)] for m in range(512)]) @ items.T
    for radius in (2, 3):
        reached = (np.abs(sums - wanted) <= radius).any(axis=0)
        masks = scan_rows(torch.from_numpy(items), torch.from_numpy(wanted), radius).numpy()
        assert not reached[masks == -1].any()
        assert (np.abs(sums[masks, np.arange(4000)] - wanted)[masks >= 0] <= radius).all()
        assert (masks == -2).sum() < 400


@pytest.mark.parametrize(("law", "eps", "n"), CASES, ids=lambda v: str(v))
def test_masks_equal_those_of_the_numpy_path(law, eps, n):
    case = Case(law, eps, n, rows=38, columns=25)
    masks = solve_pair(case.pair, case.targets, case.radius)
    assert case.check(masks) > 2000
    sums = pair_sums(case.pair, masks.out, masks.neurons)
    errors = (sums - case.targets[..., None]).abs()
    for row, column, sign in masks.unreached:
        errors[row, column, "+-".index(sign)] = 0
    assert int(errors.max()) <= case.radius


@pytest.mark.parametrize(
    ("law", "eps", "n", "halves"),
    [
        (Masked(UNIFORM, 0.5), 0.01, 50, 2),  # out-weights that are exactly 0
        (Masked(UNIFORM, 0.5), 0.01, 12, 2),  # groups without live numbers
        (UNIFORM, 1e-7, 60, 2),  # too narrow to be tried
        (UNIFORM, 1e-4, 44, 1),  # one half only
        (UNIFORM, 0.3, 1, 2),
        (UNIFORM, 0.02, 150, 2),  # numbers beyond those that are tried
    ],
)
def test_masks_of_odd_cases_are_equal_too(law, eps, n, halves):
    case = Case(law, eps, n, rows=9, columns=7, halves=halves, index=1)
    case.check(solve_pair(case.pair, case.targets, case.radius))


def test_targets_beyond_every_number_are_equal_too():
    """There the numpy path adds numbers one by one before it tries."""
    case = Case(UNIFORM, 0.02, 120, rows=12, columns=5)
    case.wanted *= 3
    case.check(solve_pair(case.pair, case.targets, case.radius))


def test_blocks_of_rows_change_nothing_and_progress_adds_up():
    case = Case(UNIFORM, 0.02, 20, rows=30, columns=6)
    whole = solve_pair(case.pair, case.targets, case.radius)
    told: list[int] = []
    need = 2 * 100 * case.pair.hidden
    parts = solve_pair(case.pair, case.targets, case.radius, memory=7 * need, progress=told.append)
    assert torch.equal(whole.out, parts.out)
    assert whole.unreached == parts.unreached
    assert len(told) == 5
    assert sum(told) == 30 * 12
    with pytest.raises(NeedsMemory, match="memory"):
        solve_pair(case.pair, case.targets, case.radius, memory=need - 1)


@pytest.mark.parametrize("law", [UNIFORM, NORMAL])
def test_out_weights_of_the_processor_are_those_of_a_device(law):
    """On a processor they are drawn by compiled code, on a device by tensors."""
    case = Case(law, 0.1, 7, rows=5, columns=3)
    stream, hidden = case.block.layers[1].stream, case.pair.hidden
    drawn = draws.sample(law, case.seed, stream, 2 * hidden, 3 * hidden)
    assert torch.equal(case.pair.out_weights(2, 5).flatten(), drawn)


def test_a_wrong_seed_or_stream_gives_other_masks():
    """The comparison can fail."""
    case = Case(UNIFORM, 0.02, 26, rows=9, columns=4)
    for other in (
        Case(UNIFORM, 0.02, 26, rows=9, columns=4, index=1),
        Case(NORMAL, 0.02, 26, rows=9, columns=4),
    ):
        with pytest.raises(AssertionError):
            case.check(solve_pair(other.pair, case.targets, case.radius))


@pytest.mark.parametrize("columns", [1, 7, 8, 9, 64, 67])
def test_bits_are_packed_as_by_numpy(columns):
    bits = np.random.default_rng(columns).integers(0, 2, (5, columns), dtype=np.uint8)
    packed = pack(torch.from_numpy(bits))
    assert np.array_equal(packed.numpy(), np.packbits(bits, axis=1))
    assert np.array_equal(unpack(packed, columns).numpy(), bits)
