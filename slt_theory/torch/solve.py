"""The masks of one gadget pair: blocks of rows tried on the device, the rest settled by numba.

A block is tried by the fused kernel, or by `scan` in plain torch. What trying cannot settle goes to
the solvers of the numpy path; what a sum gets there depends on its row alone, so every mask is that
of the numpy path, bit for bit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from slt_theory.arrays import Ints
from slt_theory.errors import NeedsMemory
from slt_theory.subset_sum.kernels.ragged import FINE, SCAN_LIMIT
from slt_theory.tickets.building.gadget import fill_pair
from slt_theory.tickets.building.request import Layer
from slt_theory.tickets.building.sums import solve_sums
from slt_theory.torch.pair import GadgetPair, pack
from slt_theory.torch.scan import ABSENT, UNDECIDED, scan_rows

__all__ = ["Masks", "row_bytes", "solve_compiled", "solve_pair"]

REACHED, NONE, OPEN = range(3)
"""States of a sum after trying; the kernel writes the same numbers."""

_OPEN_ITEMS = 1 << 22  # settled by numba at a time
_SUMS = 8192  # tried at a time in plain torch: their tables stay in the cache


@dataclass(frozen=True)
class Masks:
    """Masks of a pair, and the sums that were not reached.

    Attributes
    ----------
    out : uint8 tensor (rows, bytes)
        Kept out-weights, packed along rows.
    neurons : uint8 tensor (bytes,)
        Hidden neurons that keep their in-weight, packed: live and used by some row.
    unreached : tuple of (row, input, sign)
    """

    out: Tensor
    neurons: Tensor
    unreached: tuple[tuple[int, int, str], ...]


def row_bytes(pair: GadgetPair, *, fused: bool) -> int:
    """Work space for one row of the out-layer, the finished masks not counted."""
    # A word on its way through Philox takes a dozen int64; the kernel keeps it in registers.
    return 8 * (pair.hidden // 32 + 1) + 2 * pair.groups if fused else 100 * pair.hidden


def solve_pair(
    pair: GadgetPair,
    targets: Tensor,
    radius: int,
    *,
    fused: bool = False,
    memory: int = 1 << 30,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Masks:
    """Both masks of a pair.

    Parameters
    ----------
    pair : GadgetPair
    targets : int64 tensor (rows, columns)
        Targets on the lattice of the sums, on the pair's device; 0 where there is no link.
    radius : int
    fused : bool
        Use the kernel, see `slt_theory.torch.kernels.launch.can_draw`; else plain torch.
    memory : int
        Bytes of work space; besides it the masks take ``rows * hidden / 8`` bytes.
    threads, progress
        Of the part that runs in numba; called with the sums of every finished block of rows.

    Raises
    ------
    NeedsMemory
        If not even two rows fit: one block is tried while the one before is finished.
    """
    need = row_bytes(pair, fused=fused)
    step = memory // (2 * need)
    if not step:
        raise NeedsMemory("two rows of a mask", 2 * need, memory, "raise memory")
    try_rows = _trier(pair, _easy(pair, radius), fused)
    side = _side_stream(pair.device)
    out = torch.zeros(pair.rows, (pair.hidden + 7) // 8, dtype=torch.uint8, device=pair.device)
    missed: list[int] = []
    before: _Block | None = None
    for now in chain(_tried(pair, targets, radius, step, try_rows, out), [None]):
        if before is not None:
            with contextlib.nullcontext() if side is None else torch.cuda.stream(side):
                missed += before.finish(pair, targets, radius, threads)
            if progress is not None:
                progress(len(before.out) * pair.groups)
        before = now
    if side is not None:
        torch.cuda.current_stream(pair.device).wait_stream(side)
    unreached = tuple(pair.block.half_sum(*divmod(place, pair.groups)) for place in missed)
    return Masks(out, pair.used(out), unreached)


def _side_stream(device: torch.device) -> Any:
    """A second stream of a GPU, on which a block is finished while the next one is tried."""
    return torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]


def _tried(
    pair: GadgetPair, targets: Tensor, radius: int, step: int, try_rows: Trier, out: Tensor
) -> Iterator[_Block]:
    """Blocks of `step` rows, each tried when it is asked for."""
    for start in range(0, pair.rows, step):
        stop = min(start + step, pair.rows)
        states = torch.empty(stop - start, pair.groups, dtype=torch.int8, device=pair.device)
        try_rows(targets[start:stop], radius, start, out[start:stop], states)
        yield _Block.of(start, out[start:stop], states)


def solve_compiled(
    pair: GadgetPair,
    targets: Tensor,
    radius: int,
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Masks:
    """The same masks by the numpy path itself: the way on a processor, many times as fast."""
    block = pair.block
    layer = Layer(
        targets.numpy(),
        radius,
        block.scale_exponent,
        Fraction(block.eps),
        block.inputs,
        block.taps,
        block.constant_tap,
    )
    (_, outer), unreached = fill_pair(
        block, layer, seed=pair.seed, radius=radius, threads=threads, progress=progress
    )
    out = torch.from_numpy(outer)
    return Masks(out, pair.used(out), tuple(unreached))


class Trier(Protocol):
    """Tries the sums of rows ``first ...`` of a pair."""

    def __call__(
        self, targets: Tensor, radius: int, first: int, out: Tensor, states: Tensor
    ) -> None:
        """Packed masks (rows, bytes) into `out`, a state for every sum (rows, groups)."""


def _trier(pair: GadgetPair, easy: Tensor, fused: bool) -> Trier:
    if not fused:
        return _Plain(pair, easy)
    from slt_theory.torch.kernels.launch import Fused

    return Fused(pair, easy)


def _easy(pair: GadgetPair, radius: int) -> Tensor:
    """Groups (groups,) whose sums the numpy path tries before it proves anything."""
    law = pair.out_law
    largest = int(max(abs(end) for end in law.support) / law.unit)
    tries = pair.u.abs().sum(1).double() * largest / (2 * radius + 1)
    return tries * (1 + 2**-40) < SCAN_LIMIT


@dataclass(frozen=True)
class _Block:
    """Rows ``start ...`` of the out-layer, tried; their states are on the way to the host."""

    start: int
    out: Tensor
    states: Tensor
    arrived: Any

    @classmethod
    def of(cls, start: int, out: Tensor, states: Tensor) -> _Block:
        if states.device.type != "cuda":
            return cls(start, out, states, None)
        host = torch.empty_like(states, device="cpu", pin_memory=True)
        host.copy_(states, non_blocking=True)
        return cls(start, out, host, torch.cuda.current_stream(states.device).record_event())

    def finish(
        self, pair: GadgetPair, targets: Tensor, radius: int, threads: int | None
    ) -> list[int]:
        """Settle what is open; the sums ``row * groups + group`` that no subset reaches.

        On a stream of its own, so that it waits for this block and not for the next one.
        """
        if self.arrived is not None:
            self.arrived.synchronize()
        states = self.states.numpy().ravel()
        first = self.start * pair.groups
        missed = np.flatnonzero(states == NONE) + first
        sums = np.flatnonzero(states == OPEN) + first
        step = max(1, _OPEN_ITEMS // pair.n)
        for k in range(0, sums.size, step):
            part = sums[k : k + step]
            places = torch.from_numpy(part).to(pair.device)
            rows, groups = places // pair.groups, places % pair.groups
            answer = solve_sums(
                pair.items(rows, groups).cpu().numpy(),
                targets[rows, groups // pair.halves].cpu().numpy(),
                radius=radius,
                threads=threads,
            )
            which, rank = np.nonzero(answer.chosen)
            neurons = pair.order[groups].cpu().numpy()[which, rank]
            row, group = np.divmod(part[which], pair.groups)
            _keep(self.out, row - self.start, group * pair.n + neurons)
            missed = np.concatenate([missed, part[~answer.found]])
        return [int(place) for place in np.sort(missed)]


def _keep(out: Tensor, rows: Ints, neurons: Ints) -> None:
    """Set bits that are 0 so far."""
    where = torch.from_numpy(rows).to(out.device), torch.from_numpy(neurons // 8).to(out.device)
    values = torch.from_numpy((128 >> (neurons % 8)).astype(np.uint8)).to(out.device)
    out.index_put_(where, values, accumulate=True)


@dataclass(frozen=True)
class _Plain:
    """Tries by `scan`, groups with equally many live numbers together."""

    pair: GadgetPair
    easy: Tensor

    def __call__(
        self, targets: Tensor, radius: int, first: int, out: Tensor, states: Tensor
    ) -> None:
        pair, easy = self.pair, self.easy
        v = pair.out_weights(first, first + len(out))
        halves = targets.repeat_interleave(pair.halves, 1)
        masks = torch.zeros_like(halves)
        states.fill_(OPEN)
        counts = pair.counts.clamp(max=FINE + 1)
        for count in torch.unique(counts[easy]).tolist():
            groups = torch.nonzero(easy & (counts == count)).flatten()
            fine = min(count, FINE)
            order = pair.order[groups, :fine]
            candidates = v[:, groups].gather(2, order.expand(len(v), -1, -1))
            z = halves[:, groups].reshape(-1)
            items = (candidates * pair.u[groups].gather(1, order)).view(z.numel(), fine)
            parts = [slice(k, k + _SUMS) for k in range(0, z.numel(), _SUMS)]
            answers = torch.cat([scan_rows(items[part], z[part], radius) for part in parts])
            if count > FINE:
                # The others are added only where no single number goes beyond the target.
                answers[(z.abs() > items.abs().amax(1)) | (answers == ABSENT)] = UNDECIDED
            # An out-weight that is exactly 0 is no item of the numpy path.
            answers[(items == 0).any(1)] = UNDECIDED
            state = torch.full_like(answers, REACHED, dtype=torch.int8)
            state[answers == ABSENT] = NONE
            state[answers == UNDECIDED] = OPEN
            masks[:, groups] = answers.clamp(min=0).view(len(v), -1)
            states[:, groups] = state.view(len(v), -1)
        out.copy_(pack(pair.expand(masks).view(len(v), -1)))
