"""The sums of gadget pairs in registers: nothing but targets comes in, masks go out.

A program, one warp, solves `ROWS` output rows of one group: tensors (.., ROWS) have their first
dimension within a thread or among ``32 / ROWS`` neighbours. The out-weights of a target are
consecutive numbers of a stream: `BLOCKS` Philox blocks, whose four words make four such tensors.
Word ``4 b + lane`` belongs to neuron ``k = 4 b + lane - skip`` of the group; `rank` says which of
its live numbers that is (DEAD: none, or one beyond `FINE`), so items are found by rank and never
moved.

The order of trying is that of `slt_theory.torch.scan`; integers are the same, bit for bit.
"""

# Triton reads the source of these functions; their arguments are tensors, pointers and constants.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,attr-defined"

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["sum_kernel", "try_kernel"]

DEAD = tl.constexpr(127)
FINE = tl.constexpr(44)  # live numbers of a group that are tried
# A 1 among them would become a constant of the compiled code, and a constant has no type.
_NUMBERS = ["rows", "first_row", "stream_low", "stream_high", "key_low", "key_high"]
LOWEST = tl.constexpr(-(1 << 24))  # of a uniform weight, in units of 2**-24


@triton.jit
def _philox(block, stream_low, stream_high, key_low, key_high):
    """Philox 4x32-10 of 64-bit block numbers: four uint32 tensors."""
    c0 = block.to(tl.uint32)
    c1 = (block >> 32).to(tl.uint32)
    c2 = tl.zeros_like(c0) + stream_low.to(tl.uint32)
    c3 = tl.zeros_like(c0) + stream_high.to(tl.uint32)
    k0 = key_low.to(tl.uint32)
    k1 = key_high.to(tl.uint32)
    for _ in tl.static_range(10):
        p0 = c0.to(tl.uint64) * 0xD2511F53
        p1 = c2.to(tl.uint64) * 0xCD9E8D57
        c0 = (p1 >> 32).to(tl.uint32) ^ c1 ^ k0
        c2 = (p0 >> 32).to(tl.uint32) ^ c3 ^ k1
        c1 = p1.to(tl.uint32)
        c3 = p0.to(tl.uint32)
        k0 = (k0.to(tl.uint64) + 0x9E3779B9).to(tl.uint32)
        k1 = (k1.to(tl.uint64) + 0xBB67AE85).to(tl.uint32)
    return c0, c1, c2, c3


@triton.jit
def _uniform(word):
    """The uniform law of one word at 24 bits: ``slt_theory.laws.Uniform(bits=24)``."""
    return ((((word >> 6) + 1) >> 1).to(tl.int32) + LOWEST).to(tl.int64)


@triton.jit
def _neuron(skip, lane: tl.constexpr, BLOCKS: tl.constexpr):
    """Neuron of the group that each word of a lane belongs to; outside 0 .. n - 1 for none."""
    return 4 * tl.arange(0, BLOCKS)[:, None] + lane - skip[None, :]


@triton.jit
def _rank(rank, group, width, k):
    return tl.load(rank + group * width + k, mask=(k >= 0) & (k < width), other=DEAD)


@triton.jit
def _item(u, group, width, k, rank, word):
    """Products of live neurons, else 0."""
    weight = tl.load(u + group * width + k, mask=rank < DEAD, other=0)
    return weight * _uniform(word)


@triton.jit
def _draw(u, rank, group, width, base, s0, s1, k0, k1, BLOCKS: tl.constexpr):
    """Items (BLOCKS, ROWS) of the four lanes, and their ranks."""
    skip = (base & 3).to(tl.int32)
    block = (base >> 2)[None, :] + tl.arange(0, BLOCKS)[:, None]
    w0, w1, w2, w3 = _philox(block, s0, s1, k0, k1)
    n0 = _neuron(skip, 0, BLOCKS)
    n1 = _neuron(skip, 1, BLOCKS)
    n2 = _neuron(skip, 2, BLOCKS)
    n3 = _neuron(skip, 3, BLOCKS)
    r0 = _rank(rank, group, width, n0)
    r1 = _rank(rank, group, width, n1)
    r2 = _rank(rank, group, width, n2)
    r3 = _rank(rank, group, width, n3)
    x0 = _item(u, group, width, n0, r0, w0)
    x1 = _item(u, group, width, n1, r1, w1)
    x2 = _item(u, group, width, n2, r2, w2)
    x3 = _item(u, group, width, n3, r3, w3)
    return x0, x1, x2, x3, r0, r1, r2, r3


@triton.jit
def _total(x0, x1, x2, x3):
    return tl.sum(x0 + x1 + x2 + x3, 0)


@triton.jit
def _zeros(x, r):
    """Live items that are 0."""
    return ((x == 0) & (r < DEAD)).to(tl.int32)


@triton.jit
def _round(x, shift):
    half = ((tl.full(shift.shape, 1, tl.int64) << shift) >> 1)[None, :]
    return ((x + half) >> shift[None, :]).to(tl.int32)


@triton.jit
def _turned(r, begin, padded):
    """Ranks in a turn that begins with item `begin`; dead ones stay beyond all."""
    moved = tl.where(r >= begin, r - begin, r - begin + padded)
    return tl.where(r < DEAD, moved, DEAD)


@triton.jit
def _pick(y0, y1, y2, y3, q0, q1, q2, q3, place):
    """The item at a place of the turn."""
    return _total(
        tl.where(q0 == place, y0, 0),
        tl.where(q1 == place, y1, 0),
        tl.where(q2 == place, y2, 0),
        tl.where(q3 == place, y3, 0),
    )


@triton.jit
def _in_code(y, q, code):
    """Rounded items beyond the table whose bit of the Gray code is set."""
    bit = (code >> tl.minimum(tl.maximum(q - 8, 0), 31)) & 1
    return tl.where((q >= 8) & (q < DEAD) & (bit == 1), y, 0)


@triton.jit
def _chosen(mask, r):
    """True for the neurons of a lane that a mask over live ranks keeps."""
    bits = (mask[None, :] >> tl.minimum(r, 63).to(tl.int64)) & 1
    return (r < DEAD) & (bits == 1)


@triton.jit
def _octets(kept, k, group, n, word):
    """Bits of one 32-bit word of packed masks: byte by byte, the first bit highest."""
    h = group * n + k
    place = ((h >> 3) & 3) * 8 + 7 - (h & 7)
    inside = kept & ((h >> 5) == word)
    return tl.where(inside, tl.full(h.shape, 1, tl.int32) << place, 0)


@triton.jit
def _kept(x, line, first, k, width, there):
    """Items of a lane whose mask bit is set; bit `first` belongs to neuron 0."""
    h = first + k
    inside = (k >= 0) & (k < width) & there[None, :]
    word = tl.load(line[None, :] + (h >> 5), mask=inside, other=0)
    return tl.where((word >> (((h >> 3) & 3) * 8 + 7 - (h & 7))) & 1 == 1, x, 0)


@triton.jit(do_not_specialize=_NUMBERS)
def try_kernel(
    targets,
    u,
    rank,
    count,
    out,
    states,
    rows,
    first_row,
    columns,
    halves,
    groups,
    n,
    words_per_row,
    radius,
    stream_low,
    stream_high,
    key_low,
    key_high,
    ROWS: tl.constexpr,
    BLOCKS: tl.constexpr,
    WORDS: tl.constexpr,
):
    """Try the sums of `ROWS` rows of one group.

    targets (rows, columns) int64; u, rank (groups, n) int64 and int32; count (groups) int32, -1
    for a group to leave alone; out (rows, words_per_row) int32, zero; states (rows, groups) int8,
    see `slt_theory.torch.solve`.
    """
    group = tl.program_id(0) % groups
    row = (tl.program_id(0) // groups) * ROWS + tl.arange(0, ROWS)
    candidates = tl.load(count + group)
    live = tl.minimum(candidates, FINE)
    there = row < rows
    if candidates >= 0:
        target = tl.load(
            targets + row.to(tl.int64) * columns + group // halves, mask=there, other=0
        )
        base = (first_row + row).to(tl.int64) * (groups * n) + group * n
        x0, x1, x2, x3, r0, r1, r2, r3 = _draw(
            u, rank, group, n, base, stream_low, stream_high, key_low, key_high, BLOCKS
        )
        zeros = _total(_zeros(x0, r0), _zeros(x1, r1), _zeros(x2, r2), _zeros(x3, r3))
        lowest = _total(tl.minimum(x0, 0), tl.minimum(x1, 0), tl.minimum(x2, 0), tl.minimum(x3, 0))
        highest = _total(tl.maximum(x0, 0), tl.maximum(x1, 0), tl.maximum(x2, 0), tl.maximum(x3, 0))
        # Numbers beyond `FINE` are needed only where no single one goes beyond the target.
        largest = tl.max(
            tl.maximum(tl.maximum(tl.abs(x0), tl.abs(x1)), tl.maximum(tl.abs(x2), tl.abs(x3))),
            0,
        )
        long = candidates > FINE
        left = (zeros > 0) | (long & (tl.abs(target) > largest))
        span = highest - lowest
        shift = tl.zeros_like(span)
        for power in tl.static_range(5):
            more = (span >> (29 + (16 >> power) + shift)) != 0
            shift += tl.where(more, 16 >> power, 0)
        one = tl.full(span.shape, 1, tl.int64)
        lo = tl.maximum(target - radius, lowest)
        hi = tl.minimum(target + radius, highest)
        margin = tl.where(shift > 0, (live + 1) // 2, 0)
        low = ((lo + (one << shift) - 1) >> shift) + margin
        width = (hi >> shift) - margin - low
        padded = tl.maximum(live, 8)
        everything = one << (padded - 8)
        tries = 1.5 * span.to(tl.float64) / ((hi - lo + 1).to(tl.float64) * 256.0)
        few = tries + 4.0 < everything.to(tl.float64)
        blocks = tl.where(few, tl.where(few, tries, 0.0).to(tl.int64) + 4, everything)
        turns = tl.where(few, tl.minimum(6, (padded + 4) // 5), 1)

        absent = lo > hi
        nothing = (lo <= 0) & (hi >= 0) & (absent == 0)
        open_ = there & (absent == 0) & (nothing == 0) & (width >= 0) & (left == 0)
        proved = (shift == 0) & (blocks == everything) & open_
        y0 = _round(x0, shift)
        y1 = _round(x1, shift)
        y2 = _round(x2, shift)
        y3 = _round(x3, shift)
        start = (-low - (width >> 1)).to(tl.int32)
        bound = ((width + 1) >> 1).to(tl.int32)

        mask = tl.zeros_like(span)
        hit_any = there & (there == 0)
        nibble = tl.arange(0, 16)
        turn = 0
        while (turn < 6) & (tl.sum((open_ & (turns > turn)).to(tl.int32), 0) > 0):
            begin = (turn * 8) % padded
            q0 = _turned(r0, begin, padded)
            q1 = _turned(r1, begin, padded)
            q2 = _turned(r2, begin, padded)
            q3 = _turned(r3, begin, padded)
            table = tl.zeros([16, ROWS], tl.int32)
            for t in tl.static_range(4):
                item = _pick(y0, y1, y2, y3, q0, q1, q2, q3, t)
                table += item[None, :] & -((nibble >> t) & 1)[:, None]
            h4 = _pick(y0, y1, y2, y3, q0, q1, q2, q3, 4)
            h5 = _pick(y0, y1, y2, y3, q0, q1, q2, q3, 5)
            h6 = _pick(y0, y1, y2, y3, q0, q1, q2, q3, 6)
            h7 = _pick(y0, y1, y2, y3, q0, q1, q2, q3, 7)
            block = 0
            trying = open_ & (turns > turn)
            while tl.sum(trying.to(tl.int32), 0) > 0:
                code = block ^ (block >> 1)
                offset = start + _total(
                    _in_code(y0, q0, code),
                    _in_code(y1, q1, code),
                    _in_code(y2, q2, code),
                    _in_code(y3, q3, code),
                )
                best = tl.full([16, ROWS], 2147483647, tl.int32)
                place = tl.zeros([16, ROWS], tl.int32)
                for high in range(16):
                    shifted = offset + (
                        (h4 & -(high & 1))
                        + (h5 & -((high >> 1) & 1))
                        + (h6 & -((high >> 2) & 1))
                        + (h7 & -((high >> 3) & 1))
                    )
                    far = tl.abs(table + shifted[None, :])
                    place = tl.where(far <= best, high, place)
                    best = tl.minimum(far, best)
                least = tl.min(best, 0)
                last = tl.max(tl.where(best == least[None, :], place * 16 + nibble[:, None], -1), 0)
                hit = trying & (least <= bound)
                local = last.to(tl.int64) | (code.to(tl.int64) << 8)
                whole = (local << begin) | (local >> (padded - begin))
                mask = tl.where(hit, whole & ((one << padded) - 1) & ((one << live) - 1), mask)
                hit_any = hit_any | hit
                open_ = open_ & (hit == 0)
                block += 1
                trying = trying & (hit == 0) & (blocks > block)
            turn += 1

        c0 = _chosen(mask, r0)
        c1 = _chosen(mask, r1)
        c2 = _chosen(mask, r2)
        c3 = _chosen(mask, r3)
        total = _total(
            tl.where(c0, x0, 0), tl.where(c1, x1, 0), tl.where(c2, x2, 0), tl.where(c3, x3, 0)
        )
        hit_any = hit_any & (lo <= total) & (total <= hi)
        reached = nothing | hit_any
        none = (absent | (proved & open_)) & (long == 0)
        state = tl.where(reached, 0, tl.where(none, 1, 2))
        state = tl.where(left, 2, state)
        tl.store(states + row.to(tl.int64) * groups + group, state.to(tl.int8), mask=there)
        skip = (base & 3).to(tl.int32)
        k0 = _neuron(skip, 0, BLOCKS)
        k1 = _neuron(skip, 1, BLOCKS)
        k2 = _neuron(skip, 2, BLOCKS)
        k3 = _neuron(skip, 3, BLOCKS)
        keep = hit_any[None, :]
        for w in tl.static_range(WORDS):
            word = ((group * n) >> 5) + w
            packed = _total(
                _octets(c0 & keep, k0, group, n, word),
                _octets(c1 & keep, k1, group, n, word),
                _octets(c2 & keep, k2, group, n, word),
                _octets(c3 & keep, k3, group, n, word),
            )
            # Neighbouring groups share the words at their ends.
            tl.atomic_or(
                out + row.to(tl.int64) * words_per_row + word,
                packed,
                mask=there & (packed != 0),
                sem="relaxed",
            )
    else:
        tl.store(
            states + row.to(tl.int64) * groups + group,
            tl.full([ROWS], 2, tl.int8),
            mask=there,
        )


@triton.jit(do_not_specialize=_NUMBERS)
def sum_kernel(
    packed,
    u,
    rank,
    sums,
    rows,
    first_row,
    groups,
    n,
    begin,
    width,
    words_per_row,
    stream_low,
    stream_high,
    key_low,
    key_high,
    ROWS: tl.constexpr,
    BLOCKS: tl.constexpr,
):
    """Add to sums (rows, groups) int64 what packed masks (rows, words) int32 keep.

    u, rank (groups, width): neurons ``begin ...`` of every group.
    """
    group = tl.program_id(0) % groups
    row = (tl.program_id(0) // groups) * ROWS + tl.arange(0, ROWS)
    there = row < rows
    base = (first_row + row).to(tl.int64) * (groups * n) + group * n + begin
    x0, x1, x2, x3, _r0, _r1, _r2, _r3 = _draw(
        u, rank, group, width, base, stream_low, stream_high, key_low, key_high, BLOCKS
    )
    skip = (base & 3).to(tl.int32)
    line = packed + row.to(tl.int64) * words_per_row
    first = group * n + begin
    total = _total(
        _kept(x0, line, first, _neuron(skip, 0, BLOCKS), width, there),
        _kept(x1, line, first, _neuron(skip, 1, BLOCKS), width, there),
        _kept(x2, line, first, _neuron(skip, 2, BLOCKS), width, there),
        _kept(x3, line, first, _neuron(skip, 3, BLOCKS), width, there),
    )
    place = sums + row.to(tl.int64) * groups + group
    tl.store(place, tl.load(place, mask=there, other=0) + total, mask=there)
