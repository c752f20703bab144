"""Tensors of a checkpoint as the layers mean them: wrappers' prefixes off, masks and norms applied.

>>> import numpy as np
>>> saved = {"module.fc.weight_orig": np.ones((1, 2)), "module.fc.weight_mask": np.eye(1, 2)}
>>> plain_tensors(saved)
{'fc.weight': array([[1., 0.]])}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput

__all__ = ["plain_tensors"]

_PREFIXES = ("module.", "_orig_mod.", "model.")
"""Of data-parallel wrappers, compiled modules, and training loops."""


def plain_tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the tensors by the names of their layers.

    A prefix that all keys share goes; a pruned parameter is ``orig * mask``; a weight-normalised
    one is ``g v / ||v||`` over all axes but the first.

    Raises
    ------
    BadInput
        A mask without its weight, or the other way round.
    """
    found = dict(arrays)
    while shared := [p for p in _PREFIXES if found and all(k.startswith(p) for k in found)]:
        found = {key.removeprefix(shared[0]): value for key, value in found.items()}
    result: dict[str, NDArray[Any]] = {}
    for key, value in found.items():
        for one, other, join in _PAIRS:
            if key.endswith(other):
                _partner(found, key, other, one)
                break
            if key.endswith(one):
                partner = _partner(found, key, one, other)
                name = key.removesuffix(one).removesuffix(".parametrizations.weight")
                result[f"{name}.weight" if join is _normalised else key.removesuffix("_orig")] = (
                    join(value, partner)
                )
                break
        else:
            result[key] = value
    return result


def _partner(found: Mapping[str, NDArray[Any]], key: str, suffix: str, other: str) -> NDArray[Any]:
    partner = key.removesuffix(suffix) + other
    if partner not in found:
        raise BadInput(key, partner, "is missing beside it", "save the whole state dict")
    return found[partner]


def _masked(weight: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    # A mask of zeros and ones: nothing is rounded.
    return np.asarray(weight * mask)


def _normalised(size: NDArray[Any], direction: NDArray[Any]) -> NDArray[Any]:
    flat = np.asarray(direction, dtype=np.float64)
    length = np.sqrt((flat * flat).sum(axis=tuple(range(1, flat.ndim)), keepdims=True))
    return np.asarray(np.asarray(size, dtype=np.float64) * (flat / length))


_PAIRS: tuple[tuple[str, str, Any], ...] = (
    ("weight_orig", "weight_mask", _masked),
    ("bias_orig", "bias_mask", _masked),
    (".weight_g", ".weight_v", _normalised),
    (".original0", ".original1", _normalised),
)
