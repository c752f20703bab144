"""Masked random layers as torch modules: a seed and packed masks are their whole state.

A layer stands for one linear map or convolution of the target by a gadget pair, two masked random
layers with a ReLU between. That pair is the map ``P max(x, 0) + N min(x, 0)`` with the exact sums P
and N that its masks keep, and so it is computed; `MaskedLayer.source` gives the two random layers
themselves. P and N are never stored: they are regenerated from the seed when they are needed, on
the device and in the precision that the module then has, each rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.tickets.block import Block
from slt_theory.torch.pair import GadgetPair, unpack
from slt_theory.torch.regenerate import (
    Header,
    block_of,
    described,
    exact_sums,
    slopes,
)

__all__ = ["MaskedConv2d", "MaskedLayer", "MaskedLinear"]


class MaskedLayer(nn.Module):
    """Base of the masked layers: header, masks, and weights regenerated from the seed.

    Parameters
    ----------
    header : dict
        Plain data: theorem, seed, block, unreached sums, and for a convolution its geometry.
    out_mask, neurons : uint8 tensors
        Packed masks, see `slt_theory.torch.solve.Masks`; zeros if left out, to be loaded.
    dtype : torch.dtype
        Floating-point type in which the layer computes.
    memory : int
        Bytes of work space to regenerate weights.

    Attributes
    ----------
    out_mask, neurons : buffers
        With the header, which is the extra state, all that `state_dict` and `pickle` hold.
    """

    out_mask: Tensor
    neurons: Tensor

    def __init__(
        self,
        header: Header,
        out_mask: Tensor | None = None,
        neurons: Tensor | None = None,
        *,
        dtype: torch.dtype = torch.float32,
        memory: int = 1 << 30,
    ) -> None:
        super().__init__()
        self._describe(header)
        outer = self.block.layers[1]
        width = (outer.columns + 7) // 8
        empty = torch.zeros(outer.rows, width, dtype=torch.uint8)
        self.register_buffer("out_mask", empty if out_mask is None else out_mask)
        self.register_buffer("neurons", empty[0].clone() if neurons is None else neurons)
        self.dtype, self.memory = dtype, memory

    def _describe(self, header: Header) -> None:
        """Take a header, and what of it the forward pass needs as plain values."""
        self.header, self._described = header, described(header)
        self._signed, self._constant = self.block.halves > 1, self.block.constant_input
        self._slopes: tuple[Tensor, Tensor | None, Tensor | None] | None = None

    @property
    def block(self) -> Block:
        """The ticket's header of this layer."""
        return block_of(self.header)

    @property
    def seed(self) -> int:
        """Seed of the random weights."""
        return int(self.header["seed"])

    @property
    def unreached(self) -> tuple[tuple[int, int, str], ...]:
        """Sums (row, input, sign) that no subset reaches."""
        return tuple((row, column, sign) for row, column, sign in self.header["unreached"])

    def pair(self) -> GadgetPair:
        """The random numbers of the layer, on its device."""
        return GadgetPair(self.block, self.seed, self.out_mask.device)

    def sums(self) -> Tensor:
        """Exact sums that the masks keep: int64 (rows, columns, halves)."""
        return exact_sums(self.header, self.out_mask, self.neurons, self.memory)

    def source(self) -> tuple[Tensor, Tensor]:
        """The two masked random layers, float64 (hidden, columns) and (rows, hidden), exact."""
        pair = self.pair()
        kept = unpack(self.neurons[None], pair.hidden)[0].double()
        columns = torch.arange(pair.hidden, device=kept.device) // (pair.halves * pair.n)
        inner = torch.zeros(pair.hidden, pair.block.columns, dtype=torch.float64)
        inner = inner.to(kept.device)
        inner[torch.arange(pair.hidden), columns] = pair.u.flatten() * kept * 2.0**-WEIGHT_BITS
        scale = 2.0 ** (pair.block.scale_exponent - WEIGHT_BITS)
        v = pair.out_weights(0, pair.rows).view(pair.rows, -1).double() * scale
        return inner, v * unpack(self.out_mask, pair.hidden)

    def slopes(self) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """P, N (None where that half was not built) and what the constant input adds (or None)."""
        if self._slopes is not None:
            return self._slopes
        found = slopes(self.out_mask, self.neurons, self._described, self.dtype, self.memory)
        negative = found[1] if self._signed else None
        result = found[0], negative, found[-1] if self._constant else None
        # A graph that is being recorded holds the operator; its tensors are not kept here.
        if not (torch.compiler.is_exporting() or torch._C._get_tracing_state()):
            self._slopes = result
        return result

    def __getattr__(self, name: str) -> Any:
        if name in ("weight", "bias"):
            raise AttributeError(
                f"a masked layer has no {name}: it maps x to P max(x, 0) + N min(x, 0); call it in "
                "place of functional.linear or functional.conv2d, or see slopes() and source()"
            )
        return super().__getattr__(name)

    def get_extra_state(self) -> Header:
        """Header that ``state_dict`` carries beside the masks."""
        return self.header

    def set_extra_state(self, state: Header) -> None:
        """Take the header of a ``state_dict``.

        Raises
        ------
        BadInput
            If it belongs to masks of another shape.
        """
        before = self.block.mask_shapes
        self._describe(state)
        if self.block.mask_shapes != before:
            raise BadInput(
                "state_dict",
                self.block.mask_shapes,
                f"holds a ticket of another shape than {before}",
                "slt_theory.torch.restore builds the layers that a state dict describes",
            )

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> MaskedLayer:
        # Weights are regenerated, not converted: half() and back leaves no trace.
        probe = fn(torch.empty(0, dtype=self.dtype, device=self.out_mask.device))
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.dtype, self._slopes = probe.dtype, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_slopes": None}

    def extra_repr(self) -> str:
        """Sizes, n and eps, for ``print(module)``."""
        block = self.block
        return f"{block.inputs} -> {block.outputs}, n={block.n}, eps={float(Fraction(block.eps)):g}"


class MaskedLinear(MaskedLayer):
    """A linear layer of the target as a masked random pair; weights (out, in) of the target."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        positive, negative, bias = self.slopes()
        y = functional.linear(x.clamp(min=0), positive, bias)
        return y if negative is None else y + functional.linear(x.clamp(max=0), negative)


class MaskedConv2d(MaskedLayer):
    """A convolution of the target as a masked random pair: 1x1, ReLU, then the target's kernel.

    The bias comes from a constant channel through the one tap that never sees the padding.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in, height, width) to (batch, out, height', width')."""
        positive, negative, bias = self.slopes()
        y = self._convolved(x.clamp(min=0), positive, bias)
        return y if negative is None else y + self._convolved(x.clamp(max=0), negative, None)

    def _convolved(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        of = self.header["geometry"]
        return functional.conv2d(
            x,
            weight,
            bias,
            stride=tuple(of["stride"]),
            padding=tuple(of["padding"]),
            dilation=tuple(of["dilation"]),
        )


def header_of(
    theorem: str,
    seed: int,
    block: Block,
    unreached: tuple[tuple[int, int, str], ...],
    geometry: dict[str, Any] | None,
) -> Header:
    """Plain data that `torch.load(weights_only=True)` reads."""
    header: Header = {
        "theorem": theorem,
        "seed": seed,
        "block": {**asdict(block), "layers": [asdict(layer) for layer in block.layers]},
        "unreached": [list(item) for item in unreached],
    }
    return header if geometry is None else {**header, "geometry": geometry}


def layer_of(header: Header, *masks: Tensor, dtype: torch.dtype, memory: int) -> MaskedLayer:
    """The layer that a header describes."""
    kind = MaskedConv2d if "geometry" in header else MaskedLinear
    return kind(header, *masks, dtype=dtype, memory=memory)
