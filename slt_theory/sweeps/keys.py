"""Canonical JSON and its hash: equal things have equal names, on every machine."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

__all__ = ["canonical", "digest"]


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; values are brought to their declared type before."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """128 bits of the hash of `canonical`, in hexadecimal.

    Examples
    --------
    >>> digest({"b": 1, "a": [2]}) == digest({"a": [2], "b": 1})
    True
    """
    return sha256(canonical(value).encode()).hexdigest()[:32]
