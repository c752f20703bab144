"""Tickets of torch modules: every Linear and Conv2d becomes a masked random pair."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from slt_theory.errors import BadInput
from slt_theory.laws import Law
from slt_theory.rationals import positive_fraction
from slt_theory.streams import check_seed
from slt_theory.tickets.building.attempts import with_growing_n
from slt_theory.tickets.building.build import chosen, options_by_name
from slt_theory.tickets.building.construction import Construction, OfNetworks, constructions
from slt_theory.tickets.building.gadget import Design, pair_block
from slt_theory.tickets.building.options import Number
from slt_theory.tickets.building.request import Layer, count
from slt_theory.tickets.building.width import Offer, Sums, smallest_n
from slt_theory.tickets.keeping import Keeping
from slt_theory.torch.device import OnDevice
from slt_theory.torch.layers import MaskedLayer, header_of, layer_of
from slt_theory.torch.pair import GadgetPair
from slt_theory.torch.targets import TargetLayer, find_layers
from slt_theory.torch.ticket import replaced

__all__ = ["build_ticket", "layerwise"]


def layerwise() -> tuple[str, ...]:
    """Ids of the constructions that replace layers one by one."""
    kinds = (kind for kind in constructions().values() if issubclass(kind, OfNetworks))
    return tuple(kind.theorem for kind in kinds if kind().pair_law() is not None)


@options_by_name
def build_ticket(
    module: nn.Module,
    construction: Construction | None = None,
    *,
    theorem: str | None = None,
    eps: Number,
    seed: int = 0,
    n: int | None = None,
    device: torch.device | str | None = None,
    kernel: str = "auto",
    memory: int = 1 << 30,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> nn.Module:
    """A copy of a module in which masked random layers stand for its Linear and Conv2d layers.

    The module's own wiring stays, so residual connections, attention and the like need nothing
    special. What is no Linear or Conv2d layer (normalisations, embeddings) is copied as it is:
    ``parameters()`` of the result are exactly those.

    Parameters
    ----------
    module : nn.Module
    construction, theorem : optional
        As in `slt_theory.build_ticket`; one whose layers are gadget pairs by themselves, such as
        ``RandomBiases(law="normal")``.
    eps : number
        Error allowed per weight and bias.
    seed : int
        Of the random network, 64 bits.
    n : int, optional
        Random numbers, candidates of one sum, dead ones included; default as in
        `slt_theory.build_ticket`.
    device : torch.device or str, optional
        Where to build, and where the result lies; default: where the first layer is.
    kernel : "auto", "fused", "plain" or "compiled"
        "fused" needs a GPU and Triton, "plain" is torch operations on any device, "compiled" the
        numpy path's own code on a processor; the masks are the same. "auto" takes the fastest.
    memory : int
        Bytes of work space on the device. Besides it: the masks, one bit for each of
        ``2 n (in + 1) out`` weights a layer, and 8 bytes a weight of the largest layer.
    threads : int, optional
        For sums that the device cannot settle.
    progress : callable, optional
        Called with the number of sums of every finished block.

    Returns
    -------
    nn.Module
        Bit for bit `as_module` of the ticket that `slt_theory.build_ticket` makes of the same
        layers, seed, eps and n. Sums that no subset reaches are listed by `summary`.

    Raises
    ------
    BadInput
        An argument out of range, or a layer that cannot be replaced; names it.
    NeedsMemory
        If not even a row of the largest layer fits into `memory`.

    Examples
    --------
    >>> from slt_theory.torch import summary
    >>> ticket = build_ticket(nn.Linear(3, 2), eps=0.05, seed=1)
    >>> ticket(torch.ones(4, 3)).shape, summary(ticket)["complete"]
    (torch.Size([4, 2]), True)
    """
    made = chosen(construction, theorem)
    law = made.pair_law() if isinstance(made, OfNetworks) else None
    if law is None:
        way_out = f"known here: {', '.join(layerwise())}; slt_theory.build_ticket has all"
        raise BadInput("theorem", made.theorem, "does not replace layers one by one", way_out)
    exact, asked_n = positive_fraction("eps", eps), count(n, OfNetworks.largest_n)
    layers = find_layers(module)
    own = layers[0].module.weight.device
    # What has no numbers is refused by the layer's name, not by the device's.
    own = torch.device("cpu") if own.type == "meta" else own
    where = torch.device(own if device is None else device)
    work = OnDevice(where, kernel, memory)
    rest: dict[str, Any] = {"threads": threads, "progress": progress}
    request = _LayerRequest(made.theorem, law, exact, check_seed(seed), asked_n, layers, work, rest)
    masked = with_growing_n(_masked, request, Keeping()).layers
    pairs = zip(layers, masked, strict=True)
    return replaced(module, {id(one.module): layer for one, layer in pairs}).to(where)


@dataclass(frozen=True)
class _LayerRequest:
    """Checked request for the layers of a module."""

    theorem: str
    law: Law
    eps: Fraction
    seed: int
    n: int | None
    layers: list[TargetLayer]
    work: OnDevice
    rest: dict[str, Any]
    slack: Fraction = Fraction(1)

    def attempt(self, slack: Fraction, _: Keeping) -> _LayerRequest:
        """The same request with an estimated n multiplied by `slack`."""
        return replace(self, slack=slack)

    @cached_property
    def headers(self) -> list[Layer]:
        """Of every layer; targets are made anew for every use, they take eight bytes a weight."""
        return [layer.layer(self.eps, self.work.place) for layer in self.layers]

    def targets(self, index: int) -> Tensor:
        """Integer targets of a layer's sums."""
        return self.layers[index].integer_targets(self.eps, self.work.place)[0]

    def sufficient_n(self) -> int:
        """As the numpy path estimates it: the weights of every layer are counted, one by one."""
        families = [
            Sums.of(self.targets(k).cpu().numpy(), header.radius, 2)
            for k, header in enumerate(self.headers)
        ]
        return smallest_n(families, Offer(self.law, gadget=True), seed=self.seed)


@dataclass(frozen=True)
class _MaskedLayers:
    """One masked layer for each layer of the module."""

    layers: list[MaskedLayer]

    @property
    def complete(self) -> bool:
        """True if every sum is reached."""
        return not any(layer.unreached for layer in self.layers)


def _masked(request: _LayerRequest) -> _MaskedLayers:
    n = request.n
    if n is None:
        n = max(1, math.ceil(request.sufficient_n() * request.slack))
    built = []
    for k, (layer, header) in enumerate(zip(request.layers, request.headers, strict=True)):
        block = pair_block(header, Design(n, 2, request.law, request.law), 2 * k)
        pair = GadgetPair(block, request.seed, request.work.place)
        masks = request.work.solve(pair, request.targets(k), header.radius, **request.rest)
        one = header_of(request.theorem, request.seed, block, masks.unreached, layer.geometry)
        dtype, memory = layer.module.weight.dtype, request.work.memory
        made = layer_of(one, masks.out, masks.neurons, dtype=dtype, memory=memory)
        built.append(made.train(layer.module.training))
    return _MaskedLayers(built)
