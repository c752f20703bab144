"""Names and shapes of a file of weights that speak against a plain chain of its layers.

>>> against_a_chain({"fc1": (8, 4), "downsample": (8, 4), "fc2": (2, 8)})
'downsample: by its name a layer of a shortcut'
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["against_a_chain"]

_WORDS = {
    "a layer of a shortcut": ("downsample", "shortcut", "skip", "residual"),
    "a part of an attention": ("attn", "attention", "qkv", "qproj", "kproj", "vproj", "inproj"),
    "a table that is looked up": ("embed", "embedding", "embeddings", "wte", "wpe"),
    "a transposed convolution": ("deconv", "convtranspose", "upconv"),
    "a part of a recurrent layer": ("lstm", "gru", "rnn"),
}
_ATTENTION = ({"query", "key", "value"}, {"q", "k", "v"})


def against_a_chain(shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    """Return why the layers are hardly called one after the other, or None.

    Parameters
    ----------
    shapes : mapping from a layer's name to the shape of its weight, in order
    """
    heads: dict[str, tuple[int, ...]] = {}
    seen: set[str] = set()
    for name, shape in shapes.items():
        words = _words(name)
        seen |= words
        for meaning, known in _WORDS.items():
            if words & set(known):
                return f"{name}: by its name {meaning}"
        owner = _head(name)
        if owner:
            heads.setdefault(owner, shape)
    for three in _ATTENTION:
        if three <= seen:
            return f"{', '.join(sorted(three))}: by their names parts of an attention"
    if len(heads) > 1 and len({shape[1:] for shape in heads.values()}) == 1:
        return f"{', '.join(heads)}: by their names heads beside each other"
    return None


def _words(name: str) -> set[str]:
    """Words of a name in lower case, numbers at their ends left out.

    ``layer1.0.q_proj`` has the words layer, q, proj and qproj.
    """
    words: set[str] = set()
    for part in name.split("."):
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", part).lower()
        pieces = [re.sub(r"\d+$", "", piece) for piece in plain.split("_")]
        words |= {*pieces, "".join(pieces)} - {""}
    return words


def _head(name: str) -> str | None:
    """The head of a layer: value_head of ``value_head.0``, heads.1 of ``heads.1.0``."""
    parts = name.split(".")
    for place, part in enumerate(parts):
        if "heads" in _words(part):
            return ".".join(parts[: place + 2])
        if "head" in _words(part):
            return ".".join(parts[: place + 1])
    return None
