"""slt doctor."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import typer

from slt_theory.cli.common import Json, emit, table

_CORE = (
    "numpy",
    "scipy",
    "numba",
    "sympy",
    "matplotlib",
    "hypothesis",
    "python-flint",
    "safetensors",
    "typer",
    "rich",
    "platformdirs",
)
_EXTRAS = {
    "torch": "torch",
    "data": "sklearn",
    "graphs": "networkx",
    "report": "jinja2",
    "cluster": "distributed",
    "tables": "pandas",
}


def register(app: typer.Typer) -> None:
    """Add ``doctor`` to the command line."""
    app.command("doctor")(doctor)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _self_test() -> dict[str, Any]:
    """Known answers in each layer: generator, solver against enumeration, certified bound."""
    import numpy as np

    from slt_theory.certified import certified_n
    from slt_theory.laws import Uniform
    from slt_theory.streams import philox4x32
    from slt_theory.subset_sum import best

    zero = np.zeros(1, dtype=np.uint64)
    lanes = [int(lane[0]) for lane in philox4x32((zero, zero, zero, zero), (0, 0))]
    items = Uniform().sample(7, 0, 0, 12)
    sums = [0]
    for item in items.tolist():
        sums += [s + item for s in sums]
    lemma = certified_n(0.1, 0.1, lo=-0.5, hi=0.5)
    return {
        "philox": lanes == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8],
        "solver": best(items, 12345).error == min(abs(s - 12345) for s in sums),
        "certified": lemma is not None and lemma.n > 0,
    }


def doctor(json: Json = False) -> None:
    """Versions, threads, extras, and a two-second self-test."""
    tests = _self_test()
    record: dict[str, Any] = {
        "slt_theory": _version("slt-theory"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "threads": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "packages": {name: _version(name) for name in _CORE},
        "extras": {extra: find_spec(module) is not None for extra, module in _EXTRAS.items()},
        "self_test": tests,
        "ok": all(tests.values()),
    }
    rows: list[list[Any]] = [[k, record[k]] for k in ("slt_theory", "python", "machine", "threads")]
    rows += [[name, found or "missing"] for name, found in record["packages"].items()]
    rows += [[f"extra {e}", "yes" if has else "no"] for e, has in record["extras"].items()]
    rows += [[f"test {name}", "ok" if passed else "FAILED"] for name, passed in tests.items()]
    emit(record, table(["what", "value"], rows), as_json=json)
    if not record["ok"]:
        raise typer.Exit(1)
