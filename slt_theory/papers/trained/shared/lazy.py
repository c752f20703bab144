"""Modules that load when they are first used: listing the claims loads no torch and no data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["datasets", "functional", "searching", "torch", "training"]

if TYPE_CHECKING:
    import torch
    from torch.nn import functional

    import slt_theory.data as datasets
    import slt_theory.torch.search as searching
    import slt_theory.torch.train as training
else:

    class _Lazy:
        """A module in waiting; each attribute is looked up once."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            found = getattr(import_module(self._name), attribute)
            setattr(self, attribute, found)
            return found

    datasets = _Lazy("slt_theory.data")
    torch = _Lazy("torch")
    functional = _Lazy("torch.nn.functional")
    training = _Lazy("slt_theory.torch.train")
    searching = _Lazy("slt_theory.torch.search")
