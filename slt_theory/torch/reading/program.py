"""Read a `.pt2` file of `torch.export.save`: a graph in JSON, weights as plain bytes.

Nothing is unpickled and no code of the file runs: nodes name operators of torch's own library, and
this module calls them. What a file holds beside graph and weights (inputs of the export) is left.
"""

from __future__ import annotations

import json
import operator
import re
import zipfile
from collections.abc import Callable
from math import prod
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks.rounding import Reading
from slt_theory.torch.reading.module import read_module

__all__ = ["read_program"]

_TARGET = re.compile(r"torch\.ops\.aten\.([a-zA-Z_][a-zA-Z_0-9]*)\.([a-zA-Z_][a-zA-Z_0-9]*)")
_WITH_TEXT = re.compile(r"gelu|pad|conv\dd|einsum|div")
"""Operators that may take a text: a text for others may be the name of a file."""
_INTEGERS: dict[str, Callable[..., Any]] = {
    f"_operator.{name}": getattr(operator, name) for name in ("add", "sub", "mul", "floordiv")
}
_TYPES = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64,
    6: torch.float16, 7: torch.float32, 8: torch.float64, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
"""Numbers of the types in the file format."""
_LEFT_OUT = ("memory_format", "layout", "pin_memory", "device")
_PLAIN = ("as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_bools", "as_none")


def read_program(path: str | PathLike[str]) -> Reading:
    """Read a `.pt2` file as the function it is.

    Parameters
    ----------
    path : path
        Written by torch 2.8 or newer, of a module in evaluation mode with one tensor as its input
        and one as its output; axis 0 is the batch, of fixed or of any size.

    Returns
    -------
    Reading
        As `slt_theory.torch.from_module` gives it; float32 is computed in float64.

    Raises
    ------
    UnreadableFile
        Missing, truncated, damaged, of another format, or with pickled parts that are needed.
    BadInput
        Names what a network here cannot hold.
    """
    archive = _Archive(Path(path))
    program = _Program(archive)
    return read_module(program, torch.zeros(1, *program.shape), batch=program.batch)


class _Archive:
    """Parts of the file by name; the folder in front differs from file to file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                if any(m.compress_type != zipfile.ZIP_STORED for m in archive.infolist()):
                    raise ValueError("holds compressed parts, which torch does not write")
                # Reading compares the checksum of each.
                self.parts = {
                    name.partition("/")[2]: archive.read(name) for name in archive.namelist()
                }
        except Exception as error:
            raise self.broken(f"{type(error).__name__}: {error}") from error
        models = [name for name in self.parts if re.fullmatch(r"models/[^/]+\.json", name)]
        if len(models) != 1:
            way_out = "save it with torch 2.8 or newer: torch.export.save(program, path)"
            raise self.broken(f"{len(models)} models inside", way_out)
        self.model = models[0].removeprefix("models/").removesuffix(".json")

    def broken(self, reason: str, way_out: str = "copy or export it again") -> UnreadableFile:
        """The error of a file that is none."""
        text = f"is truncated, damaged, or no .pt2 file ({reason.splitlines()[0][:200]})"
        return UnreadableFile("path", str(self.path), text, way_out)

    def record(self, name: str) -> Any:
        return json.loads(self.parts[name])

    def tensors(self, kind: str) -> dict[str, Tensor]:
        """Weights, or constants, by name."""
        config = self.record(f"data/{kind}/{self.model}_{kind}_config.json")["config"]
        return {name: self._tensor(name, kind, entry) for name, entry in config.items()}

    def _tensor(self, name: str, kind: str, entry: dict[str, Any]) -> Tensor:
        meta = entry["tensor_meta"]
        if entry["use_pickle"] or meta is None:
            raise UnreadableFile(
                "path", f"{self.path}: {name}", "is pickled, and nothing is unpickled here",
                "export the module with plain dense tensors, on the CPU",
            )  # fmt: skip
        kind_of = _TYPES[meta["dtype"]]
        content = bytearray(self.parts[f"data/{kind}/{entry['path_name']}"])
        sides, strides = ([_whole(v) for v in meta[part]] for part in ("sizes", "strides"))
        if not prod(sides):
            return torch.empty(sides, dtype=kind_of)
        # Bounds are checked by as_strided.
        flat = torch.frombuffer(content, dtype=kind_of)
        return flat.as_strided(sides, strides, _whole(meta["storage_offset"])).clone()


class _Program(nn.Module):
    """Runs the nodes of a graph one after the other."""

    def __init__(self, archive: _Archive) -> None:
        super().__init__()
        try:
            whole = archive.record(f"models/{archive.model}.json")["graph_module"]
            self.nodes = [_Node(record) for record in whole["graph"]["nodes"]]
            stored = archive.tensors("weights") | archive.tensors("constants")
            self.given: dict[str, str] = {}
            inputs = [self._input(spec, stored) for spec in whole["signature"]["input_specs"]]
            entered = [name for name in inputs if name is not None]
            outputs = [_output(spec) for spec in whole["signature"]["output_specs"]]
            if len(entered) != 1 or len(outputs) != 1:
                found = f"{len(entered)} inputs, {len(outputs)} outputs"
                raise BadInput("network", found, "must have one input and one output")
            (self.entered,), (self.left,) = entered, outputs
            sizes = whole["graph"]["tensor_values"][self.entered]["sizes"]
            self.batch, self.shape = _sides(sizes)
        except (BadInput, UnreadableFile):
            raise
        except Exception as error:
            raise archive.broken(f"{type(error).__name__}: {error}") from error

    def _input(self, spec: dict[str, Any], stored: dict[str, Tensor]) -> str | None:
        """Keep a stored tensor; the name of an input that the caller gives."""
        ((kind, entry),) = spec.items()
        if kind == "user_input":
            return str(entry["arg"]["as_tensor"]["name"])
        names = {"parameter": "parameter_name", "buffer": "buffer_name"}
        key = names.get(kind, f"{kind}_name")
        if key not in entry or entry[key] not in stored:
            raise BadInput("network", kind, "is an input that cannot be read", "give tensors alone")
        name = f"stored_{len(self.given)}"
        self.register_buffer(name, stored[entry[key]])
        self.given[str(entry["arg"]["name"])] = name
        return None

    def forward(self, x: Tensor) -> Any:
        """(batch, ...) to the output."""
        known: dict[str, Any] = {arg: getattr(self, name) for arg, name in self.given.items()}
        known[self.entered] = x
        for node in self.nodes:
            node.run(known)
        return known[self.left]


class _Node:
    """One call: an operator, its arguments as the file has them, and names of its results."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.target = str(record["target"])
        self.arguments = [(a["name"], a["arg"], a.get("kind", 1)) for a in record["inputs"]]
        self.results = [_names(output) for output in record["outputs"]]
        self.function = _function(self.target)
        short = self.target.split(".")[-2]
        for _, argument, _ in self.arguments:
            text = next(iter(argument)) in ("as_string", "as_strings")
            if text and not _WITH_TEXT.fullmatch(short):
                raise BadInput("network", self.target, "takes a text", "export it without")

    def run(self, known: dict[str, Any]) -> None:
        """Compute the results from what is known, and add them to it."""
        args, options = [], {}
        for name, argument, kind in self.arguments:
            if kind != 2:
                args.append(_argument(argument, known))
            elif name not in _LEFT_OUT:
                options[name] = _argument(argument, known)
        result = self.function(*args, **options)
        if not self.results:
            return
        several = isinstance(result, list | tuple)
        names: list[Any] = self.results
        if len(names) == 1 and isinstance(names[0], list):
            names = names[0]
        for name, value in zip(names, result if several else [result], strict=True):
            if name is not None:
                known[name] = value


def _function(target: str) -> Callable[..., Any]:
    if target in _INTEGERS:
        return _INTEGERS[target]
    match = _TARGET.fullmatch(target)
    packet = None if match is None else getattr(torch.ops.aten, match[1], None)
    found = None if match is None else getattr(packet, match[2], None)
    if not isinstance(found, torch._ops.OpOverload):
        raise BadInput("network", target[:80], "is no operator of torch's own library")
    return found


def _argument(argument: dict[str, Any], known: dict[str, Any]) -> Any:
    ((kind, value),) = argument.items()
    if kind in _PLAIN or kind in ("as_string", "as_strings"):
        return None if kind == "as_none" else value
    if kind == "as_tensor":
        return known[value["name"]]
    if kind in ("as_tensors", "as_optional_tensors"):
        # Optional ones say whether they are there; plain ones are names alone.
        return [known[v["name"]] if "name" in v else _argument(v, known) for v in value]
    if kind in ("as_optional_tensor", "as_sym_bool", "as_sym_float", "as_sym_int"):
        return known[value["as_name"]] if "as_name" in value else _argument(value, known)
    if kind == "as_sym_ints":
        return [known[v["as_name"]] if "as_name" in v else v["as_int"] for v in value]
    if kind == "as_scalar_type":
        # Single precision is computed in double, as everywhere here.
        return torch.float64 if value == 7 else _TYPES[value]
    if kind == "as_device":
        return torch.device("cpu")
    raise BadInput("network", kind, "is an argument that cannot be read", "export plain tensors")


def _names(output: dict[str, Any]) -> Any:
    ((kind, value),) = output.items()
    if kind == "as_none":
        return None
    if kind == "as_tensor":
        return value["name"]
    if kind == "as_tensors":
        return [v["name"] for v in value]
    if kind == "as_sym_int":
        return value["as_name"]
    raise BadInput("network", kind, "is a result that cannot be read", "export plain tensors")


def _output(spec: dict[str, Any]) -> str:
    ((kind, entry),) = spec.items()
    if kind != "user_output":
        raise BadInput("network", kind, "changes what is stored", "export in evaluation mode")
    return str(entry["arg"]["as_tensor"]["name"])


def _sides(sizes: list[dict[str, Any]]) -> tuple[int | None, tuple[int, ...]]:
    """The batch, None where it may be any, and the shape of an input."""
    if len(sizes) < 2 or any("as_int" not in side for side in sizes[1:]):
        raise BadInput(
            "input", f"{len(sizes)} axes", "must be a batch of any size and axes of fixed length",
            "export with dynamic_shapes for axis 0 alone",
        )  # fmt: skip
    first = sizes[0]
    return _whole(first) if "as_int" in first else None, tuple(map(_whole, sizes[1:]))


def _whole(side: dict[str, Any]) -> int:
    value = side["as_int"]
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise ValueError(f"a side {value!r}")
    return value
