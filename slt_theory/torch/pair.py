"""Gadget pairs on tensors: in-weights, products and masks in the layout of the numpy path.

Hidden neuron ``(j * halves + half) * n + k`` sees input j alone; *group* ``j * halves + half`` is
the candidates of one half-sum. `slt_theory.tickets.building.gadget` defines the layout.
"""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.laws import Law
from slt_theory.tickets import draw
from slt_theory.tickets.block import Block
from slt_theory.tickets.source import layer_law
from slt_theory.torch.draws import sample, sample_at

__all__ = ["GadgetPair", "pack", "unpack"]


class GadgetPair:
    """The random numbers of one gadget pair.

    Attributes
    ----------
    block : slt_theory.tickets.block.Block
    seed : int
    device : torch.device
        Where draws are made.
    halves, groups, n : int
    u : int64 tensor (groups, n)
        In-weights of live neurons, 0 for dead ones.
    rank : int64 tensor (groups, n)
        Number of a live neuron among the live ones of its group; -1 for dead ones.
    order : int64 tensor (groups, most)
        Live neurons of each group, in order.
    counts : int64 tensor (groups,)
        How many are live.
    """

    def __init__(self, block: Block, seed: int, device: torch.device) -> None:
        self.block, self.seed, self.device, self.n = block, seed, device, block.n
        self.halves = block.halves
        self.groups = block.columns * self.halves
        inner = block.layers[0]
        groups = torch.arange(self.groups, device=device)
        neurons = torch.arange(inner.rows, device=device).view(self.groups, self.n)
        places = neurons * inner.columns + groups[:, None] // self.halves
        u = sample_at(layer_law(inner), seed, inner.stream, places)
        live = torch.where((groups % self.halves == 0)[:, None], u > 0, u < 0)
        self.u = torch.where(live, u, 0)
        self.counts = live.sum(1)
        self.rank = torch.where(live, live.cumsum(1) - 1, -1)
        most = max(1, int(self.counts.max()))
        self.order = torch.argsort(~live, dim=1, stable=True)[:, :most]

    @property
    def hidden(self) -> int:
        """Neurons of the hidden layer: ``groups * n``."""
        return self.groups * self.n

    @property
    def rows(self) -> int:
        """Rows of the out-layer: an output each, or a tap of one."""
        return self.block.layers[1].rows

    @property
    def out_law(self) -> Law:
        """Law of an out-weight."""
        return layer_law(self.block.layers[1])

    def out_weights(self, start: int, stop: int) -> Tensor:
        """Out-weights of rows ``start .. stop - 1``: int64 (rows, groups, n)."""
        stream = self.block.layers[1].stream
        first, count = start * self.hidden, (stop - start) * self.hidden
        if self.device.type == "cpu":  # the same words, compiled: some twenty times as fast
            v = torch.from_numpy(draw.sample(self.out_law, self.seed, stream, first, count))
        else:
            v = sample(self.out_law, self.seed, stream, first, count, device=self.device)
        return v.view(stop - start, self.groups, self.n)

    def items(self, rows: Tensor, groups: Tensor) -> Tensor:
        """Products u v of live neurons in order, then zeros: int64 (sums, most)."""
        outer, order = self.block.layers[1], self.order[groups]
        places = rows[:, None] * self.hidden + groups[:, None] * self.n + order
        v = sample_at(self.out_law, self.seed, outer.stream, places)
        return v * self.u[groups].gather(1, order)

    def expand(self, masks: Tensor) -> Tensor:
        """0/1 for every neuron, (rows, groups, n), from masks over live ones, (rows, groups)."""
        # Bit 63 of a mask is 0, and no live number beyond the 44th is in one.
        return (masks.unsqueeze(-1) >> self.rank.clamp(0, 63)) & (self.rank >= 0)

    def used(self, out: Tensor) -> Tensor:
        """Hidden neurons, packed, that some row of the packed masks `out` keeps."""
        while len(out) > 1:
            half = len(out) // 2
            out = torch.cat([out[:half] | out[half : 2 * half], out[2 * half :]])
        return out[0] & pack((self.rank >= 0).view(1, -1))[0]


def pack(bits: Tensor) -> Tensor:
    """Rows of 0/1 as bytes, first bit highest, as `numpy.packbits`: (rows, k) to (rows, k / 8)."""
    rows, columns = bits.shape
    padded = torch.zeros(rows, (columns + 7) // 8 * 8, dtype=torch.uint8, device=bits.device)
    padded[:, :columns] = bits
    octets = padded.view(rows, -1, 8)
    packed = octets[..., 0].clone()
    for k in range(1, 8):
        packed = (packed << 1) | octets[..., k]
    return packed


def unpack(packed: Tensor, columns: int) -> Tensor:
    """The inverse of `pack`: uint8 (rows, columns) of 0 and 1."""
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=packed.device)
    return ((packed.unsqueeze(-1) >> shifts) & 1).view(packed.shape[0], -1)[:, :columns]
