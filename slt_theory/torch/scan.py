"""Trying subset sums on tensors: the answers of `slt_theory.subset_sum`'s scan, row for row.

The canonical choice of a subset, whatever the machine: items are rounded to 32 bits; the first
eight form a table of 256 sums; a Gray code runs over the others. In the first block of 256 sums
with one inside the (shrunken) range the one nearest to its middle wins, among equal ones the last.
Where no block has one, later turns begin at the ninth, seventeenth, ... item. All of that is a
function of the row and its range alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["ABSENT", "UNDECIDED", "scan_rows"]

ABSENT, UNDECIDED = -1, -2

_EFFORT = 1.5
_TURNS = 6
_BITS = 30


def scan_rows(items: Tensor, targets: Tensor, radius: int) -> Tensor:
    """A subset within `radius` of its target for every row, by trying.

    Parameters
    ----------
    items : int64 tensor (sums, n)
        At most 44 items a row, none of them 0.
    targets : int64 tensor (sums,)
    radius : int

    Returns
    -------
    int64 tensor (sums,)
        Masks, bit k for item k; ABSENT where there provably is none, UNDECIDED where none was
        found. Work space: about 4 KiB a row.
    """
    n = items.shape[1]
    padded = max(n, 8)
    lowest, highest = items.clamp(max=0).sum(1), items.clamp(min=0).sum(1)
    lo = torch.maximum(targets - radius, lowest)
    hi = torch.minimum(targets + radius, highest)
    shift = _shift(highest - lowest)
    rounded, low, width = _rounded(items, lo, hi, shift)
    blocks, turns = _effort(highest - lowest, hi - lo + 1, padded)

    masks = torch.full_like(targets, UNDECIDED)
    masks[(lo <= 0) & (hi >= 0)] = 0
    masks[lo > hi] = ABSENT
    open_rows = torch.nonzero((masks == UNDECIDED) & (width >= 0)).flatten()
    rounded = torch.nn.functional.pad(rounded, (0, padded - n))
    for turn in range(_TURNS):
        open_rows = open_rows[turns[open_rows] > turn]
        if not open_rows.numel():
            break
        begin = turn * 8 % padded
        local = _turn(
            rounded[open_rows].roll(-begin, 1), low[open_rows], width[open_rows], blocks[open_rows]
        )
        hit = local >= 0
        rows, local = open_rows[hit], local[hit]
        mask = ((local << begin) | (local >> (padded - begin))) & ((1 << n) - 1)
        total = _sums(items[rows], mask)
        fits = (lo[rows] <= total) & (total <= hi[rows])
        masks[rows] = torch.where(fits, mask, UNDECIDED)
        open_rows = open_rows[~hit]
    # Without rounding, all sums tried are a proof: an odd width, where a hit may miss, ends at the
    # smallest or the largest sum, so that there is a subset.
    everything = 1 << (padded - 8)
    complete = (masks == UNDECIDED) & (width >= 0) & (shift == 0) & (blocks == everything)
    return masks.masked_fill_(complete, ABSENT)


def _rounded(items: Tensor, lo: Tensor, hi: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Items in units of ``2**shift``, and start and width of ranges that pay for the rounding."""
    half = (1 << shift) >> 1
    rounded = ((items + half[:, None]) >> shift[:, None]).int()
    margin = torch.where(shift > 0, (items.shape[1] + 1) // 2, 0)
    low = ((lo + (1 << shift) - 1) >> shift) + margin
    return rounded, low, (hi >> shift) - margin - low


def _effort(span: Tensor, sums: Tensor, items: int) -> tuple[Tensor, Tensor]:
    """Blocks of 256 sums to try in a turn, and turns; one turn where blocks hold all sums."""
    everything = 1 << (items - 8)
    tries = _EFFORT * span.double() / (sums.double() * 256.0)
    few = tries + 4.0 < everything
    blocks = torch.where(few, tries.clamp(max=everything).long() + 4, everything)
    return blocks, torch.where(few, min(_TURNS, (items + 4) // 5), 1)


def _shift(span: Tensor) -> Tensor:
    """Bits to drop so that sums keep 30: the number of bits of `span` beyond those."""
    shift = torch.zeros_like(span)
    for bit in (16, 8, 4, 2, 1):
        shift += bit * ((span >> (_BITS - 1 + bit + shift)) != 0)
    return shift


def _sums(items: Tensor, masks: Tensor) -> Tensor:
    bits = torch.arange(items.shape[1], device=items.device)
    return (items * ((masks[:, None] >> bits) & 1)).sum(1)


def _table(items: Tensor) -> Tensor:
    """All sums of the first eight items, int32."""
    table = torch.zeros_like(items[:, :1])
    for t in range(8):
        table = torch.cat([table, table + items[:, t : t + 1]], 1)
    return table


def _turn(items: Tensor, low: Tensor, width: Tensor, blocks: Tensor) -> Tensor:
    """Masks of the first hits among ``256 * blocks`` sums, or -1.

    A hit may lie below `low` by one where the width is odd.
    """
    found = torch.full_like(low, -1)
    rows = torch.arange(low.numel(), device=low.device)
    table = _table(items)
    offset = -(low + (width >> 1)).int()
    bound = ((width + 1) >> 1).int()
    numbers = torch.arange(256, dtype=torch.int16, device=low.device)
    rest = 0
    for block in range(int(blocks.max())):
        if block:
            j = (block & -block).bit_length() - 1
            item = items[:, 8 + j]
            offset = offset - item if (rest >> j) & 1 else offset + item
            rest ^= 1 << j
        far = (table + offset[:, None]).abs()
        least = far.amin(1)
        hit = least <= bound
        if bool(hit.any()):
            last = torch.where(far[hit] == least[hit, None], numbers, -1).amax(1)
            found[rows[hit]] = last.long() | (rest << 8)
        keep = ~hit & (blocks > block + 1)
        if not bool(keep.all()):
            rows, table, items = rows[keep], table[keep], items[keep]
            offset, bound, blocks = offset[keep], bound[keep], blocks[keep]
            if not rows.numel():
                break
    return found
