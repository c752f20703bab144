"""Between masked modules and the tickets of the numpy path."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from slt_theory.errors import BadInput
from slt_theory.networks import Dense, Network, target_hash
from slt_theory.tickets.checking.certificate import certify
from slt_theory.tickets.checking.effective import MalformedTicket, effective_block
from slt_theory.tickets.domain import Domain, parse_domain
from slt_theory.tickets.ticket import Ticket, architecture_of, links_of
from slt_theory.torch.build import layerwise
from slt_theory.torch.layers import MaskedLayer, header_of, layer_of
from slt_theory.torch.pair import GadgetPair, unpack
from slt_theory.torch.targets import find_layers
from slt_theory.torch.ticket import masked_layers, replaced

__all__ = ["as_module", "dense_target", "export_ticket", "import_ticket"]


def dense_target(module: nn.Sequential) -> Dense:
    """Return a chain of Linear and ReLU modules as a target of the numpy path, names included.

    A module that occurs twice is two layers. `slt_theory.from_module` reads any other module.

    Raises
    ------
    BadInput
        If the module is another one, or has hooks or computed weights.
    """
    if not isinstance(module, nn.Sequential):
        raise BadInput("module", type(module).__name__, "must be a Sequential", "see from_module")
    find_layers(module)
    # named_children would leave out the second place of a module.
    parts = [(n, p) for n, p in module._modules.items() if not isinstance(p, nn.Flatten)]
    kinds = [nn.Linear if k % 2 == 0 else nn.ReLU for k in range(len(parts))]
    wrong = [(n, p) for (n, p), kind in zip(parts, kinds, strict=True) if type(p) is not kind]
    if wrong or len(parts) % 2 == 0:
        name, part = wrong[0] if wrong else parts[-1]
        raise BadInput(
            name,
            type(part).__name__,
            "must be Linear, ReLU, Linear, ... in turn, Linear last",
            "slt_theory.from_module reads modules of other forms",
        )
    linear = [(name, part) for name, part in parts if isinstance(part, nn.Linear)]
    return Dense(
        tuple(p.weight.detach().cpu().double().numpy() for _, p in linear),
        tuple(
            None if p.bias is None else p.bias.detach().cpu().double().numpy() for _, p in linear
        ),
        tuple(name for name, _ in linear),
    )


def export_ticket(
    module: nn.Module, target: Network, *, domain: str | Domain = "box:0,1"
) -> Ticket:
    """The ticket of a masked module, certified, for `slt_theory.write_ticket`.

    Parameters
    ----------
    module : nn.Module
        From `build_ticket`; its masked layers, in order, stand for those of `target`.
    target : Network
        The same network for the numpy path: `dense_target` of the original module, or
        `slt_theory.load_target` of its file. Wiring is the target's.
    domain : str
        Inputs for which the certificate holds.

    Returns
    -------
    Ticket
        `slt ticket verify` accepts it if, and only if, it is right.
    """
    layers = list(masked_layers(module).values())
    if len(layers) != target.depth:
        raise BadInput("module", f"{len(layers)} masked layers", f"target has {target.depth}")
    ticket = Ticket(
        theorem=str(layers[0].header["theorem"]),
        seed=layers[0].seed,
        target_sha256=target_hash(target),
        domain=str(parse_domain(domain)),
        blocks=tuple(layer.block for layer in layers),
        masks=tuple(
            tuple(
                np.ascontiguousarray(mask.cpu().numpy()) for mask in (layer.neurons, layer.out_mask)
            )
            for layer in layers
        ),
        unreached=tuple((k, *place) for k, layer in enumerate(layers) for place in layer.unreached),
        norm_exponents=target.norm_exponents,
        architecture=architecture_of(target),
    )
    return certify(ticket, target)


def as_module(
    ticket: Ticket,
    module: nn.Module | None = None,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float32,
    memory: int = 1 << 30,
) -> nn.Module:
    """The masked module of a ticket.

    Parameters
    ----------
    ticket : Ticket
        Of a construction that replaces layers one by one, see `slt_theory.torch.build.layerwise`.
    module : nn.Module, optional
        Gives the wiring; its Linear and Conv2d layers, in order, are replaced. Without it the
        ticket must be one of a dense ReLU network.
    device, dtype
        Of the result.
    memory : int

    Raises
    ------
    BadInput
        If the ticket has another construction, does not fit the module, or its masks are not what
        the construction allows.
    """
    if ticket.theorem not in layerwise():
        raise BadInput("ticket", ticket.theorem, f"must be one of {', '.join(layerwise())}")
    if module is None:
        module = _chain(ticket)
    layers = find_layers(module)
    if len(layers) != len(ticket.blocks):
        raise BadInput("module", f"{len(layers)} layers", f"ticket has {len(ticket.blocks)}")
    new: dict[int, MaskedLayer] = {}
    for k, (layer, block) in enumerate(zip(layers, ticket.blocks, strict=True)):
        outputs = layer.module.weight.shape[0]
        found = (block.outputs, block.inputs, block.taps, block.constant_input, block.constant_tap)
        bias = layer.module.bias is not None
        expected = (outputs, layer.inputs, layer.taps, bias, layer.constant_tap)
        if found != expected:
            raise BadInput(layer.name, expected, f"the ticket's block {k} is {found}")
        missed = tuple((r, c, s) for b, r, c, s in ticket.unreached if b == k)
        header = header_of(ticket.theorem, ticket.seed, block, missed, layer.geometry)
        masks = torch.from_numpy(ticket.masks[k][1].copy()), _neurons(ticket, k)
        new[id(layer.module)] = layer_of(header, *masks, dtype=dtype, memory=memory)
    return replaced(module, new).to(device)


def _neurons(ticket: Ticket, index: int) -> torch.Tensor:
    """One bit a kept hidden neuron, with the checks of the verifier."""
    try:
        effective_block(ticket, index)
    except MalformedTicket as error:
        raise BadInput("ticket", str(error), "is no mask of this construction") from error
    block = ticket.blocks[index]
    packed = torch.from_numpy(links_of(block, ticket.masks[index][0]).copy())
    kept = unpack(packed[None], block.layers[0].rows)[0]
    live = GadgetPair(block, ticket.seed, torch.device("cpu")).rank.view(-1) >= 0
    if bool((kept.bool() & ~live).any()):
        raise BadInput("ticket", f"layer {index}", "keeps neurons of the wrong sign")
    return packed


def _chain(ticket: Ticket) -> nn.Sequential:
    if ticket.architecture is not None:
        raise BadInput("module", None, "is needed: the ticket is not of a dense ReLU network")
    parts: list[nn.Module] = []
    for block in ticket.blocks:
        with torch.device("meta"):
            layer = nn.Linear(block.inputs, block.outputs, bias=block.constant_input)
        parts += [layer, nn.ReLU()]
    return nn.Sequential(*parts[:-1])


import_ticket = as_module
"""The name of `as_module` in earlier versions."""
