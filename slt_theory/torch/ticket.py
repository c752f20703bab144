"""A module with masked layers as one ticket: what it keeps, and its way back from a state."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from slt_theory.errors import BadInput
from slt_theory.torch.layers import MaskedLayer, layer_of

__all__ = ["masked_layers", "replaced", "restore", "summary"]


def replaced(module: nn.Module, layers: dict[int, MaskedLayer]) -> nn.Module:
    """A deep copy in which layers, known by their ids, are others; one used twice stays one."""
    return copy.deepcopy(module, dict(layers))


def masked_layers(module: nn.Module) -> dict[str, MaskedLayer]:
    """The masked layers of a module by name, in the order of the ticket."""
    return {name: m for name, m in module.named_modules() if isinstance(m, MaskedLayer)}


def summary(module: nn.Module, *, exclude: Sequence[str] = ()) -> dict[str, Any]:
    """Counts over all masked layers, and what stays outside of them.

    Parameters
    ----------
    module : nn.Module
    exclude : sequence of str
        Names of submodules or parameters, or of classes such as "LayerNorm", whose parameters need
        no ticket.

    Returns
    -------
    dict
        ``layers, weights, source_weights, kept, density, mask_bits, unreached`` (layer name, row,
        input, sign), ``other_parameters``, numbers outside of the ticket, and of these ``outside``:
        how many each parameter has that is not excluded. ``complete`` says that every sum was
        reached and nothing trained is outside.

    Raises
    ------
    BadInput
        Without a masked layer, or if a name of `exclude` fits nothing.
    """
    layers = masked_layers(module)
    if not layers:
        raise BadInput("module", type(module).__name__, "has no masked layer")
    blocks = [layer.block for layer in layers.values()]
    kept = sum(_ones(layer.out_mask) + _ones(layer.neurons) for layer in layers.values())
    source = sum(block.source_weights for block in blocks)
    outside = _outside(module, exclude)
    unreached = [(name, *place) for name, layer in layers.items() for place in layer.unreached]
    return {
        "layers": len(layers),
        "weights": sum(
            block.outputs * (block.taps * block.inputs + block.constant_input) for block in blocks
        ),
        "source_weights": source,
        "kept": kept,
        "density": kept / source,
        "mask_bits": source,
        "complete": not unreached and not outside,
        "unreached": unreached,
        "outside": outside,
        "other_parameters": sum(p.numel() for p in module.parameters()),
    }


def _outside(module: nn.Module, exclude: Sequence[str]) -> dict[str, int]:
    """Parameters outside of masked layers by name, those left out that `exclude` names."""
    left, unused = {}, set(exclude)
    parts = dict(module.named_modules())
    for name, parameter in module.named_parameters():
        owners = [name, *(name[:k] for k, letter in enumerate(name) if letter == ".")]
        kinds = {type(parts[owner]).__name__ for owner in ["", *owners] if owner in parts}
        found = {*owners, *kinds}.intersection(exclude)
        unused -= found
        if not found:
            left[name] = parameter.numel()
    if unused:
        raise BadInput(
            "exclude", sorted(unused)[0], "names no parameter outside of the ticket",
            f"those outside: {', '.join(dict(module.named_parameters())) or 'none'}",
        )  # fmt: skip
    return left


def _ones(packed: Tensor) -> int:
    counts = torch.tensor([k.bit_count() for k in range(256)], device=packed.device)
    flat, step = packed.view(-1), 1 << 24
    return sum(int(counts[flat[k : k + step].int()].sum()) for k in range(0, flat.numel(), step))


def restore(module: nn.Module, state: dict[str, Any], *, memory: int = 1 << 30) -> nn.Module:
    """The ticket that a state dict describes, wired as `module`.

    Parameters
    ----------
    module : nn.Module
        Of the target's architecture; the weights of replaced layers are not looked at.
    state : dict
        ``ticket.state_dict()``.
    memory : int

    Examples
    --------
    >>> from slt_theory.torch import build_ticket
    >>> ticket = build_ticket(nn.Linear(3, 2), eps=0.05, seed=1)
    >>> again = restore(nn.Linear(3, 2), ticket.state_dict())
    >>> x = torch.ones(1, 3)
    >>> bool((again(x) == ticket(x)).all())
    True
    """
    layers: dict[int, MaskedLayer] = {}
    for name, part in module.named_modules():
        header = state.get(f"{name}._extra_state" if name else "_extra_state")
        if isinstance(header, dict) and "block" in header:
            dtype = next(part.parameters()).dtype
            layers[id(part)] = layer_of(header, dtype=dtype, memory=memory)
    if not layers:
        raise BadInput("state", sorted(state)[:3], "describes no ticket of this module")
    ticket = replaced(module, layers)
    ticket.load_state_dict(state)
    return ticket
