"""One module a paper: its reference, what it states, and the checks of that.

The engines know no paper: what a module holds is listed by finding the module. `trained` holds the
systems that are trained: claims about pruning and training, each with the arms of its experiment.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from slt_theory.theorems.entry import Theorem
from slt_theory.tickets.building.construction import Construction

__all__ = ["DEFAULT", "all_constructions", "all_theorems", "modules_of"]

#: The catalogue's order; a module that is not named comes last.
_ORDER = """
    lueker1982 karmarkar1986 yakir1996 mertens1998 lueker1998 dacunha2023 borgs2001 borgs2004
    becchetti2022 turner2020 borst2022 borst2023 gamarnik2021
    malach2020 orseau2020 pensia2020 fischer2021 fischer2022 sharing2025 burkholz2022
    burkholz2022b burkholz2022c diffenderfer2021 sreenivasan2022 dacunha2022 dacunha2023b
    ferbach2023 gadhikar2023 otsuka2024 otsuka2026 xiong2023 chijiwa2021 yao2023 natale2024
    kumar2025 kumar2026 hwang2024 ye2020 kummer2025 williams2025 giannou2023 burkholz2024 zeng2024
    schlisselberg2025 zhang2021b sakamoto2022 yang2023
    own windows observed
"""

DEFAULT = "pensia2020-two-layer"
"""Construction that is taken where none is named."""


def modules_of(
    package: str, path: Iterable[str], order: str, *, beside: str
) -> tuple[ModuleType, ...]:
    """Import the papers of a package, those of `order` first; `beside` is no paper."""
    found = sorted(module.name for module in iter_modules(path) if module.name != beside)
    first = [name for name in order.split() if name in found]
    names = [*first, *(name for name in found if name not in first)]
    return tuple(import_module(f"{package}.{name}") for name in names)


@cache
def all_theorems() -> tuple[Theorem, ...]:
    """Every theorem, in the catalogue's order."""
    modules = modules_of(__name__, __path__, _ORDER, beside="trained")
    return tuple(theorem for module in modules for theorem in module.ENTRIES)


@cache
def all_constructions() -> dict[str, type[Construction]]:
    """Every construction by the id of its theorem, in the catalogue's order."""
    modules = modules_of(__name__, __path__, _ORDER, beside="trained")
    listed = (one for module in modules for one in getattr(module, "CONSTRUCTIONS", ()))
    return {one.theorem: one for one in listed}
