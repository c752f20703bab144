"""Transformers without normalisation: blocks of attention and a ReLU network, each with a skip."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.networks.activations import RELU
from slt_theory.networks.arrays import Floats
from slt_theory.networks.attention import KEYS, Attention
from slt_theory.networks.dense import Dense
from slt_theory.networks.network import Network

__all__ = ["PlainTransformer", "Target", "transformer_arrays", "transformer_from_arrays"]

_KEY = re.compile(
    rf"blocks\.(\d{{1,4}})\.(?:attention\.({'|'.join(KEYS)})\.weight"
    r"|connected\.(\d{1,4})\.(weight|bias))"
)


@dataclass(frozen=True, eq=False, repr=False)
class PlainTransformer:
    """Block by block z = x + Attn(x), y = z + F(z): tokens x of d numbers, F with ReLU.

    Parameters
    ----------
    blocks : tuple of (Attention, Dense)
        All of one width: tokens of d numbers, attention d to d, networks d to d.

    Raises
    ------
    BadInput
        If there is no block, widths differ, or a network has another activation.

    Examples
    --------
    >>> one = np.ones((1, 1, 1))
    >>> block = (Attention(one, one, one, one), Dense([[[1.0]], [[-1.0]]]))
    >>> PlainTransformer((block, block)).forward([[1.0], [-1.0]]).shape
    (2, 1)
    """

    blocks: tuple[tuple[Attention, Dense], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple((heads, part) for heads, part in self.blocks))
        if not self.blocks:
            raise BadInput("blocks", 0, "must be one or more", "give (Attention, Dense) pairs")
        width = self.width
        for number, (heads, part) in enumerate(self.blocks):
            ends = (heads.width, heads.output.shape[2], part.widths[0], part.widths[-1])
            if set(ends) != {width}:
                raise BadInput(f"blocks[{number}]", ends, f"must be {width} wide at every end")
            if part.activation != RELU:
                name = part.activation.name
                raise BadInput(f"blocks[{number}]", name, "the theorem is about ReLU", "use relu")

    @property
    def width(self) -> int:
        """Numbers of a token."""
        return self.blocks[0][0].width

    @property
    def parameters(self) -> int:
        """Number of entries of all matrices and biases."""
        return sum(heads.parameters + part.parameters for heads, part in self.blocks)

    def forward(self, tokens: ArrayLike, *, mask: NDArray[np.bool_] | None = None) -> Floats:
        """Outputs in float64, shape (tokens, width); `mask` as of `Attention.forward`."""
        x = np.asarray(tokens, dtype=np.float64)
        for heads, part in self.blocks:
            z = x + heads.forward(x, mask=mask)
            x = z + part.forward(z)
        return np.asarray(x)

    def describe(self) -> dict[str, Any]:
        """Heads and layers of every block, as a ticket's header has them."""
        return {"transformer": [[heads.heads, part.depth] for heads, part in self.blocks]}

    def target_hash(self) -> str:
        """SHA-256 of shapes and numbers; names of layers do not count."""
        digest = hashlib.sha256(b"slt-theory transformer 1\n")
        for heads, part in self.blocks:
            digest.update(heads.target_hash().encode())
            for weight, bias in zip(part.weights, part.biases, strict=True):
                for array in (weight, np.zeros(0) if bias is None else bias):
                    digest.update(f"{array.shape}\n".encode())
                    digest.update((array + 0.0).astype("<f8").tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        return (
            f"PlainTransformer({len(self.blocks)} blocks, width {self.width}, "
            f"{self.parameters:,} parameters)"
        )


Target = Network | Attention | PlainTransformer
"""What a ticket can stand for."""


def transformer_arrays(target: PlainTransformer) -> dict[str, Floats]:
    """The arrays of a file: ``blocks.B.attention.query.weight``, ``blocks.B.connected.L.bias``."""
    arrays = {}
    for number, (heads, part) in enumerate(target.blocks):
        for name in KEYS:
            arrays[f"blocks.{number}.attention.{name}.weight"] = getattr(heads, name)
        for layer, (weight, bias) in enumerate(zip(part.weights, part.biases, strict=True)):
            arrays[f"blocks.{number}.connected.{layer}.weight"] = weight
            if bias is not None:
                arrays[f"blocks.{number}.connected.{layer}.bias"] = bias
    return arrays


def transformer_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> PlainTransformer | None:
    """The transformer of a file's arrays; None where the keys are those of something else.

    Raises
    ------
    BadInput
        Names the block that lacks an array, or whose arrays do not fit.
    """
    found = [_KEY.fullmatch(key) for key in arrays]
    if not found or not all(found):
        return None
    last = max(int(match[1]) for match in found if match)
    return PlainTransformer(tuple(_block(arrays, number) for number in range(last + 1)))


def _block(arrays: Mapping[str, NDArray[Any]], number: int) -> tuple[Attention, Dense]:
    where = f"blocks.{number}"
    part = f"{where}.connected."
    layers = {key.removeprefix(part).partition(".")[0] for key in arrays if key.startswith(part)}
    keys = [f"{where}.attention.{name}.weight" for name in KEYS]
    keys += [f"{part}{layer}.weight" for layer in range(max(1, len(layers)))]
    for key in keys:
        if key not in arrays:
            raise BadInput(key, "missing", f"is needed: {where} has other parts")
    heads = Attention(*(arrays[key] for key in keys[: len(KEYS)]))
    depth = len(keys) - len(KEYS)
    return heads, Dense(
        tuple(arrays[key] for key in keys[len(KEYS) :]),
        tuple(arrays.get(f"{part}{layer}.bias") for layer in range(depth)),
    )
