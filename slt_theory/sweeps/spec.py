"""A sweep: one kind of question over a grid of parameters, so many trials, one seed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

from slt_theory.errors import BadInput, SltError, UnreadableFile
from slt_theory.lattice import parse_fraction
from slt_theory.streams import check_seed
from slt_theory.sweeps.draws import Tally
from slt_theory.sweeps.keys import digest
from slt_theory.sweeps.kinds import KINDS, Asked, Kind, Missing
from slt_theory.sweeps.parameters import read_point, shown

__all__ = ["MAX_POINTS", "Sweep", "read_sweep"]

MAX_POINTS = 1_000_000
_TOP = ("kind", "trials", "seed", "block", "fixed", "grid", "cases")


@dataclass(frozen=True)
class Sweep:
    """Specification of a sweep: a kind of measurement over a grid of parameters.

    Attributes
    ----------
    kind : str
        A key of `slt_theory.sweeps.KINDS`.
    trials : int
        Independent trials of each point.
    seed : int
        64 bits; all points use the same streams.
    fixed : mapping
        Parameters that all points share.
    grid : mapping of str to sequence
        Values that vary; every combination is a point, the first name slowest.
    cases : sequence of mappings
        Values that vary together, each crossed with the grid.
    block : int, optional
        Trials computed and stored at a time. Counts do not depend on it; blocks of another size
        are not reused.

    Raises
    ------
    BadInput
        For an unknown kind or parameter, and for any point that cannot be asked.

    Examples
    --------
    >>> sweep = Sweep("threshold", fixed={"delta": 0.1}, grid={"eps": ["1/10", "1/20"]}, trials=500)
    >>> [point["eps"] for point in sweep.points]
    ['1/10', '1/20']
    """

    kind: str
    trials: int = 2000
    seed: int = 0
    fixed: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    cases: Sequence[Mapping[str, Any]] = ()
    block: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInput("kind", self.kind, "is unknown", f"known: {', '.join(KINDS)}")
        check_seed(self.seed)
        for name in ("trials", "block"):
            value = getattr(self, name)
            if value is None and name == "block":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise BadInput(name, value, "must be an integer >= 1")
        cases = self.cases if isinstance(self.cases, Sequence) else [None]
        for name, tables in (("fixed", [self.fixed]), ("grid", [self.grid]), ("cases", cases)):
            if not all(isinstance(table, Mapping) for table in tables):
                raise BadInput(name, getattr(self, name), "must map names to values")
        for name, values in self.grid.items():
            if isinstance(values, str) or not isinstance(values, Sequence) or not values:
                raise BadInput(name, values, "must be a list of values that is not empty")
        object.__setattr__(self, "fixed", MappingProxyType(dict(self.fixed)))
        frozen = {name: tuple(values) for name, values in self.grid.items()}
        object.__setattr__(self, "grid", MappingProxyType(frozen))
        object.__setattr__(self, "cases", tuple(MappingProxyType(dict(c)) for c in self.cases))
        for number, point in enumerate(self.points):
            self._try(number, point)

    @property
    def of(self) -> Kind:
        """The kind of measurement."""
        return KINDS[self.kind]

    @property
    def block_trials(self) -> int:
        """Trials a block: as given, or the kind's default."""
        return self.block or self.of.block

    @cached_property
    def points(self) -> tuple[dict[str, Any], ...]:
        """All parameters of every point, in the order of the table."""
        sizes = [len(values) for values in self.grid.values()]
        count = max(1, len(self.cases))
        for size in sizes:
            count *= size
        if count > MAX_POINTS:
            raise BadInput("grid", f"{count} points", f"may have at most {MAX_POINTS}")
        names, points = tuple(self.grid), []
        for case in self.cases or ({},):
            given = [*self.fixed, *case, *names]
            twice = {name for name in given if given.count(name) > 1}
            if twice:
                raise BadInput("parameter", ", ".join(sorted(twice)), "is given twice")
            for values in product(*self.grid.values()):
                at = {**self.fixed, **case, **dict(zip(names, values, strict=True))}
                points.append(read_point(at, self.of.parameters))
        return tuple(points)

    def _try(self, number: int, point: dict[str, Any]) -> None:
        """Ask as far as no trial is needed, so that a bad point is refused before any runs."""

        def none(cell: Any) -> Tally:
            raise Missing(cell)

        try:
            self.of.read(Asked(point, self.trials, self.seed, none))
        except Missing:
            pass
        except SltError as error:
            given = {k: v for k, v in point.items() if k in (*self.grid, *self.fixed)}
            raise BadInput(f"point {number + 1}", str(given), str(error)) from error

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table: every parameter, then what is measured."""
        return tuple(dict.fromkeys((*self.of.parameters, *self.of.columns)))

    def row(self, point: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Any]:
        """One row of the table: exact numbers as floats."""
        row = {name: shown(name, value) for name, value in point.items()} | dict(measured)
        return {name: row[name] for name in self.columns}

    def to_dict(self) -> dict[str, Any]:
        """The sweep in canonical values."""
        return {
            "kind": self.kind,
            "trials": self.trials,
            "seed": self.seed,
            "block": self.block_trials,
            "points": list(self.points),
        }

    @cached_property
    def key(self) -> str:
        """The name of this sweep: equal sweeps, however written, have equal keys."""
        return digest(self.to_dict())


def read_sweep(path: Path) -> Sweep:
    """A sweep from a TOML file; decimals are taken as written.

    Raises
    ------
    UnreadableFile, BadInput
        If it is no TOML file, or no sweep.
    """
    try:
        given = tomllib.loads(
            Path(path).read_text(encoding="utf-8"),
            parse_float=lambda text: parse_fraction("number", text),
        )
    except OSError as error:
        raise UnreadableFile("spec", str(path), f"cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile("spec", str(path), f"is no TOML file: {error}") from error
    for name in given:
        if name not in _TOP:
            raise BadInput("spec", name, "is unknown", f"known: {', '.join(_TOP)}")
    if "kind" not in given:
        raise BadInput("kind", "missing", "is needed", f"known: {', '.join(KINDS)}")
    return Sweep(**given)
