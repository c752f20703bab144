"""Networks to files and back, and the hash that ties a ticket to its target."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, MissingExtra
from slt_theory.networks.activations import RELU, parse_activation
from slt_theory.networks.architecture import (
    Architecture,
    Geometry,
    checked_image_shape,
)
from slt_theory.networks.attention import KEYS, Attention
from slt_theory.networks.checkpoints import plain_tensors
from slt_theory.networks.conv import Conv
from slt_theory.networks.dense import Dense
from slt_theory.networks.grammar import graph_of
from slt_theory.networks.graph import Graph, skeleton
from slt_theory.networks.network import Network
from slt_theory.networks.nnet import read_nnet
from slt_theory.networks.onnx_graph import read_onnx
from slt_theory.networks.order import forced_order
from slt_theory.networks.readers import Tensors, read_tensors
from slt_theory.networks.rounding import Reading
from slt_theory.networks.transformer import (
    PlainTransformer,
    Target,
    transformer_arrays,
    transformer_from_arrays,
)
from slt_theory.networks.wiring import wired_graph

Layers = dict[str, dict[str, NDArray[Any]]]
"""Arrays of each layer by part: weight, bias, and integers of a convolution."""

__all__ = [
    "WHOLE",
    "has_description",
    "load_attention",
    "network_from_arrays",
    "save_npz",
    "target_hash",
    "write_atomically",
]


def _read_program(path: str | PathLike[str]) -> Reading:
    """Read a `.pt2` file by torch's own operators."""
    try:
        from slt_theory.torch.reading.program import read_program
    except ImportError as error:
        raise MissingExtra("torch", f"reading {Path(path).name}") from error
    return read_program(path)


WHOLE: dict[str, Callable[[str | PathLike[str]], Reading]] = {
    ".onnx": read_onnx,
    ".nnet": read_nnet,
    ".pt2": _read_program,
}
"""Formats that hold the function, not only weights."""
_GEOMETRY = ("stride", "padding", "dilation", "groups", "pool")
_FLOATS = tuple(map(np.dtype, (np.float16, np.float32, np.float64)))
_MADE_BY_HOOKS = "call torch.nn.utils.prune.remove or remove_weight_norm before saving"
_FOLD = "fold the batch norm into the layer before it, as from_layers and from_module do"
_WAYS_OUT = {
    **dict.fromkeys(("weight_orig", "weight_mask", "bias_orig", "bias_mask"), _MADE_BY_HOOKS),
    **dict.fromkeys(("weight_g", "weight_v", "weight_u"), _MADE_BY_HOOKS),
    **dict.fromkeys(("running_mean", "running_var", "num_batches_tracked"), _FOLD),
}
_IMAGE = "input.shape"
_DESCRIPTION = "architecture.json"


def load_attention(path: str | PathLike[str]) -> Attention | PlainTransformer | None:
    """Read an attention layer or a transformer; None if the file holds something else.

    An attention layer is `query.weight`, `key.weight` (heads, d1, d_K), `value.weight` (heads, d1,
    d_V) and `output.weight` (heads, d_V, d2); a transformer these
    as `blocks.B.attention.NAME.weight`, beside `blocks.B.connected.L.weight` (out, in) and `.bias`,
    B and L from 0 on.
    """
    if Path(path).suffix.lower() in WHOLE:
        return None
    arrays = read_tensors(Path(path)).arrays
    if set(arrays) != {f"{name}.weight" for name in KEYS}:
        return transformer_from_arrays(arrays)
    return Attention(*(arrays[f"{name}.weight"] for name in KEYS))


def has_description(tensors: Tensors) -> bool:
    """True if a file describes its whole network beside the weights."""
    return _DESCRIPTION in tensors.arrays


def network_from_arrays(tensors: Tensors, *, arch: Architecture | None, source: str) -> Network:
    """Group arrays by layer and build the network they describe."""
    if arch is not None and arch.forward is not None:
        assert arch.input_shape is not None
        return graph_of(plain_tensors(tensors.arrays), arch.forward, arch.input_shape, source)
    arrays = dict(tensors.arrays)
    image = _integers(_IMAGE, arrays.pop(_IMAGE)) if _IMAGE in arrays else None
    description = arrays.pop(_DESCRIPTION, None)
    layers = _grouped(arrays, source)
    layers = {name: layers[name] for name in _order(layers, arch, tensors.ordered)}
    names = tuple(layers)
    weights = tuple(parts["weight"] for parts in layers.values())
    biases = tuple(parts.get("bias") for parts in layers.values())
    if arch is None and description is not None:
        return _described(description, weights, biases, names)
    if arch is None:
        arch = _embedded(image, layers)
    convolutions = [name for name in names if layers[name]["weight"].ndim == 4]
    _check_names(arch, list(names), convolutions)
    if arch.wiring:
        return wired_graph(list(weights), list(biases), list(names), arch, source)
    _check_sides(layers)
    activation = parse_activation(arch.activation)
    if not convolutions:
        return Dense(weights, biases, names, activation)
    geometry = tuple(arch.layers.get(name, Geometry()) for name in convolutions)
    side = None if arch.input_shape is None else checked_image_shape(arch.input_shape)
    return Conv(weights, biases, names, geometry, side, activation)


def _grouped(arrays: dict[str, NDArray[Any]], source: str) -> Layers:
    """Arrays by layer and part, in the order of the file; each layer has a weight."""
    layers: Layers = {}
    for key, array in arrays.items():
        name, dot, part = key.rpartition(".")
        if not dot or not name or part not in ("weight", "bias", *_GEOMETRY):
            raise BadInput(
                key,
                source,
                "is not of the form NAME.weight or NAME.bias",
                _WAYS_OUT.get(part, "keep weights and biases only, in the order of the layers"),
            )
        if part in ("weight", "bias") and array.dtype.newbyteorder("=") not in _FLOATS:
            raise BadInput(
                key, str(array.dtype), "must be floats of at most 64 bits", "convert the weights"
            )
        layers.setdefault(name, {})[part] = array
    for name, parts in layers.items():
        if "weight" not in parts:
            raise BadInput(f"{name}.{next(iter(parts))}", source, f"has no {name}.weight beside it")
        weight = parts["weight"]
        if weight.ndim not in (2, 3, 4) or not weight.size:
            raise BadInput(
                f"{name}.weight",
                weight.shape,
                "must be 2-d (out, in), 3-d (out, in, elements) or 4-d (out, in, kh, kw), without "
                "a side of length 0",
            )
    if not layers:
        raise BadInput("path", source, "holds no layers", "keys must be NAME.weight, NAME.bias")
    return layers


def _order(layers: Layers, arch: Architecture | None, ordered: bool) -> list[str]:
    """Names in the order of the architecture, of the file, or the one that shapes leave open."""
    names = list(layers)
    if arch is not None and arch.order:
        if sorted(arch.order) != sorted(names):
            raise BadInput("arch: order", arch.order, "must name every layer once", str(names))
        return list(arch.order)
    if ordered:
        return names
    return forced_order({name: parts["weight"].shape for name, parts in layers.items()})


def _check_names(arch: Architecture, names: list[str], convolutions: list[str]) -> None:
    """Refuse an architecture that speaks of layers which the network does not have."""
    unknown = [name for name in arch.wiring if name not in names]
    if unknown:
        raise BadInput(
            "arch", unknown[0], "is no layer of this network", f"layers: {', '.join(names)}"
        )
    strangers = [name for name in arch.layers if name not in convolutions]
    if strangers:
        raise BadInput(
            "arch",
            strangers[0],
            "is no convolution of this network",
            f"its convolutions: {', '.join(convolutions) or 'none'}",
        )


def _check_sides(layers: Layers) -> None:
    """Refuse 3-d weights, which only a wiring gives a meaning."""
    for name, parts in layers.items():
        if parts["weight"].ndim == 3:
            raise BadInput(
                f"{name}.weight",
                parts["weight"].shape,
                "is 3-d (out, in, elements), which needs a basis",
                f'give an architecture file with [{name}] basis = "cyclic:N"; a convolution along '
                "a line has a 4-d weight (out, in, 1, k)",
            )


def _described(
    description: NDArray[Any],
    weights: tuple[NDArray[Any], ...],
    biases: tuple[NDArray[Any] | None, ...],
    names: tuple[str, ...],
) -> Graph:
    """The network of a file with a whole description."""
    try:
        shape = skeleton(json.loads(description.tobytes()))
    except BadInput:
        raise
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(_DESCRIPTION, repr(error), "is no description of a network") from error
    return Graph(weights, biases, names, shape.kinds, shape.path, shape.input_shape)


def _embedded(image: list[int] | None, layers: Layers) -> Architecture:
    """Geometries that stand as integers beside the weights."""
    geometries = {}
    for name, parts in layers.items():
        given: dict[str, Any] = {}
        for part in _GEOMETRY:
            if part in parts:
                values = _integers(f"{name}.{part}", parts[part])
                if len(values) != 1:
                    raise BadInput(f"{name}.{part}", values, "must be one integer")
                given[part] = values[0]
        if given:
            geometries[name] = Geometry(**given)
    shape: Any = None if image is None else tuple(image)
    return Architecture(shape, geometries)


def _integers(key: str, array: NDArray[Any]) -> list[int]:
    if array.dtype.kind not in "iu":
        raise BadInput(key, str(array.dtype), "must hold integers")
    return [int(value) for value in array.ravel()]


def save_npz(network: Target, path: str | PathLike[str]) -> None:
    """Write a network so that `load_target` gives it back, value for value.

    What strides, padding, dilation, groups and max-pools do not say stands in `architecture.json`;
    such a network comes back as a `Graph`. An attention layer or a transformer comes back from
    `load_attention`.

    The same network gives the same bytes: no dates, no compression, float32 where every number
    of an array is one, else float64. The file appears whole or not at all.

    Raises
    ------
    BadInput
        The folder does not exist or cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        raise BadInput("path", str(path), "must end in .npz")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for key, array in _arrays_of(network).items():
            member = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            archive.writestr(member, content.getvalue())
    write_atomically(path, buffer.getvalue())


def _arrays_of(target: Target) -> dict[str, NDArray[Any]]:
    """The arrays of a file, by key."""
    if isinstance(target, Network):
        return _arrays(target)
    if isinstance(target, Attention):
        return {f"{name}.weight": _narrowest(getattr(target, name)) for name in KEYS}
    return {key: _narrowest(array) for key, array in transformer_arrays(target).items()}


def _arrays(network: Network) -> dict[str, NDArray[Any]]:
    """The arrays of a network, and what they do not say as a description."""
    arrays: dict[str, NDArray[Any]] = {}
    if not _plain(network):
        text = json.dumps(network.describe(), sort_keys=True).encode()
        arrays[_DESCRIPTION] = np.frombuffer(text, dtype=np.uint8)
    elif isinstance(network, Conv) and network.input_shape is not None:
        arrays[_IMAGE] = np.array(network.input_shape, dtype="<i8")
    for k, name in enumerate(network.names):
        arrays[f"{name}.weight"] = _narrowest(network.weights[k])
        bias = network.biases[k]
        if bias is not None:
            arrays[f"{name}.bias"] = _narrowest(bias)
        if isinstance(network, Conv) and _plain(network) and k < network.convolutions:
            for part in _GEOMETRY:
                value = getattr(network.geometry[k], part)
                if value != getattr(Geometry(), part):
                    arrays[f"{name}.{part}"] = np.array(value, dtype="<i8")
    return arrays


def _plain(network: Network) -> bool:
    """True if integers beside the weights say all."""
    if isinstance(network, Dense):
        return network.activation == RELU
    if isinstance(network, Conv):
        return network.activation == RELU and all(g.pool_kind == "max" for g in network.geometry)
    return False


def _narrowest(array: NDArray[np.float64]) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        single = array.astype("<f4")
    return single if np.array_equal(single, array) else array.astype("<f8")


def write_atomically(path: Path, content: bytes) -> None:
    """Write to a temporary name in the same folder, then rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            with temporary.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(
            "path",
            str(path),
            f"cannot be written ({reason})",
            "name a file in a folder that exists and may be written",
        ) from error


def target_hash(network: Network) -> str:
    """SHA-256 of the function a network is: names, shapes, geometry and every number.

    Independent of file format, float width, byte order, and of the sign of zeros.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(b"slt-theory target 1\n")
    plain = _plain(network)
    if not plain:
        digest.update(json.dumps(network.describe(), sort_keys=True).encode())

    def integers(*values: int) -> None:
        digest.update(struct.pack(f"<{len(values)}q", *values))

    shape = network.input_shape if plain and isinstance(network, Conv) else None
    integers(len(network.weights), *(shape or (0, 0, 0)))
    for k, (name, weight) in enumerate(zip(network.names, network.weights, strict=True)):
        encoded = name.encode()
        integers(len(encoded))
        digest.update(encoded)
        if plain and isinstance(network, Conv) and k < network.convolutions:
            step = network.geometry[k]
            integers(step.stride, *network.padding(k), step.pool)
            if (step.dilation, step.groups) != (1, 1):
                integers(step.dilation, step.groups)
        bias = network.biases[k]
        for array in (weight,) if bias is None else (weight, bias):
            integers(array.ndim, *array.shape)
            # Adding zero turns -0.0 into 0.0 and leaves every other number alone.
            digest.update((array + 0.0).astype("<f8").tobytes())
        integers(0 if bias is None else 1)
    return digest.hexdigest()
