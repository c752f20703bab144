"""Errors planted in the source of the certified bounds, for proofs that must notice them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import Any

_FRESH = ("slt_theory.certified", "slt_theory.proofs")


@dataclass(frozen=True)
class Planted:
    """One edit of one module of `slt_theory.certified`.

    Attributes
    ----------
    module, old, new : str
        The text `old`, found exactly once, becomes `new`.
    shown : callable
        Of the fresh package: the number that becomes more optimistic.
    proof : str
        Id of the proof that must fail.
    necessary : bool
        The number is a lower bound: larger is more optimistic.
    step : str
        Words of the claim that fails; it is tried first. Without them the last one is.
    """

    module: str
    old: str
    new: str
    shown: Callable[[Any], float]
    proof: str
    necessary: bool = False
    step: str = ""


class _Edited(SourceFileLoader):
    """Loads a module from its edited source; no cached bytecode is read or written."""

    def __init__(self, fullname: str, path: str, old: str, new: str) -> None:
        super().__init__(fullname, path)
        self.old, self.new = old, new

    def get_code(self, fullname: str) -> Any:
        path = self.get_filename(fullname)
        source = self.get_data(path).decode()
        assert source.count(self.old) == 1, f"{fullname} holds {self.old!r} not exactly once"
        return compile(source.replace(self.old, self.new), path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, planted: Planted) -> None:
        self.planted = planted
        self.name = f"slt_theory.certified.{planted.module}"

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        spec.loader = _Edited(fullname, str(spec.origin), self.planted.old, self.planted.new)
        return spec


@contextmanager
def fresh(planted: Planted | None = None, more: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """`slt_theory.certified` and `slt_theory.proofs` imported anew, with the error planted.

    Modules named in `more`, which import them, follow.
    """
    import slt_theory

    names, anew = ("certified", "proofs"), (*_FRESH, *more)
    attributes = {name: getattr(slt_theory, name) for name in names if hasattr(slt_theory, name)}
    held = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(anew)}
    finder = None if planted is None else _Finder(planted)
    if finder is not None:
        sys.meta_path.insert(0, finder)
    try:
        yield tuple(importlib.import_module(name) for name in anew)
    finally:
        if finder is not None:
            sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(anew)]:
            del sys.modules[name]
        sys.modules.update(held)
        for name in names:
            if name in attributes:
                setattr(slt_theory, name, attributes[name])
            elif hasattr(slt_theory, name):
                delattr(slt_theory, name)


def first_failure(proofs: Any, planted: Planted) -> str | None:
    """Claim of a step that fails, the one named or the last (an answer) first; None if all hold."""
    steps = reversed(proofs.get(planted.proof).steps)
    for one in sorted(steps, key=lambda one: planted.step not in one.claim):
        try:
            if one.check is not None and one.check() is not True:
                return str(one.claim)
        except (ArithmeticError, ValueError, TypeError, AssertionError, IndexError):
            return str(one.claim)
    return None
