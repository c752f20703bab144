"""Bytes on disk to named arrays, in the file's order; all that can go wrong is UnreadableFile.

Nothing here unpickles: .npz members are parsed as plain arrays, torch files with
`weights_only=True`.
"""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.extras import optional

__all__ = ["SUFFIXES", "Tensors", "read_bytes", "read_tensors"]


class Tensors(NamedTuple):
    """Arrays by key.

    `ordered` says whether the order of the keys means anything: a safetensors file sorts them.
    """

    arrays: dict[str, NDArray[Any]]
    ordered: bool


def read_tensors(path: Path) -> Tensors:
    """Read every array of a .npz, .safetensors, .pt, .pth or .ckpt file."""
    reader = SUFFIXES.get(path.suffix.lower())
    if reader is None:
        raise BadInput(
            "path",
            str(path),
            f"must end in one of .onnx, .pt2, .nnet, {', '.join(SUFFIXES)}",
            'of Keras: model.export("net.onnx", format="onnx"), see docs/networks.md',
        )
    return reader(path)


def read_bytes(path: Path) -> bytes:
    """All bytes of a file that exists and may be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableFile("path", str(path), f"cannot be read ({reason})") from error


def _broken(path: Path, error: Exception) -> UnreadableFile:
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    return UnreadableFile(
        "path",
        str(path),
        f"is truncated, damaged, or no {path.suffix} file ({reason})",
        "copy or export it again",
    )


def read_npz(path: Path) -> Tensors:
    """Read an .npz; the checksum of every member is verified."""
    content = read_bytes(path)
    # Parsers of damaged bytes fail in many ways (BadZipFile, zlib.error, struct.error,
    # NotImplementedError, SyntaxError, ...), and each of them means the same.
    try:
        return Tensors(_npz_arrays(content), ordered=True)
    except Exception as error:
        raise _broken(path, error) from error


def _npz_arrays(content: bytes) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check_directory(archive, content)
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                raise ValueError(f"holds {member.filename!r}, which is no array")
            key = member.filename.removesuffix(".npy")
            if key in arrays:
                raise ValueError(f"holds {key!r} twice")
            arrays[key] = _npy_array(archive.read(member))
    return arrays


def _check_directory(archive: zipfile.ZipFile, content: bytes) -> None:
    """Damage to a zip's directory that its readers do not see.

    A wrong length of one entry swallows the next ones; an entry marked as a folder (0x10) gives
    torch a tensor of uninitialised memory.
    """
    end = content.rfind(b"PK\x05\x06")
    promised = int.from_bytes(content[end + 10 : end + 12], "little")
    if promised not in (len(archive.infolist()), 0xFFFF):
        raise ValueError(f"promises {promised} members, holds {len(archive.infolist())}")
    if any(member.external_attr & 0x10 for member in archive.infolist()):
        raise ValueError("holds a folder in place of an array")


def _npy_array(content: bytes) -> NDArray[Any]:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"array format {version} is not known")
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, fortran, dtype = read_header(stream)
    if dtype.hasobject or any(side < 0 for side in shape):
        raise ValueError("holds Python objects or a negative side")
    # Exact sizes before any allocation: a damaged shape must not ask for memory.
    promised = dtype.itemsize
    for side in shape:
        promised *= side
    if promised != len(content) - stream.tell():
        raise ValueError(f"shape {shape} of {dtype} does not match the number of bytes")
    array = _array(content[stream.tell() :], dtype, shape[::-1] if fortran else shape)
    return array.T if fortran else array


def _array(content: bytes, dtype: np.dtype[Any], shape: Sequence[int]) -> NDArray[Any]:
    """An array without elements is empty rather than damaged."""
    if not content:
        return np.empty(shape, dtype)
    return np.frombuffer(content, dtype).reshape(shape)


_SAFETENSORS_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "I64": np.dtype("<i8"),
}


def read_safetensors(path: Path) -> Tensors:
    """Read a .safetensors file.

    The format has no checksum: sizes, offsets and names are verified, the numbers cannot be. If
    its metadata has the key `order`, a comma-separated list of layers, that is the order.
    """
    content = read_bytes(path)
    from safetensors import deserialize

    parse: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = deserialize

    try:
        entries = parse(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        order = header.get("__metadata__", {}).get("order")
    except Exception as error:
        raise _broken(path, error) from error
    arrays: dict[str, NDArray[Any]] = {}
    # Parsed entries come in an order that changes from process to process.
    for key, entry in sorted(entries, key=itemgetter(0)):
        dtype = _SAFETENSORS_DTYPES.get(entry["dtype"])
        if dtype is None:
            raise BadInput(key, entry["dtype"], "must be floating-point", "convert the weights")
        array = _array(bytes(entry["data"]), dtype, entry["shape"])
        if entry["dtype"] == "BF16":  # the upper half of a float32
            array = (array.astype("<u4") << 16).view("<f4")
        arrays[key] = array
    if order is None:
        return Tensors(arrays, ordered=False)
    position = {name.strip(): i for i, name in enumerate(order.split(","))}
    missing = [key for key in arrays if key.rpartition(".")[0] not in position | {"input": 0}]
    if missing:
        raise BadInput("order", order, f"does not name the layer of {missing[0]}")
    in_order = sorted(arrays, key=lambda key: position.get(key.rpartition(".")[0], -1))
    return Tensors({key: arrays[key] for key in in_order}, ordered=True)


def read_torch(path: Path) -> Tensors:
    """Read a state dict saved by torch, itself or under the key `state_dict`.

    Half precision of either kind becomes float32, which holds it exactly.
    """
    state = _state_dict(_load_torch(path, read_bytes(path)))
    if not isinstance(state, dict):
        kind = "nothing" if state is None else f"a {type(state).__name__}"
        raise BadInput("path", str(path), f"holds {kind}, not a state dict")
    nested = [str(key) for key, value in state.items() if isinstance(value, dict)]
    if nested:
        raise BadInput(
            "path",
            str(path),
            f"holds its tensors inside {', '.join(nested)}",
            f"save that alone: torch.save(checkpoint[{nested[0]!r}], path)",
        )
    arrays = {str(key): _torch_array(str(key), tensor) for key, tensor in state.items()}
    return Tensors(arrays, ordered=True)


def _load_torch(path: Path, content: bytes) -> Any:
    """The object that torch saved, numbers and containers alone; checksums are verified."""
    torch = optional("torch", "torch", f"reading {path.suffix} files")
    try:
        # torch itself does not verify the checksums of its zip files.
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                _check_directory(archive, content)
                damaged = archive.testzip()
            if damaged is not None:
                raise zipfile.BadZipFile(f"checksum of {damaged} does not match")
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" not in str(error) and "Weights only" not in str(error):
            raise _broken(path, error) from error
        raise UnreadableFile(
            "path",
            str(path),
            "holds Python objects, such as a whole module, which are not loaded",
            "save the numbers alone: torch.save(model.state_dict(), path)",
        ) from error
    except Exception as error:
        raise _broken(path, error) from error


def _torch_array(key: str, tensor: Any) -> NDArray[Any]:
    """A dense tensor of floats as an array; half precision as float32."""
    import torch

    if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
        way_out = "dequantise it, or leave it out"
        raise BadInput(key, type(tensor).__name__, "must be a dense tensor", way_out)
    if tensor.is_meta:
        raise BadInput(key, "on meta", "holds no numbers", "save the loaded weights")
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    if tensor.dtype not in (torch.float32, torch.float64, torch.int64):
        raise BadInput(key, str(tensor.dtype), "must be floating-point", "convert the weights")
    array: NDArray[Any] = tensor.detach().resolve_neg().contiguous().numpy()
    return array


_INSIDE = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
"""Keys under which training loops save the weights, beside an optimiser's state and the like."""


def _state_dict(saved: Any) -> Any:
    """The weights inside of a checkpoint, if one place alone may hold them."""
    if isinstance(saved, list | tuple) and len(saved) == 1:
        return _state_dict(saved[0])
    if not isinstance(saved, dict):
        return saved
    found = [key for key in _INSIDE if isinstance(saved.get(key), dict)]
    others = [key for key in saved if key in ("ema", "model_ema", "ema_state_dict")]
    return _state_dict(saved[found[0]]) if len(found) == 1 and not others else saved


SUFFIXES: dict[str, Callable[[Path], Tensors]] = {
    ".npz": read_npz,
    ".safetensors": read_safetensors,
    ".pt": read_torch,
    ".pth": read_torch,
    ".ckpt": read_torch,
}
