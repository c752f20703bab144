"""Sums of gadget pairs solved on a device: the row solver that a build takes instead of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.request import Layer
from slt_theory.torch.kernels.launch import best_kernel
from slt_theory.torch.pair import GadgetPair
from slt_theory.torch.solve import Masks, solve_compiled, solve_pair

__all__ = ["OnDevice"]

_KERNELS = ("auto", "fused", "plain", "compiled")


@dataclass(frozen=True)
class OnDevice:
    """Solver of `slt_theory.build_ticket` on a GPU, or by torch on a processor.

    Parameters
    ----------
    device : torch.device or str
    kernel : "auto", "fused", "plain" or "compiled"
        As in `slt_theory.torch.build_ticket`.
    memory : int
        Bytes of work space on the device, its masks not counted.

    Raises
    ------
    BadInput
        For a device that is not here, an unknown kernel, or one that does not run there.

    Examples
    --------
    >>> import slt_theory as slt
    >>> target = slt.Dense([[[0.5, -0.25]]])
    >>> ticket = slt.build_ticket(target, eps=0.05, seed=1, solver=OnDevice("cpu", "plain"))
    >>> ticket.header() == slt.build_ticket(target, eps=0.05, seed=1).header()
    True
    """

    device: torch.device | str
    kernel: str = "auto"
    memory: int = 1 << 30

    def __post_init__(self) -> None:
        try:
            torch.empty(0, device=self.place)
        except (TypeError, RuntimeError, AssertionError) as error:
            what = f"is no device here ({str(error).splitlines()[0]})"
            raise BadInput("device", self.device, what, "e.g. cpu, cuda or cuda:0") from error
        if self.place.type == "meta":
            raise BadInput("device", self.device, "holds no numbers", "e.g. cpu or cuda")
        if self.kernel not in _KERNELS:
            raise BadInput("kernel", self.kernel, f"must be one of {', '.join(_KERNELS)}")
        if self.kernel == "compiled" and self.place.type != "cpu":
            raise BadInput("kernel", self.kernel, "runs on a processor", "leave it to auto")

    @property
    def place(self) -> torch.device:
        """The device."""
        return torch.device(self.device)

    def __call__(
        self,
        block: Block,
        layer: Layer,
        *,
        seed: int,
        threads: int | None,
        progress: Callable[[int], None] | None,
    ) -> tuple[tuple[NDArray[np.uint8], ...], list[tuple[int, int, str]]]:
        """Return both masks of a pair, and the sums (row, input, sign) that no subset reaches."""
        pair = GadgetPair(block, seed, self.place)
        targets = torch.from_numpy(layer.targets).to(self.place)
        rest: dict[str, Any] = {"threads": threads, "progress": progress}
        masks = self.solve(pair, targets, layer.radius, **rest)
        inner, outer = (np.ascontiguousarray(m.cpu().numpy()) for m in (masks.neurons, masks.out))
        return (inner, outer), list(masks.unreached)

    def solve(
        self,
        pair: GadgetPair,
        targets: Tensor,
        radius: int,
        *,
        threads: int | None,
        progress: Callable[[int], None] | None,
    ) -> Masks:
        """Masks of one pair, on the device."""
        kernel = self.kernel
        if kernel == "auto":
            kernel = "compiled" if self.place.type == "cpu" else "plain"
            kernel = "fused" if best_kernel(pair) else kernel
        rest: dict[str, Any] = {"threads": threads, "progress": progress}
        if kernel == "compiled":
            return solve_compiled(pair, targets, radius, **rest)
        fused = kernel == "fused"
        return solve_pair(pair, targets, radius, fused=fused, memory=self.memory, **rest)
