"""The one door through which numbers enter a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput

__all__ = ["Floats", "check_size", "checked_floats", "checked_layers", "default_names"]

Floats: TypeAlias = NDArray[np.float64]

_DIMENSIONS = {
    2: "2-d (out, in)",
    3: "3-d (out, in, elements)",
    4: "4-d (out, in, kh, kw)",
}

#: Integers up to here are float64 values; one more would be rounded.
LARGEST_EXACT_INTEGER = 2**53


_MOST_NUMBERS = 1 << 26
"""Numbers of one value, and of the windows of one pool: 512 MiB, far beyond any real network."""


def check_size(key: str, numbers: int) -> None:
    """Refuse a value of more than 2^26 numbers, before it is allocated.

    Raises
    ------
    BadInput
    """
    if numbers > _MOST_NUMBERS:
        raise BadInput(key, numbers, f"must hold at most {_MOST_NUMBERS:,} numbers")


def checked_floats(key: str, value: ArrayLike) -> Floats:
    """A finite float64 copy of `value`, equal to it number for number, read-only.

    Raises
    ------
    BadInput
        Names `key`: not a rectangular array of real numbers, a type wider than float64, empty,
        NaN or infinite.
    """
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadInput(key, type(value).__name__, "must be a rectangular array") from error
    exact = (array.dtype.kind == "f" and array.dtype.itemsize <= 8) or array.dtype.kind in "iu"
    if not exact:
        raise BadInput(key, str(array.dtype), "must hold real numbers no wider than float64")
    if array.size == 0:
        raise BadInput(key, array.shape, "must not be empty")
    if array.dtype.kind in "iu" and not _exact_as_floats(array):
        raise BadInput(key, str(array.dtype), "holds integers beyond 2^53, which are no floats")
    floats = np.array(array, dtype=np.float64, order="C")
    wrong = ~np.isfinite(floats)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise BadInput(
            key,
            float(floats[where]),
            f"must be finite; {int(wrong.sum())} of {wrong.size} are not, the first at {where}",
        )
    floats.flags.writeable = False
    return floats


def _exact_as_floats(array: NDArray[Any]) -> bool:
    return int(array.max()) <= LARGEST_EXACT_INTEGER and int(array.min()) >= -LARGEST_EXACT_INTEGER


def default_names(kinds: Sequence[str]) -> tuple[str, ...]:
    """Names of layers that have none: the kind and its count, as in fc1, fc2."""
    seen: dict[str, int] = {}
    names = []
    for kind in kinds:
        seen[kind] = seen.get(kind, 0) + 1
        names.append(f"{kind}{seen[kind]}")
    return tuple(names)


def _kind(weight: ArrayLike) -> str:
    return "conv" if getattr(weight, "ndim", 2) == 4 else "fc"


def checked_layers(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None],
    names: Sequence[str],
    *,
    dimensions: tuple[int, ...],
) -> tuple[tuple[Floats, ...], tuple[Floats | None, ...], tuple[str, ...]]:
    """Weights, biases and names of the layers, each alone in order; chaining is not checked here.

    An empty `biases` means that no layer has one; an empty `names` asks for default names.
    """
    if not len(weights):
        raise BadInput("weights", 0, "a network has at least one layer")
    if not len(biases):
        biases = [None] * len(weights)
    if len(biases) != len(weights):
        raise BadInput("biases", len(biases), f"must be one for each of {len(weights)} layers")
    if not len(names):
        names = default_names([_kind(weight) for weight in weights])
    if len(names) != len(weights):
        raise BadInput("names", len(names), f"must be one for each of {len(weights)} layers")
    for name in names:
        if not isinstance(name, str) or not name:
            raise BadInput("names", name, "must be non-empty strings")
    if len(set(names)) != len(names):
        raise BadInput("names", tuple(names), "must differ from each other")
    checked_weights, checked_biases = [], []
    for name, weight, bias in zip(names, weights, biases, strict=True):
        key = f"{name}.weight"
        floats = checked_floats(key, weight)
        if floats.ndim not in dimensions:
            allowed = " or ".join(_DIMENSIONS[d] for d in dimensions)
            raise BadInput(key, floats.shape, f"must be {allowed}")
        checked_weights.append(floats)
        checked_biases.append(None if bias is None else _checked_bias(name, bias, floats.shape[0]))
    return tuple(checked_weights), tuple(checked_biases), tuple(names)


def _checked_bias(name: str, bias: ArrayLike, outputs: int) -> Floats:
    key = f"{name}.bias"
    floats = checked_floats(key, bias)
    if floats.shape != (outputs,):
        raise BadInput(
            key, floats.shape, f"must have shape ({outputs},), one for each row of {name}.weight"
        )
    return floats
