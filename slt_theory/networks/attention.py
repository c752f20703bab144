"""Multi-head attention with softmax and any binary attention mask."""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats, checked_floats

__all__ = ["Attention", "attend"]

KEYS = ("query", "key", "value", "output")


@dataclass(frozen=True, eq=False, repr=False)
class Attention:
    """Y = sum_h softmax(X Q_h K_h' X' / sqrt(d_K)) X V_h O_h over tokens, the rows of X.

    Parameters
    ----------
    query, key : arrays (heads, d1, d_K)
    value : array (heads, d1, d_V)
    output : array (heads, d_V, d2)

    Raises
    ------
    BadInput
        Names the array: wrong dimensions, empty, NaN or infinite, shapes that do not fit.

    Examples
    --------
    >>> one = np.ones((1, 1, 1))
    >>> Attention(one, one, one, one).forward([[1.0], [1.0]])
    array([[1.],
           [1.]])
    """

    query: Floats
    key: Floats
    value: Floats
    output: Floats

    def __post_init__(self) -> None:
        for name in KEYS:
            array = checked_floats(f"{name}.weight", getattr(self, name))
            if array.ndim != 3:
                raise BadInput(f"{name}.weight", array.shape, "must be 3-d, heads first")
            object.__setattr__(self, name, array)
        heads, tokens = self.query.shape[:2]
        for name, shape in (
            ("key", self.query.shape),
            ("value", (heads, tokens, self.value.shape[2])),
            ("output", (heads, self.value.shape[2], self.output.shape[2])),
        ):
            if getattr(self, name).shape != shape:
                raise BadInput(
                    f"{name}.weight", getattr(self, name).shape, f"must have shape {shape}"
                )

    @property
    def heads(self) -> int:
        """Number of heads."""
        return int(self.query.shape[0])

    @property
    def width(self) -> int:
        """Numbers of a token."""
        return int(self.query.shape[1])

    @property
    def parameters(self) -> int:
        """Number of entries of all matrices."""
        return sum(int(getattr(self, name).size) for name in KEYS)

    def merged(self) -> tuple[tuple[Floats, float], ...]:
        """Per head Q K' / sqrt(d_K) and (V O)', each with a bound of its rounding errors.

        Rows are outputs: entry (l, j) multiplies coordinate j of the query's token, or of the
        value's. A product of d terms and a division by a rounded root make at most d + 4 roundings
        of the sum of sizes.
        """
        parts = []
        root = math.sqrt(self.query.shape[2])
        for head in range(self.heads):
            for left, right, scale in (
                (self.key[head], self.query[head].T, root),
                (self.output[head].T, self.value[head].T, 1.0),
            ):
                matrix = (left @ right) / scale
                sizes = (np.abs(left) @ np.abs(right)) / scale
                slip = (left.shape[1] + 4) * 2.0**-52 * float(sizes.max()) + 2.0**-1000
                parts.append((np.asarray(matrix), slip))
        return tuple(parts)

    def forward(
        self,
        tokens: ArrayLike,
        *,
        mask: NDArray[np.bool_] | None = None,
        asked: NDArray[np.int64] | None = None,
    ) -> Floats:
        """Outputs in float64.

        Parameters
        ----------
        tokens : array (tokens, d1)
        mask : bool array (tokens, tokens), optional
            Row q: the tokens that q may see.
        asked : int64 array, optional
            Tokens whose outputs are computed; default: all.

        Returns
        -------
        array (asked, d2)
        """
        x = checked_floats("tokens", tokens)
        if x.ndim != 2 or x.shape[1] != self.width:
            raise BadInput("tokens", x.shape, f"must have shape (tokens, {self.width})")
        root = math.sqrt(self.query.shape[2])
        result = np.zeros((len(x) if asked is None else len(asked), self.output.shape[2]))
        for h in range(self.heads):
            scores = (x if asked is None else x[asked]) @ self.query[h] @ (x @ self.key[h]).T / root
            result += attend(scores, mask, asked) @ (x @ self.value[h]) @ self.output[h]
        return result

    def describe(self) -> dict[str, int]:
        """Number of heads, as a ticket's header has it."""
        return {"attention": self.heads}

    def target_hash(self) -> str:
        """SHA-256 of shapes and numbers."""
        digest = hashlib.sha256(b"slt-theory attention 1\n")
        for name in KEYS:
            array = getattr(self, name)
            digest.update(struct.pack("<3q", *array.shape) + (array + 0.0).astype("<f8").tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        return (
            f"Attention({self.heads} heads, {self.width}-{self.query.shape[2]}-"
            f"{self.value.shape[2]}-{self.output.shape[2]}, {self.parameters} parameters)"
        )


def attend(
    scores: Floats, mask: NDArray[np.bool_] | None, asked: NDArray[np.int64] | None = None
) -> Floats:
    """Softmax of every row over the tokens that it may see.

    Raises
    ------
    BadInput
        If a row may see no token.
    """
    if mask is not None:
        seen = np.asarray(mask, dtype=bool)
        seen = seen if asked is None else seen[asked]
        if seen.shape != scores.shape or not seen.any(axis=1).all():
            raise BadInput("mask", seen.shape, f"must be {scores.shape}, with a True in each row")
        scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
