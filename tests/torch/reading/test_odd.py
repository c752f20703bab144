"""Odd but honest modules: read as the function they are, or refused by the name of what is odd."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.utils import parametrizations, parametrize, prune  # noqa: E402

import slt_theory as slt  # noqa: E402
from slt_theory.errors import BadInput  # noqa: E402


class Written(nn.Module):
    """A forward pass of the module's parts and its input."""

    def __init__(self, forward, *parts, **buffers):
        super().__init__()
        self.written, self.parts = forward, nn.ModuleList(parts)
        for name, value in buffers.items():
            self.register_buffer(name, value)

    def forward(self, x):
        return self.written(self, x)


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T


def symmetric():
    layer = nn.Linear(6, 6)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    return layer


def pruned_twice():
    layer = nn.Linear(6, 6)
    prune.random_unstructured(layer, "weight", 0.5)
    prune.random_unstructured(layer, "bias", 0.5)
    prune.global_unstructured([(layer, "weight")], prune.L1Unstructured, amount=0.2)
    return layer


def standardised(weight):
    return (weight - weight.mean(1, keepdim=True)) / weight.std(1, keepdim=True)


def steps(m, x):
    h = torch.zeros_like(x)
    for _ in range(3):
        h = torch.tanh(m.parts[0](h) + x)
    return h


def linear():
    return nn.Linear(6, 6)


def vector(forward, *parts, **buffers):
    return (6,), lambda: Written(forward, *(part() for part in parts), **buffers)


MASK = torch.tensor([[True, False, True], [False, True, True]]).repeat(3, 2)
READ = {
    "one layer, two inputs": vector(lambda m, x: m.parts[0](x) + m.parts[0](-x.relu()), linear),
    "orthogonal": ((6,), lambda: parametrizations.orthogonal(nn.Linear(6, 6))),
    "symmetric": ((6,), symmetric),
    "pruned twice": ((6,), pruned_twice),
    "integer buffer": vector(lambda m, x: x @ m.w.to(x.dtype), w=torch.arange(36).view(6, 6)),
    "half buffer": vector(lambda m, x: x @ m.w.to(x.dtype), w=torch.randn(6, 6).half()),
    "masked weight": vector(
        lambda m, x: F.linear(x, m.parts[0].weight.masked_fill(m.k, 0.0)), linear, k=MASK
    ),
    "tied, transposed": vector(
        lambda m, x: F.linear(m.parts[0](x).relu(), m.parts[0].weight.t()), lambda: nn.Linear(6, 3)
    ),
    "weight standardised": vector(
        lambda m, x: F.linear(x, standardised(m.parts[0].weight)), linear
    ),
    "steps written out": vector(steps, linear),
    "branch on training": vector(
        lambda m, x: m.parts[0](x) if m.training else 2 * m.parts[0](x), linear
    ),
    "channels last": ((4, 6, 7), lambda: nn.Conv2d(4, 3, 3).to(memory_format=torch.channels_last)),
    "cut padding": (
        (4, 6, 7),
        lambda: Written(lambda m, x: m.parts[0](F.pad(x, (-1, 2, 0, -2))), nn.Conv2d(4, 3, 3)),
    ),
    "strided dilated pool": (
        (4, 6, 7),
        lambda: nn.Sequential(
            nn.Conv2d(4, 3, 1), nn.MaxPool2d(2, 2, 1, dilation=2, ceil_mode=True)
        ),
    ),
    "split axes": (
        (4, 6, 7),
        lambda: Written(
            lambda m, x: m.parts[0](x).view(-1, 2, 2, 3, 2, 7).permute(0, 3, 1, 5, 2, 4).flatten(1),
            nn.Conv2d(4, 4, 1),
        ),
    ),
}


@pytest.mark.parametrize("name", READ)
def test_odd_modules_are_read(name):
    torch.manual_seed(0)
    shape, make = READ[name]
    module = make()
    network = slt.from_module(module, torch.zeros(1, *shape))
    x = torch.randn(5, *shape, dtype=torch.float64)
    with torch.no_grad():
        theirs = module.double().eval()(x).reshape(5, -1).numpy()
    # A few hundred roundings of numbers below 1000: 36 products of at most 35 each.
    difference = np.abs(network.forward(x.reshape(5, -1).numpy()).reshape(5, -1) - theirs)
    assert difference.max() < 300 * 1000 * 2.0**-52


REFUSED = {
    "numbers of the batch": (lambda m, x: m.parts[0](x) * x.shape[0], "many inputs stand in the"),
    "another input": (lambda m, x: m.parts[0](x) - m.parts[0](x[:1]), "across the batch"),
    "rolled batch": (lambda m, x: m.parts[0](x).roll(1, 0), "across the batch"),
    "gate": (lambda m, x: m.parts[0](x) * torch.sigmoid(x), "multiplies two values"),
    "sharper swish": (lambda m, x: x * torch.sigmoid(1.7 * m.parts[0](x)), "multiplies two val"),
    "jump": (lambda m, x: F.threshold(m.parts[0](x), 0.1, -3.0), "jumps at 0.1"),
    "single precision": (lambda m, x: m.parts[0](x).float().double(), "rounds values to torch.fl"),
    "dropout of its own": (lambda m, x: F.dropout(m.parts[0](x), 0.5), "drops at random"),
    "padded with ones": (lambda m, x: F.pad(m.parts[0](x), (1, 1), value=1.0), "pads with 1.0"),
    "batch folded in": (lambda m, x: m.parts[0](x).view(-1, 3).relu().view(-1, 6), "is not the ba"),
    "two outputs": (lambda m, x: (m.parts[0](x), x), "2 outputs"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_odd_is_named(name):
    forward, says = REFUSED[name]
    with pytest.raises(BadInput, match=says):
        slt.from_module(Written(forward, linear()), torch.zeros(1, 6))


def test_statistics_of_the_batch_are_named():
    module = nn.Sequential(linear(), nn.BatchNorm1d(6, track_running_stats=False))
    with pytest.raises(BadInput, match="takes statistics of the batch"):
        slt.from_module(module, torch.zeros(1, 6))
