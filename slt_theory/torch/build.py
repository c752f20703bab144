"""Tickets of torch modules: every Linear and Conv2d becomes a masked random pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS, positive_fraction
from slt_theory.laws import Law, Normal, Uniform
from slt_theory.streams import check_seed
from slt_theory.tickets.building.gadget import Design, pair_block
from slt_theory.tickets.building.request import Layer
from slt_theory.tickets.building.width import Offer, Sums, smallest_n
from slt_theory.torch.kernels.launch import best_kernel
from slt_theory.torch.layers import MaskedLayer, header_of, layer_of
from slt_theory.torch.pair import GadgetPair
from slt_theory.torch.solve import solve_compiled, solve_pair
from slt_theory.torch.targets import TargetLayer, find_layers
from slt_theory.torch.ticket import replaced

__all__ = ["THEOREMS", "build_ticket"]

THEOREMS = {"pensia2020-two-layer": ("uniform",), "fischer2021-biases": ("uniform", "normal")}
"""Constructions that replace layers one by one, and the laws of their weights."""

_LAWS = {"uniform": Uniform(bits=WEIGHT_BITS), "normal": Normal(WEIGHT_BITS)}
_ATTEMPTS = 5


def build_ticket(
    module: nn.Module,
    *,
    theorem: str = "pensia2020-two-layer",
    eps: Any,
    seed: int = 0,
    n: int | None = None,
    law: str = "uniform",
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
    theorem : str
        "pensia2020-two-layer", or "fischer2021-biases" (takes `law`).
    eps : number
        Error allowed per weight and bias.
    seed : int
        Of the random network, 64 bits.
    n : int, optional
        Random numbers, candidates of one sum, dead ones included; default as in
        `slt_theory.build_ticket`.
    law : "uniform" or "normal"
        Of every random weight.
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
        Bit for bit the masks of `slt_theory.build_ticket` for the same layers, seed, eps and n.
        Sums that no subset reaches are listed by `summary`.

    Raises
    ------
    BadInput
        An argument out of range, or a layer that cannot be replaced; names it.
    NeedsMemory
        If not even a row of the largest layer fits into `memory`.

    Notes
    -----
    Source: Pensia et al. (NeurIPS 2020), Theorem 1, catalogue id ``pensia2020-two-layer``; for
    normal weights Fischer et al. (2021), ``fischer2021-biases``.

    Examples
    --------
    >>> from slt_theory.torch import summary
    >>> ticket = build_ticket(nn.Linear(3, 2), eps=0.05, seed=1)
    >>> ticket(torch.ones(4, 3)).shape, summary(ticket)["complete"]
    (torch.Size([4, 2]), True)
    """
    request = _checked(theorem, eps, seed, n, law, kernel)
    layers = find_layers(module)
    where = torch.device(layers[0].module.weight.device if device is None else device)
    if kernel == "compiled" and where.type != "cpu":
        raise BadInput("kernel", kernel, "runs on a processor", "leave it to auto")
    jobs = [_Job.of(layer, request, where) for layer in layers]
    wide = request.n or _sufficient_n(jobs, request)
    for attempt in range(_ATTEMPTS):
        # As in the numpy path: an n of ours that missed is raised by a tenth.
        size = -(-wide * 11**attempt // 10**attempt)
        masked = [
            job.build(k, size, request, kernel, memory, threads, progress)
            for k, job in enumerate(jobs)
        ]
        if request.n is not None or not any(layer.unreached for layer in masked):
            break
    return replaced(module, {id(j.layer.module): m for j, m in zip(jobs, masked, strict=True)}).to(
        where
    )


@dataclass(frozen=True)
class _Request:
    theorem: str
    eps: Fraction
    seed: int
    n: int | None
    law: Law


def _checked(theorem: str, eps: Any, seed: int, n: int | None, law: str, kernel: str) -> _Request:
    if theorem not in THEOREMS:
        raise BadInput(
            "theorem",
            theorem,
            "does not replace layers one by one",
            f"known here: {', '.join(THEOREMS)}; slt_theory.build_ticket has all",
        )
    if law not in THEOREMS[theorem]:
        raise BadInput("law", law, f"{theorem} takes {' or '.join(THEOREMS[theorem])}")
    if kernel not in ("auto", "fused", "plain", "compiled"):
        raise BadInput("kernel", kernel, "must be auto, fused, plain or compiled")
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 4096):
        raise BadInput("n", n, "must be an integer in 1..4096")
    return _Request(theorem, positive_fraction("eps", eps), check_seed(seed), n, _LAWS[law])


@dataclass(frozen=True)
class _Job:
    """One layer to build."""

    layer: TargetLayer
    shape: tuple[int, int]
    radius: int
    scale_exponent: int
    eps: Fraction
    device: torch.device

    @classmethod
    def of(cls, layer: TargetLayer, request: _Request, device: torch.device) -> _Job:
        targets, radius, exponent = layer.integer_targets(request.eps, device)
        rows, columns = targets.shape
        return cls(layer, (rows, columns), radius, exponent, request.eps, device)

    def targets(self) -> Tensor:
        """Made anew for every use: they take eight bytes a weight."""
        return self.layer.integer_targets(self.eps, self.device)[0]

    def build(
        self,
        index: int,
        n: int,
        request: _Request,
        kernel: str,
        memory: int,
        threads: int | None,
        progress: Callable[[int], None] | None,
    ) -> MaskedLayer:
        layer = Layer(
            np.broadcast_to(np.int64(0), self.shape),  # only its shape enters the header
            self.radius,
            self.scale_exponent,
            self.eps,
            self.layer.inputs,
            self.layer.taps,
            self.layer.constant_tap,
        )
        design = Design(n, 2, request.law, request.law)
        block = pair_block(layer, design, 2 * index)
        pair = GadgetPair(block, request.seed, self.device)
        if kernel == "auto":
            kernel = "compiled" if self.device.type == "cpu" else "plain"
            kernel = "fused" if best_kernel(pair) else kernel
        targets = self.targets()
        if kernel == "compiled":
            masks = solve_compiled(pair, targets, self.radius, threads=threads, progress=progress)
        else:
            masks = solve_pair(
                pair,
                targets,
                self.radius,
                fused=kernel == "fused",
                memory=memory,
                threads=threads,
                progress=progress,
            )
        module = self.layer.module
        header = header_of(
            request.theorem, request.seed, block, masks.unreached, self.layer.geometry
        )
        built = layer_of(header, masks.out, masks.neurons, dtype=module.weight.dtype, memory=memory)
        return built.train(module.training)


def _sufficient_n(jobs: list[_Job], request: _Request) -> int:
    """As the numpy path estimates it: the weights of every layer are counted, one by one."""
    families = [Sums.of(job.targets().cpu().numpy(), job.radius, 2) for job in jobs]
    return smallest_n(families, Offer(request.law, gadget=True), seed=request.seed)
