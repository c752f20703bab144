"""Random modules over every operator that is read, and a few that are not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune

from slt_theory.torch import build_ticket

RELU, GELU = nn.ReLU(), nn.GELU()  # shared on purpose: modules used many times


class Drawn(nn.Module):
    """A chain of random pieces; `pieces` are (name, module or function)."""

    def __init__(self, pieces):
        super().__init__()
        self.steps = [function for _, function in pieces]
        self.names = [name for name, _ in pieces]
        self.parts = nn.ModuleList([f for f in self.steps if isinstance(f, nn.Module)])

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return x


def _shape(function, shape):
    with torch.no_grad():
        return tuple(function(torch.zeros(2, *shape, dtype=torch.float64)).shape[1:])


def _settled(module, rng):
    """Random statistics, so that a batch norm does something; float64."""
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_()
            part.running_var.uniform_(0.3, 2)
            if part.affine:
                nn.init.normal_(part.weight)
                nn.init.normal_(part.bias)
    return module.double().eval()


def _hooked(module, rng):
    """Sometimes weights behind hooks or parametrisations, and stale copies beside them."""
    kind = rng.integers(6)
    if kind == 0:
        prune.l1_unstructured(module, "weight", amount=0.4)
        module.weight_orig.data.mul_(1.5)  # `weight` is stale until the next forward
    elif kind == 1:
        nn.utils.parametrizations.weight_norm(module)
    elif kind == 2:
        nn.utils.parametrizations.spectral_norm(module)
    elif kind == 3:
        module.register_forward_hook(lambda part, given, out: out * 0.5 + 0.25)
    return module


class Twice(nn.Module):
    """One layer used twice, with a shared activation between."""

    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    def forward(self, x):
        return self.fc(RELU(self.fc(x)))


class PreActivation(nn.Module):
    """A residual block whose batch norm comes first, after the branch."""

    def __init__(self, channels):
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(channels), nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return x + self.conv(F.relu(self.norm(x)))


class OptionA(nn.Module):
    """A shortcut that subsamples and adds zero channels, as in the first ResNets for CIFAR."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1)

    def forward(self, x):
        side = x.shape[1]
        short = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, side // 2, side - side // 2))
        return F.relu_(self.conv(x) + short)


class Assigned(nn.Module):
    """Parts of a tensor overwritten in place, by values, functions of them, and constants."""

    def forward(self, x):
        y = x * 1
        y[:, 1:] = y[:, 1:].tanh()
        y[:, 0] = 0.5
        z, w = torch.zeros_like(y), torch.empty_like(y)
        z[:, :1] = y[:, :1]
        w.copy_(y).relu_()
        return torch.cat([y, z, w, y.new_ones(y.shape)], 1)


class Side(nn.Module):
    """Two branches, joined as asked."""

    def __init__(self, one, other, join):
        super().__init__()
        self.one, self.other, self.join = one, other, join

    def forward(self, x):
        return self.join(self.one(x), self.other(x))


def _vector(rng, width):
    """Pieces for (numbers,)."""
    out, cut = int(rng.integers(2, 7)), int(rng.integers(1, width)) if width > 1 else 0
    linear = nn.Linear(width, out, bias=bool(rng.integers(2)))
    scale, shift = torch.randn(2, width, dtype=torch.float64)
    matrix, offset = torch.randn(width, out).double(), torch.randn(out).double()
    order = torch.from_numpy(rng.permutation(width))
    return {
        "linear": lambda: _hooked(linear, rng),
        "functional linear": lambda: lambda x: F.linear(x, matrix.T),
        "matmul": lambda: lambda x: x @ matrix,
        "addmm": lambda: lambda x: torch.addmm(offset, x, matrix),
        "twice": lambda: Twice(width),
        "batch norm 1d": lambda: nn.BatchNorm1d(width, affine=bool(rng.integers(2))),
        "scale and shift": lambda: lambda x: (x - 0.5) * scale + shift,
        "negate": lambda: lambda x: 1 - (-x) / 2,
        "skip": lambda: Side(nn.Linear(width, width), nn.Identity(), torch.add),
        "difference": lambda: Side(nn.Linear(width, width), nn.Tanh(), torch.sub),
        "in place": lambda: lambda x: (x * 1).relu_().add_(0.5),
        "concatenate": lambda: Side(
            nn.Linear(width, 3), nn.ReLU(), lambda a, b: torch.cat([a, b], 1)
        ),
        "stack": lambda: lambda x: torch.stack([x, -x], 1).flatten(1),
        "split": lambda: lambda x: torch.cat(list(x.split(max(1, width // 2), 1))[::-1], -1),
        "slice": lambda: lambda x: x[:, cut:],
        "mean": lambda: lambda x: x - x.mean(-1, keepdim=True),
        "sum": lambda: lambda x: torch.cat([x, x.sum(1, keepdim=True)], 1),
        "dropout": lambda: nn.Dropout(0.5),
        "reshape": lambda: lambda x: x.view(len(x), 1, -1).squeeze(1),
        "prelu": lambda: nn.PReLU(),
        "turned product": lambda: lambda x: (matrix.T @ x.t()).t(),
        "turned layer": lambda: lambda x: torch.addmm(offset[:, None], matrix.T, x.t()).t().relu(),
        "flip": lambda: lambda x: x.flip(1),
        "index": lambda: lambda x: x[:, order],
        "unbind": lambda: lambda x: torch.stack(x.unbind(1)[::-1], -1),
        "einsum": lambda: lambda x: torch.einsum("bi,io->bo", x, matrix),
        "chunk": lambda: lambda x: torch.cat(x.chunk(2, 1)[::-1], 1),
        "constants beside": lambda: lambda x: torch.cat([x, offset.expand(len(x), -1)], 1),
        "repeat": lambda: lambda x: x.repeat(1, 2)[:, : width + 1],
        "expand": lambda: lambda x: x + scale.expand(x.shape[0], -1),
        "hardtanh": lambda: nn.Hardtanh(-0.5, 0.75),
        "relu6": lambda: nn.ReLU6(),
        "clamp": lambda: lambda x: x.clamp(min=-0.25).clamp(max=0.5),
        "roll": lambda: lambda x: x.roll((1, 2), (1, 1)),
        "assignment": lambda: Assigned(),
        "maximum": lambda: lambda x: torch.maximum(torch.minimum(x, scale), x.mean(1, True)),
        "bounds for every number": lambda: lambda x: x.clamp(-scale.abs(), shift.abs()),
        "constants of a shape": lambda: lambda x: torch.max(x, torch.zeros_like(x)) + x.new_ones(1),
        "implicit einsum": lambda: lambda x: torch.einsum("bi,iz", x, matrix),
        "wider by a constant": lambda: lambda x: (x[:, :, None] + offset[:2]).flatten(1),
        "masked layer": lambda: build_ticket(nn.Linear(width, out), eps=0.1, seed=out),
    }


def _image(rng, shape):
    """Pieces for (channels, rows, columns)."""
    channels, rows, columns = shape
    small = min(rows, columns)
    side = int(rng.integers(1, min(3, small) + 1))
    groups = int(rng.choice([g for g in (1, 2, 3, 4) if channels % g == 0]))
    out = groups * int(rng.integers(1, 3))
    stride, padding = int(rng.integers(1, 3)), int(rng.integers(0, 3))
    spread = 2 if small + 2 * padding > 2 * (side - 1) else 1
    half = int(rng.integers(0, side // 2 + 1))

    def convolution(**options):
        return _hooked(nn.Conv2d(channels, out, side, groups=groups, **options), rng)

    near = min(side - 1, small - 1)
    mixed, tall = torch.randn(out, channels).double(), torch.randn(2, rows).double()
    stack = torch.randn(channels, columns, 2).double()
    return {
        "convolution": lambda: convolution(
            stride=stride, padding=padding, dilation=spread, bias=bool(rng.integers(2))
        ),
        "padding same": lambda: convolution(padding="same"),
        "padding reflect": lambda: convolution(padding=near, padding_mode="reflect"),
        "padding replicate": lambda: convolution(padding=1, padding_mode="replicate"),
        "padding circular": lambda: convolution(padding=1, padding_mode="circular"),
        "rectangular kernel": lambda: nn.Conv2d(channels, 2, (1, side), (2, 1), (1, 0)),
        "batch norm 2d": lambda: nn.BatchNorm2d(channels),
        "pre-activation": lambda: PreActivation(channels),
        "option A": lambda: OptionA(channels),
        "max pool": lambda: nn.MaxPool2d(side, stride, half, ceil_mode=bool(rng.integers(2))),
        "average pool": lambda: nn.AvgPool2d(
            side,
            stride,
            half,
            ceil_mode=bool(rng.integers(2)),
            count_include_pad=bool(rng.integers(2)),
        ),
        "global pool": lambda: lambda x: x.mean((2, 3)),
        "adaptive average": lambda: nn.AdaptiveAvgPool2d((int(rng.integers(1, rows + 1)), None)),
        "adaptive maximum": lambda: nn.AdaptiveMaxPool2d(int(rng.integers(1, small + 1))),
        "pad": lambda: lambda x: F.pad(x, (1, 0, 0, 2)),
        "transpose": lambda: lambda x: x.transpose(2, 3),
        "permute": lambda: lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2),
        "channels last": lambda: lambda x: x.permute(0, 2, 3, 1).flatten(1),
        "flatten": lambda: nn.Flatten(),
        "tokens": lambda: nn.Sequential(nn.Flatten(2), nn.Linear(rows * columns, 4)),
        "broadcast": lambda: lambda x: x + x.mean((2, 3), keepdim=True),
        "roll 2d": lambda: lambda x: x.roll(-1, 3).roll((1, 1), (1, 2)),
        "channel shuffle": lambda: nn.ChannelShuffle(groups),
        "pixel shuffle": lambda: lambda x: F.pixel_shuffle(torch.cat([x] * 4, 1), 2),
        "pixel unshuffle": lambda: (
            lambda x: F.pixel_unshuffle(F.pad(x, (0, columns % 2, 0, rows % 2)), 2)
        ),
        "assignment 2d": lambda: Assigned(),
        "pool with places": lambda: lambda x: F.max_pool2d(x, side, return_indices=True)[0],
        "select": lambda: lambda x: x[:, :, 0],
        "einsum 2d": lambda: lambda x: torch.einsum("bchw,dc->bhdw", x, mixed),
        "einsum groups": lambda: lambda x: torch.einsum("bchw,cwv->bchv", x, stack),
        "stack of matrices": lambda: lambda x: x @ stack,
        "product from the left": lambda: lambda x: tall @ x,
        "channels first": lambda: lambda x: x.transpose(0, 1).mul(2).tanh().transpose(1, 0),
        "flip 2d": lambda: lambda x: x.flip(1, 3),
        "index 2d": lambda: lambda x: x[:, :, [rows - 1, 0]],
        "skip 2d": lambda: Side(
            nn.Conv2d(channels, channels, 3, padding=1), nn.Identity(), torch.add
        ),
    }


def _sequence(rng, shape):
    """Pieces for (channels, places)."""
    channels, places = shape
    side = int(rng.integers(1, min(3, places) + 1))
    return {
        "convolution 1d": lambda: nn.Conv1d(channels, 3, side, padding="same"),
        "batch norm sequence": lambda: nn.BatchNorm1d(channels),
        "max pool 1d": lambda: nn.MaxPool1d(side),
        "average pool 1d": lambda: nn.AvgPool1d(side, 1),
        "adaptive 1d": lambda: nn.AdaptiveAvgPool1d(int(rng.integers(1, places + 1))),
        "last axis": lambda: nn.Linear(places, 3),
        "unflatten": lambda: nn.Unflatten(1, (channels, 1)),
        "flatten 1d": lambda: nn.Flatten(),
    }


def _any(rng):
    slope = float(rng.uniform(0, 1))
    return {
        "relu": lambda: RELU,
        "gelu": lambda: GELU if rng.integers(2) else nn.GELU(approximate="tanh"),
        "silu": lambda: F.silu,
        "tanh": lambda: nn.Tanh(),
        "sigmoid": lambda: torch.sigmoid,
        "leaky relu": lambda: nn.LeakyReLU(slope),
        "threshold": lambda: nn.Threshold(slope, slope),
        "random leaky relu": lambda: nn.RReLU(0.1, 0.5),
    }


OUTSIDE = {
    "softmax": lambda: lambda x: x.softmax(-1),
    "layer norm": lambda: lambda x: F.layer_norm(x, x.shape[-1:]),
    "square": lambda: lambda x: x * x,
    "elu": lambda: nn.ELU(),
    "batch mean": lambda: lambda x: x - x.mean(0),
    "exponential": lambda: torch.exp,
}
"""Operators that must be refused by name."""


def _pieces(rng, shape):
    if len(shape) == 1:
        return _vector(rng, shape[0])
    return _sequence(rng, shape) if len(shape) == 2 else _image(rng, shape)


def _names():
    rng = np.random.default_rng(0)
    return [*(name for s in ((2,), (2, 4), (2, 4, 4)) for name in _pieces(rng, s)), *_any(rng)]


NAMES = _names()
"""Every piece that must be read."""


def _rarest(rng, names, counts):
    """One of the names that were read least so far, most of the time; else any."""
    least = min(counts[name] for name in names)
    rare = [name for name in names if counts[name] == least]
    return str(rng.choice(rare if rng.random() < 0.7 else names))


def _start(rng, counts):
    """A shape for inputs; most of the time one that takes the piece read least so far."""
    axes = int(rng.choice([1, 2, 3, 3]))
    if rng.random() < 0.7:
        name = _rarest(rng, NAMES, counts)
        taking = [k for k in (1, 2, 3) if name in _pieces(rng, (2, 4, 4)[:k])]
        axes = int(rng.choice(taking or [axes]))
    if axes == 1:
        return (int(rng.integers(2, 7)),)
    return (int(rng.integers(1, 4)), *(int(rng.integers(4, 9)) for _ in range(axes - 1)))


def draw(rng, *, outside=False, counts=None):
    """(module, shape of its input, names of its pieces); `outside` asks for one not covered.

    `counts` holds how often every piece was read so far: rare ones are drawn more.
    """
    torch.manual_seed(int(rng.integers(2**31)))
    counts = Counter() if counts is None else counts
    shape = start = _start(rng, counts)
    pieces = []
    weighed = {1: ["linear", "functional linear"], 2: ["convolution 1d"], 3: ["convolution"]}
    count = int(rng.integers(4, 11))
    foreign = int(rng.integers(count)) if outside else -1
    for number in range(count):
        table = _pieces(rng, shape)
        names = list(table) if number else weighed[len(shape)]
        table.update(_any(rng))
        # Most pieces change the shape or weigh, the rest are activations.
        if number and rng.random() < 0.25:
            names = list(_any(rng))
        name = _rarest(rng, names, counts)
        if number == foreign:
            table, name = OUTSIDE, str(rng.choice(list(OUTSIDE)))
        made = table[name]()
        made = _settled(made, rng) if isinstance(made, nn.Module) else made
        after = _shape(made, shape)
        if not after or min(after) < 1:
            continue
        pieces.append((name, made))
        shape = after
    module = Drawn(pieces).double().eval()
    return module, start, [name for name, _ in pieces]
