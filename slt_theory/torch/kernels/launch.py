"""Calling the kernels."""

from __future__ import annotations

import os
from functools import cache

import torch
from torch import Tensor

from slt_theory.errors import BadInput, MissingExtra
from slt_theory.torch.pair import GadgetPair

__all__ = ["MOST", "Fused", "available", "best_kernel", "can_draw", "sum_rows"]

MOST = 125
"""Numbers of a group that the kernel looks at; with three words to skip they fill 32 blocks."""

_UNSIGNED = 0xFFFFFFFF


@cache
def available() -> bool:
    """True if Triton can be imported."""
    try:
        import triton  # noqa: F401
    except ImportError:
        return False
    return True


def can_draw(pair: GadgetPair) -> bool:
    """True if the kernel can draw this pair's out-weights: it knows the uniform law."""
    return (pair.out_law.name, pair.out_law.bits) == ("uniform", 24)


def best_kernel(pair: GadgetPair) -> bool:
    """True if the fused kernel is the faster way on the pair's device."""
    return pair.device.type == "cuda" and available() and can_draw(pair)


def _interpreted() -> bool:
    return os.environ.get("TRITON_INTERPRET") == "1"


def _halves(number: int) -> tuple[int, int]:
    """A 64-bit number as two int32 words, which keep every value one type of argument."""
    return _signed(number & _UNSIGNED), _signed(number >> 32)


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word


def _check(pair: GadgetPair) -> None:
    if not available():
        raise MissingExtra("torch", "the fused kernel (triton)")
    if not can_draw(pair):
        raise BadInput(
            "kernel",
            "fused",
            "needs uniform out-weights",
            "kernel='plain' draws any law",
        )
    if pair.device.type != "cuda" and not _interpreted():
        raise BadInput("kernel", "fused", "needs a GPU", "kernel='plain' runs anywhere")


def _stream(pair: GadgetPair) -> tuple[int, int, int, int]:
    return *_halves(pair.block.layers[1].stream), *_halves(pair.seed)


def _sizes(numbers: int) -> dict[str, int]:
    """As many rows a warp as its registers hold; the interpreter takes many at once."""
    blocks = _power((numbers + 6) // 4)
    rows = 512 if _interpreted() else max(4, min(32, 128 // blocks))
    return {"ROWS": rows, "BLOCKS": blocks, "num_warps": 1}


def _grid(pair: GadgetPair, rows: int, sizes: dict[str, int]) -> tuple[int]:
    return (pair.groups * -(-rows // sizes["ROWS"]),)


def _power(size: int) -> int:
    return 1 << (size - 1).bit_length()


class Fused:
    """Tries sums by the kernel, see `slt_theory.torch.solve.Trier`.

    Parameters
    ----------
    pair : GadgetPair
    easy : bool tensor (groups,)
        Groups to try; the sums of others stay open.
    """

    def __init__(self, pair: GadgetPair, easy: Tensor) -> None:
        _check(pair)
        from slt_theory.torch.kernels.gadget import DEAD, FINE

        tried = (pair.rank >= 0) & (pair.rank < FINE.value)
        near = easy & ~tried[:, MOST:].any(1)
        self.pair = pair
        self.u = pair.u.contiguous()
        self.rank = torch.where(tried, pair.rank, DEAD.value).int()
        self.count = torch.where(near, pair.counts, -1).int()
        last = torch.nonzero(tried[:, :MOST].any(0)).flatten()
        self.numbers = int(last[-1]) + 1 if last.numel() else 1

    def __call__(
        self, targets: Tensor, radius: int, first: int, out: Tensor, states: Tensor
    ) -> None:
        from slt_theory.torch.kernels.gadget import try_kernel

        pair, rows, sizes = self.pair, len(targets), _sizes(self.numbers)
        words = (pair.hidden + 31) // 32
        packed = torch.zeros(rows, words, dtype=torch.int32, device=out.device)
        try_kernel[_grid(pair, rows, sizes)](
            targets.contiguous(),
            self.u,
            self.rank,
            self.count,
            packed,
            states,
            rows,
            first,
            targets.shape[1],
            pair.halves,
            pair.groups,
            pair.n,
            words,
            radius,
            *_stream(pair),
            **sizes,
            WORDS=(self.numbers + 30) // 32 + 1,
        )
        out.copy_(packed.view(torch.uint8)[:, : out.shape[1]])


def sum_rows(pair: GadgetPair, u: Tensor, out: Tensor, first: int) -> Tensor:
    """Sums (rows, groups) of what packed masks of rows ``first ...`` keep, with in-weights `u`."""
    _check(pair)
    from slt_theory.torch.kernels.gadget import DEAD, sum_kernel

    rows = len(out)
    words = (pair.hidden + 31) // 32
    packed = torch.zeros(rows, words, dtype=torch.int32, device=out.device)
    packed.view(torch.uint8)[:, : out.shape[1]] = out
    sums = torch.zeros(rows, pair.groups, dtype=torch.int64, device=out.device)
    for begin in range(0, pair.n, MOST):
        part = slice(begin, begin + MOST)
        sizes = _sizes(min(MOST, pair.n - begin))
        sum_kernel[_grid(pair, rows, sizes)](
            packed,
            u[:, part].contiguous(),
            torch.where(pair.rank[:, part] >= 0, 0, DEAD.value).int().contiguous(),
            sums,
            rows,
            first,
            pair.groups,
            pair.n,
            begin,
            min(MOST, pair.n - begin),
            words,
            *_stream(pair),
            **sizes,
        )
    return sums
