"""What a masked pair computes: exact slopes, regenerated from its seed and masks."""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.torch.draws import sample_at
from slt_theory.torch.pair import GadgetPair, unpack

__all__ = ["pair_sums"]


def pair_sums(
    pair: GadgetPair, out: Tensor, neurons: Tensor, *, fused: bool = False, memory: int = 1 << 30
) -> Tensor:
    """The sum of every group of every row: what `slt_theory.tickets.checking.effective` recomputes.

    Parameters
    ----------
    pair : GadgetPair
    out, neurons : uint8 tensors
        Packed masks as in `slt_theory.torch.solve.Masks`, on the pair's device.
    fused : bool
    memory : int
        Bytes of work space.

    Returns
    -------
    int64 tensor (rows, columns, halves)
        In units of ``2**(scale_exponent - 48)``; half 0 is the slope for inputs >= 0, half 1 that
        for inputs <= 0.
    """
    u = pair.u * unpack(neurons[None], pair.hidden).view(pair.groups, pair.n)
    # Unpacked bits take a few bytes a number, a fused row its packed copy.
    step = max(1, memory // ((1 if fused else 8) * pair.hidden))
    parts = []
    for start in range(0, len(out), step):
        block = out[start : start + step]
        if fused:
            from slt_theory.torch.kernels.launch import sum_rows

            parts.append(sum_rows(pair, u, block, start))
        else:
            parts.append(_kept_sums(pair, u, block, start, memory))
    return torch.cat(parts).view(len(out), pair.block.columns, pair.halves)


def _kept_sums(pair: GadgetPair, u: Tensor, out: Tensor, first: int, memory: int) -> Tensor:
    """Sums (rows, groups) for rows ``first ...``; only kept weights are drawn."""
    sums = torch.zeros(len(out) * pair.groups, dtype=torch.int64, device=out.device)
    kept = unpack(out, pair.hidden).flatten().nonzero().flatten()
    stream, law = pair.block.layers[1].stream, pair.out_law
    most = 1 << (15 if out.device.type == "cpu" else 24)  # a processor works in its cache
    for places in torch.split(kept, max(1, min(memory // 400, most))):
        row, neuron = places // pair.hidden, places % pair.hidden
        v = sample_at(law, pair.seed, stream, places + first * pair.hidden)
        sums.index_add_(0, row * pair.groups + neuron // pair.n, v * u.flatten()[neuron])
    return sums.view(len(out), pair.groups)
