"""Networks of the shapes that papers use, at random weights: what a ticket of that size takes.

Kaiming normal weights from a fixed seed; batch norms in eval mode with default statistics, which a
reader folds. Images are 32 x 32 x 3, outputs 10.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from slt_theory import from_module
from slt_theory.networks import save_npz

__all__ = ["SHAPES", "save_shape"]


def conv(widths: tuple[int, ...]) -> nn.Module:
    """Conv-2, 4, 6 of the lottery ticket papers: pairs of 3 x 3 convolutions, each then pooled."""
    parts: list[nn.Module] = []
    channels = 3
    for width in widths:
        for _ in range(2):
            parts += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        parts.append(nn.MaxPool2d(2))
    side = 32 >> len(widths)
    sizes = (channels * side * side, 256, 256, 10)
    parts.append(nn.Flatten())
    for before, after in itertools.pairwise(sizes):
        parts += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a skip, which is projected where shapes differ."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.skip = nn.Sequential()
        if (before, stride) != (after, 1):
            down = nn.Conv2d(before, after, 1, stride, bias=False)
            self.skip = nn.Sequential(down, nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        """The block's output."""
        return torch.relu(self.main(x) + self.skip(x))


def resnet18() -> nn.Module:
    """ResNet-18 in its form for small images: no first pool, a first convolution of 3 x 3."""
    first = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    parts: list[nn.Module] = [first, nn.BatchNorm2d(64), nn.ReLU()]
    before = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        parts += [BasicBlock(before, width, stride), BasicBlock(width, width, 1)]
        before = width
    return nn.Sequential(*parts, nn.AvgPool2d(4), nn.Flatten(), nn.Linear(512, 10))


SHAPES: dict[str, Callable[[], nn.Module]] = {
    "conv2": lambda: conv((64,)),
    "conv4": lambda: conv((64, 128)),
    "conv6": lambda: conv((64, 128, 256)),
    "resnet18": resnet18,
}


def save_shape(name: str, folder: Path) -> Path:
    """The file of a network of this shape, made from seed 0."""
    torch.manual_seed(0)
    module = SHAPES[name]().eval()
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
    path = folder / f"{name}.npz"
    save_npz(from_module(module, torch.zeros(1, 3, 32, 32)), path)
    return path
