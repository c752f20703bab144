"""Which layers of a module a ticket stands for, and their weights on the lattice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.tickets.building.request import Layer, tolerance

__all__ = ["TargetLayer", "find_layers"]

_EXACT_BITS = 53
_LINEAR = ("torch.nn.modules.linear.Linear", "torch_geometric.nn.dense.linear.Linear")
"""Classes that compute ``x W^T + b`` with a weight (out, in), known by name: a library need not be
installed."""
_REMOVE = "call torch.nn.utils.prune.remove, remove_weight_norm or remove_spectral_norm first"


@dataclass(frozen=True)
class TargetLayer:
    """One layer of the target.

    Attributes
    ----------
    name : str
        As in ``named_modules``; the layers of a ticket are numbered in that order.
    module : nn.Linear (or PyTorch Geometric's) or nn.Conv2d
    geometry : dict or None
        Of a convolution, plain data.
    taps, constant_tap : int
        As in `slt_theory.tickets.block.Block`.
    """

    name: str
    module: nn.Linear | nn.Conv2d
    geometry: dict[str, Any] | None = None
    taps: int = 1
    constant_tap: int = 0

    @property
    def inputs(self) -> int:
        """Input features or channels."""
        if isinstance(self.module, nn.Conv2d):
            return self.module.in_channels
        return int(self.module.weight.shape[1])

    def integer_targets(self, eps: Fraction, device: torch.device) -> tuple[Tensor, int, int]:
        """The sums to reach, as `slt_theory.tickets.building.request` makes them of a numpy target.

        Returns
        -------
        targets : int64 tensor (outputs * taps, inputs + 1 with a bias)
        radius : int
        scale_exponent : int
            Powers of two that bring the weights into [-1, 1].

        Raises
        ------
        BadInput
            Weights that are NaN or infinite, or an eps below the lattice's resolution.
        """
        for key, values in (("weight", self.module.weight), ("bias", self.module.bias)):
            name = f"{self.name or 'module'}.{key}"
            if values is not None and values.is_meta:
                raise BadInput(name, "on meta", "holds no numbers", "load the weights first")
            if values is not None and not bool(values.isfinite().all()):
                wrong = values.detach()[~values.isfinite()][0].item()
                raise BadInput(name, wrong, "must be finite")
        matrix = self._matrix(device)
        largest = float(matrix.abs().max())
        exponent = max(0, math.frexp(largest)[1]) if largest > 1 else 0
        scaled = torch.ldexp(matrix, torch.tensor(PRODUCT_BITS - exponent, device=device))
        targets = scaled.round()
        exact = bool((targets == scaled).all())
        radius = tolerance(eps, exponent, exact=exact, name="eps", layer=self.name)
        return targets.long(), radius, exponent

    def layer(self, eps: Fraction, device: torch.device) -> Layer:
        """The header's view of the layer: of its targets only the shape."""
        targets, radius, exponent = self.integer_targets(eps, device)
        shape = np.broadcast_to(np.int64(0), tuple(targets.shape))
        tap = self.constant_tap
        return Layer(shape, radius, exponent, eps, self.inputs, self.taps, tap)

    def _matrix(self, device: torch.device) -> Tensor:
        """Rows output by output and tap by tap, columns the inputs and the bias."""
        weight = self.module.weight.detach().to(device=device, dtype=torch.float64)
        bias = self.module.bias
        outputs = len(weight)
        if isinstance(self.module, nn.Conv2d):
            weight = _ungrouped(weight, self.module.groups)
            weight = weight.flatten(2).transpose(1, 2).reshape(outputs * self.taps, -1)
        if bias is None:
            return weight
        column = weight.new_zeros(outputs, self.taps)
        column[:, self.constant_tap] = bias.detach().to(column)
        return torch.cat([weight, column.view(-1, 1)], 1)


def _ungrouped(weight: Tensor, groups: int) -> Tensor:
    """The same convolution among all channels; zeros where groups do not see each other."""
    if groups == 1:
        return weight
    outputs, inputs, *kernel = weight.shape
    whole = weight.new_zeros(groups, outputs // groups, groups, inputs, *kernel)
    parts = weight.view(groups, outputs // groups, inputs, *kernel)
    for g in range(groups):
        whole[g, :, g] = parts[g]
    return whole.view(outputs, groups * inputs, *kernel)


def find_layers(module: nn.Module) -> list[TargetLayer]:
    """The Linear and Conv2d layers of a module.

    Raises
    ------
    BadInput
        Names the layer: attention whose projections are no layers, a subclass or a parametrised
        layer, weights that a hook computes or that are not there (on meta, or without a side),
        padding other than zeros, or a bias that every tap would carry into the padding; also if
        there is no layer at all, or a tensor that cannot be copied.
    """
    if not isinstance(module, nn.Module):
        raise BadInput("module", type(module).__name__, "must be a torch.nn.Module")
    layers = []
    for name, part in module.named_modules():
        _check_tensors(name or "module", part)
        if isinstance(part, nn.MultiheadAttention):
            raise BadInput(
                name or "module",
                "MultiheadAttention",
                "keeps its projections outside of layers",
                "slt_theory.torch.split_attention gives the same module with Linear layers",
            )
        linear = _qualified(type(part)) in _LINEAR
        if not (linear or isinstance(part, nn.Linear | nn.Conv2d)):
            continue
        if not linear and type(part) is not nn.Conv2d:
            raise BadInput(
                name or "module",
                type(part).__name__,
                "is not plainly torch.nn.Linear or torch.nn.Conv2d",
                "remove parametrisations, initialise lazy layers, or use the plain class",
            )
        _check_weights(name or "module", part)
        layers.append(_layer(name, part))
    if not layers:
        raise BadInput("module", type(module).__name__, "has no Linear and no Conv2d layer")
    return layers


def _qualified(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _check_tensors(name: str, part: nn.Module) -> None:
    """Refuse tensors that were computed from others: they may be stale, and cannot be copied."""
    for key, value in vars(part).items():
        if isinstance(value, Tensor) and not value.is_leaf:
            raise BadInput(
                f"{name}.{key}",
                "a computed tensor",
                "was made from other tensors: it may be stale, and cannot be copied",
                f"{_REMOVE}; detach what you keep for yourself",
            )


def _check_weights(name: str, part: nn.Linear | nn.Conv2d) -> None:
    for key in ("weight", "bias"):
        value = getattr(part, key)
        if value is not None and key not in part._parameters:
            raise BadInput(
                f"{name}.{key}",
                type(value).__name__,
                "is no parameter of its layer: what a hook computes may be stale",
                _REMOVE,
            )
    if isinstance(part.weight, nn.parameter.UninitializedParameter):
        raise BadInput(f"{name}.weight", "lazy", "has no numbers yet", "call the module once")
    if part._forward_hooks or part._forward_pre_hooks:
        raise BadInput(name, "forward hooks", "change what the layer computes", "remove the hooks")
    if not part.weight.numel():
        shape = tuple(part.weight.shape)
        raise BadInput(f"{name}.weight", shape, "must not have a side of length 0")


def _layer(name: str, module: nn.Linear | nn.Conv2d) -> TargetLayer:
    if not isinstance(module, nn.Conv2d):
        return TargetLayer(name, module)
    if module.padding_mode != "zeros":
        raise BadInput(name, module.padding_mode, "padding must be with zeros")
    sides = list(zip(module.kernel_size, _padding(module), module.dilation, strict=True))
    if module.bias is not None and any(2 * math.ceil(p / d) >= k for k, p, d in sides):
        raise BadInput(
            name,
            module.padding,
            f"is so wide that every tap of a kernel {module.kernel_size} meets it: none can carry "
            "the bias",
            "pad less, or drop the bias",
        )
    row, column = (math.ceil(p / d) for _, p, d in sides)
    geometry = {
        "kernel_size": list(module.kernel_size),
        "stride": list(module.stride),
        "padding": [p for _, p, _ in sides],
        "dilation": list(module.dilation),
    }
    taps = math.prod(module.kernel_size)
    tap = row * module.kernel_size[1] + column if module.bias is not None else 0
    return TargetLayer(name, module, geometry, taps, tap)


def _padding(module: nn.Conv2d) -> tuple[int, ...]:
    if not isinstance(module.padding, str):
        return tuple(module.padding)
    if module.padding == "valid":
        return (0,) * len(module.kernel_size)
    reach = [d * (k - 1) for k, d in zip(module.kernel_size, module.dilation, strict=True)]
    if any(r % 2 for r in reach):
        raise BadInput(
            "padding", "same", "is not symmetric for an even kernel", "give it as a number"
        )
    return tuple(r // 2 for r in reach)
