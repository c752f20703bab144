"""The header of a ticket file: plain data to blocks, every field of the right type and size.

What the fields may say is for `slt_theory.tickets.checking.rules`.
"""

from __future__ import annotations

from typing import Any

from slt_theory.streams import check_seed
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.ticket import FORMAT_VERSION

__all__ = ["parse_header"]

_LONGEST_TEXT = 2_000
_LARGEST = 1 << 64
_MOST_REMARKS = 16
_LAYER_FIELDS: dict[str, type] = {
    "rows": int,
    "columns": int,
    "law": str,
    "bits": int,
    "stream": int,
    "prune": str,
    "lock": str,
    "choices": int,
    "move": str,
}
_BLOCK_FIELDS: dict[str, type] = {
    "kind": str,
    "outputs": int,
    "inputs": int,
    "constant_input": bool,
    "layers": list,
    "n": int,
    "eps": str,
    "scale_exponent": int,
    "copies_in": int,
    "copies_out": int,
    "shared": bool,
    "signs": str,
    "taps": int,
    "constant_tap": int,
    "resolution": str,
    "activation": str,
    "shrink": int,
}


def _typed(name: str, value: Any, kind: type) -> Any:
    """A value of a header; JSON's true is no number, and numbers have 64 bits."""
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise ValueError(f"{name} is no {kind.__name__}")
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise ValueError(f"{name} is {len(value):,} characters long")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError(f"{name} has more than 64 bits")
    return value


def _fields(what: str, record: Any, kinds: dict[str, type]) -> dict[str, Any]:
    record = _typed(what, record, dict)
    if set(record) != set(kinds):
        raise ValueError(f"a {what} has the fields {', '.join(record)}")
    return {name: _typed(name, record[name], kind) for name, kind in kinds.items()}


def _block(record: dict[str, Any]) -> Block:
    size = record.pop("size")
    defaults = {"taps": 1, "constant_tap": 0, "resolution": "0", "activation": "relu", "shrink": 0}
    record = {**defaults, **record}
    values = _fields("block", record, _BLOCK_FIELDS)
    layers = tuple(
        SourceLayer(**_fields("layer", {"choices": 1, "move": "0", **layer}, _LAYER_FIELDS))
        for layer in values["layers"]
    )
    names = ("outputs", "inputs", "copies_in", "copies_out", "taps")
    counts = tuple(values[name] for name in names)
    if min(*counts, *(min(layer.rows, layer.columns) for layer in layers), len(layers)) < 1:
        raise ValueError("a block is empty")
    size = None if size is None else _typed("size", size, int)
    return Block(**{**values, "layers": layers, "size": size})


def _sum_id(item: list[Any]) -> tuple[int, int, int, str]:
    layer, output, column, sign = item
    a, b, c = (_typed("unreached", number, int) for number in (layer, output, column))
    return a, b, c, _typed("unreached", sign, str)


_CHECK_FIELDS: dict[str, type] = {"with": str, "inputs": int, "bound_exponent": int, "sha256": str}


def _reading(record: Any) -> dict[str, Any]:
    """Parse remarks of the builder on its target: texts, and one comparison or none."""
    values = _fields("reading", record, {"assumed": list, "check": dict})
    if len(values["assumed"]) > _MOST_REMARKS:
        raise ValueError("a reading assumes too much")
    for text in values["assumed"]:
        _typed("assumed", text, str)
    if values["check"]:
        _fields("check", values["check"], _CHECK_FIELDS)
    return values


_HEADER_FIELDS: dict[str, type] = {
    "format": str,
    "version": int,
    "theorem": str,
    "seed": int,
    "target_sha256": str,
    "domain": str,
    "norm_exponents": list,
    "complete": bool,
    "unreached": list,
    "blocks": list,
}


def parse_header(header: dict[str, Any]) -> dict[str, Any]:
    """Fields of a `Ticket`, all but masks, choices and certificate.

    Raises
    ------
    KeyError, TypeError, ValueError, BadInput
        If one is missing, unknown, or of another type.
    """
    whole, architecture = header.pop("network_eps"), header.pop("architecture", None)
    reading = header.pop("reading", None)
    values = _fields("header", header, _HEADER_FIELDS)
    if (values.pop("format"), values.pop("version")) != ("slt-ticket", FORMAT_VERSION):
        raise ValueError("of another format or version")
    unreached = tuple(_sum_id(item) for item in values["unreached"])
    if values.pop("complete") != (not unreached):
        raise ValueError("complete and unreached contradict each other")
    return {
        **values,
        "seed": check_seed(values["seed"]),
        "blocks": tuple(_block(_typed("block", record, dict)) for record in values["blocks"]),
        "unreached": unreached,
        "network_eps": None if whole is None else _typed("network_eps", whole, float),
        "norm_exponents": tuple(
            _typed("norm_exponents", number, int) for number in values["norm_exponents"]
        ),
        "architecture": (
            None if architecture is None else _typed("architecture", architecture, dict)
        ),
        "reading": None if reading is None else _reading(reading),
    }
