"""The slopes of a masked layer, regenerated from its seed and masks by one operator of torch.

As an operator it is one node of a graph: `torch.compile` and `torch.export.export` record it with
the masks and the seed, not the thousands of steps that draw random numbers.
"""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.torch.effective import pair_sums
from slt_theory.torch.kernels.launch import best_kernel
from slt_theory.torch.pair import GadgetPair

__all__ = ["Header", "block_of", "described", "exact_sums", "pair_of", "shaped", "slopes"]

Header = dict[str, Any]


def block_of(header: Header) -> Block:
    """Return the ticket's header of one layer."""
    fields = dict(header["block"])
    fields["layers"] = tuple(SourceLayer(**layer) for layer in fields["layers"])
    return Block(**fields)


def pair_of(header: Header, device: torch.device) -> GadgetPair:
    """Return the random numbers of a layer."""
    return GadgetPair(block_of(header), int(header["seed"]), device)


def exact_sums(header: Header, out_mask: Tensor, neurons: Tensor, memory: int) -> Tensor:
    """Return the exact sums that the masks keep: int64 (rows, columns, halves)."""
    pair = pair_of(header, out_mask.device)
    return pair_sums(pair, out_mask, neurons, fused=best_kernel(pair), memory=memory)


def described(header: Header) -> str:
    """Return what determines the slopes beside the masks, as text for the operator."""
    kept = {key: value for key, value in header.items() if key != "unreached"}
    return json.dumps(kept, sort_keys=True)


@torch.library.custom_op(
    "slt_theory::slopes",
    mutates_args=(),
    schema="(Tensor out_mask, Tensor neurons, str header, ScalarType dtype, int memory)"
    " -> Tensor[]",
)
def slopes(
    out_mask: Tensor, neurons: Tensor, header: str, dtype: torch.dtype, memory: int
) -> list[Tensor]:
    """Return P, then N if that half was built, then what the constant input adds, if there is one.

    Returns
    -------
    list of tensors
        In the shape of the target's weights (out, in) or (out, in, kh, kw), and (out,). Each number
        is an exact sum times ``2**(scale_exponent - 48)``, rounded once to `dtype`.
    """
    record = json.loads(header)
    block = block_of(record)
    # Kept beyond this call: tensors made in inference mode would end every gradient.
    with torch.inference_mode(False), torch.no_grad():
        # float64 holds sums below 2**53 units exactly, so there is one rounding.
        exact = exact_sums(record, out_mask, neurons, memory).double()
        values = (exact * 2.0 ** (block.scale_exponent - PRODUCT_BITS)).to(dtype)
        found = [shaped(record, values[:, : block.inputs, k]) for k in range(values.shape[2])]
        if block.constant_input:
            found.append(values[block.constant_tap :: block.taps, block.inputs, 0].contiguous())
    return found


@slopes.register_fake
def _(
    out_mask: Tensor, neurons: Tensor, header: str, dtype: torch.dtype, memory: int
) -> list[Tensor]:
    record = json.loads(header)
    block = block_of(record)
    kernel = record["geometry"]["kernel_size"] if "geometry" in record else ()
    shape = (block.outputs, block.inputs, *kernel)
    found = [out_mask.new_empty(shape, dtype=dtype) for _ in range(block.halves)]
    if block.constant_input:
        found.append(out_mask.new_empty((block.outputs,), dtype=dtype))
    return found


def shaped(header: Header, rows: Tensor) -> Tensor:
    """Return slopes (rows, inputs) in the shape of the layer's weights."""
    if "geometry" not in header:
        return rows.contiguous()
    height, width = header["geometry"]["kernel_size"]
    kernel = rows.reshape(-1, height, width, rows.shape[1])
    return kernel.permute(0, 3, 1, 2).contiguous()
