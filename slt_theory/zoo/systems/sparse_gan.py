"""Self-sparse GAN: a generator whose feature maps pass gates that close channels and positions.

After each deconvolution, h becomes h + a_c p_xy h, with channel coefficients a from the noise and
position coefficients p from the map itself, both behind a ReLU: many are exactly 0. The game is
WGAN-GP: the critic takes five steps for one of the generator.

Source: Qian, Xu, Zuo and Li, "Self-sparse generative adversarial networks" (arXiv 2101.10556), its
abstract; the two coefficients are recalled, how the maps are recombined is ours.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.torch.train import Batch, Draws, Shapes, Tensors, Use, convolve, dense

__all__ = ["Game", "Gan", "gated"]


def gated(maps: Any, channels: Any, positions: Any) -> Any:
    """a_c p_xy h of maps (..., C, h, w), coefficients (..., C) and (..., h, w) before ReLU."""
    return channels.relu()[..., None, None] * positions.relu()[..., None, :, :] * maps


class Gan:
    """Generator from noise to 8x8 images, critic from images to numbers, in one set of tensors.

    Called on images (S, B, 64), with `noise` (S, B, z) and `mix` (S, B, 1) among the tensors, it
    returns what the game is about: mean criticism of made and of real images, and the penalty on
    gradients between them, (S, 3).
    """

    def __init__(self, *, channels: int = 8, noise: int = 16, gates: bool = True) -> None:
        self.channels, self.noise, self.gates = channels, noise, gates
        shapes: dict[str, tuple[int, ...]] = {
            "make.first.weight": (channels * 16, noise),
            "make.middle.weight": (channels, channels, 3, 3),
            "make.last.weight": (1, channels, 3, 3),
            "judge.0.weight": (64, 64),
            "judge.1.weight": (64, 64),
            "judge.2.weight": (1, 64),
        }
        if gates:
            for level in ("one", "two"):
                shapes[f"make.channels.{level}.weight"] = (channels, noise)
                shapes[f"make.positions.{level}.weight"] = (1, channels, 3, 3)
        biases = {f"{n.removesuffix('.weight')}.bias": s[:1] for n, s in shapes.items()}
        self.shapes: Shapes = shapes | biases

    def _passed(self, tensors: Tensors, level: str, maps: Tensor) -> Tensor:
        """Maps (B, S * C, h, w) with their gated part added."""
        if not self.gates:
            return maps
        stack = tensors["noise"].shape[0]
        channels = dense(tensors, f"make.channels.{level}", tensors["noise"]).transpose(0, 1)
        positions = convolve(tensors, f"make.positions.{level}", maps)
        apart = maps.reshape(len(maps), stack, self.channels, *maps.shape[2:])
        added: Tensor = apart + gated(apart, channels, positions)
        return added.flatten(1, 2)

    def make(self, tensors: Tensors) -> Tensor:
        """Images (S, B, 64) in [0, 1] from the noise."""
        first = dense(tensors, "make.first", tensors["noise"])
        stack, count = first.shape[:2]
        maps = first.transpose(0, 1).reshape(count, stack * self.channels, 4, 4)
        maps = self._passed(tensors, "one", maps).relu()
        # A deconvolution: each pixel becomes four, then a convolution.
        maps = convolve(tensors, "make.middle", functional.interpolate(maps, scale_factor=2))
        maps = self._passed(tensors, "two", maps).relu()
        images = convolve(tensors, "make.last", maps).sigmoid()
        return images.flatten(2).transpose(0, 1)

    def judge(self, tensors: Tensors, images: Tensor) -> Tensor:
        """Criticism (S, B) of images (S, B, 64)."""
        value = dense(tensors, "judge.0", images).relu()
        value = dense(tensors, "judge.1", value).relu()
        return dense(tensors, "judge.2", value)[:, :, 0]

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        made = self.make(tensors)
        between = (tensors["mix"] * inputs + (1 - tensors["mix"]) * made).detach().requires_grad_()
        score = self.judge(tensors, between).sum()
        (slopes,) = torch.autograd.grad(score, between, create_graph=True)
        penalty = (slopes.square().sum(2).sqrt() - 1).square()
        parts = (self.judge(tensors, made), self.judge(tensors, inputs), penalty)
        return torch.stack([part.mean(1) for part in parts], dim=1)


class Game:
    """Whose turn it is: `effective` and `loss` of one run of the training loop.

    The side whose turn it is not is held fixed, so that its numbers get no gradient and its
    optimiser does not move. Another `copy` has other noise.
    """

    def __init__(
        self, gan: Gan, draws: Draws, batch: int, *, turns: int = 5, copy: int = 0
    ) -> None:
        self.gan, self.draws, self.batch, self.turns, self.copy = gan, draws, batch, turns, copy
        self.step = 0

    @property
    def side(self) -> str:
        return "judge." if self.step % (self.turns + 1) else "make."

    def lots(self, index: int, count: int) -> Tensors:
        """Noise in [-1, 1] and a place in [0, 1] between two images; `index` below 2^16."""
        shape = (count, self.gan.noise + 1)
        lots = self.draws.uniform(Use.DATA, self.copy << 16 | index, shape).float()
        return {"noise": lots[:, :, 1:], "mix": (lots[:, :, :1] + 1) / 2}

    def effective(self, variables: Tensors) -> Tensors:
        self.step += 1
        fixed = {n: v if n.startswith(self.side) else v.detach() for n, v in variables.items()}
        return {**fixed, **self.lots(self.step, self.batch)}

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        made, real, penalty = outputs.unbind(1)
        return -made if self.side == "make." else made - real + 10 * penalty
