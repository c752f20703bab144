"""Torch modules of the shipped targets, and how far rounding can take two evaluations apart."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from slt_theory.data import shipped_target
from slt_theory.torch import MaskedConv2d, MaskedLinear
from slt_theory.torch.regenerate import shaped as in_shape


def with_weights(target, module: nn.Module) -> nn.Module:
    """`module` with the target's weights under the target's names."""
    for name, weight, bias in zip(target.names, target.weights, target.biases, strict=True):
        layer = module.get_submodule(name)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(np.array(weight)))
            layer.bias.copy_(torch.tensor(np.array(bias)))
    return module


def digits_mlp():
    target = shipped_target("digits_mlp")
    parts = OrderedDict(fc1=nn.Linear(64, 64), relu=nn.ReLU(), fc2=nn.Linear(64, 10))
    return target, with_weights(target, nn.Sequential(parts))


def digits_cnn():
    target = shipped_target("digits_cnn")
    parts = OrderedDict(
        conv1=nn.Conv2d(1, 6, 3, padding=1),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 12, 3, padding="same"),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        flat=nn.Flatten(),
        fc1=nn.Linear(48, 10),
    )
    return target, with_weights(target, nn.Sequential(parts))


def rounding(module: nn.Sequential, x: Tensor, unit: float = 2.0**-53) -> Tensor:
    """A bound on ``|computed - exact|`` of a chain, for any order of summation, either way.

    One layer sums at most ``k`` kept products, each of in-weight, input and out-weight, rounded to
    `unit` at most ``k + 8`` times on the way to its sum (effective weights once more): error
    ``gamma |V| |U| |x|`` with ``gamma = (k + 8) unit / (1 - (k + 8) unit)``. What came before is
    passed on with the same absolute weights; ReLU, pooling and flattening pass it on as it is.
    """
    error = torch.zeros_like(x)
    for part in module:
        if isinstance(part, MaskedLinear | MaskedConv2d):
            inner, outer = part.source()
            block = part.block
            absolute = outer.abs() @ inner.abs()
            steps = (inner.shape[0] * block.taps + 8) * unit
            gamma = steps / (1 - steps) * (1 + 2**-20)
            shaped = absolute[:, : block.inputs]
            constant = torch.zeros(block.outputs, dtype=torch.float64)
            if block.constant_input:
                constant = absolute[block.constant_tap :: block.taps, -1]

            def through(value, part=part, shaped=shaped):
                if isinstance(part, MaskedLinear):
                    return functional.linear(value, shaped)
                return part._convolved(value, in_shape(part.header, shaped), None)

            size = through(x.abs() + error)
            tail = (1,) * (size.dim() - 2)
            error = through(error) + gamma * (size + constant.view(-1, *tail))
            error *= 1 + 2**-20
        elif isinstance(part, nn.MaxPool2d | nn.Flatten):
            error = part(error)
        x = part(x)
    return error
