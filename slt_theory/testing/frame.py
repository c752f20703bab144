"""The variables of a lemma as one search space, later ones depending on earlier ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from slt_theory.errors import BadInput
from slt_theory.testing.space import Point, Space

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["Case", "Frame"]

Case = dict[str, Point]
"""One point for every variable."""


class Frame:
    """The product of the spaces of named variables.

    Parameters
    ----------
    variables : mapping
        As in `Lemma`.
    level : int
        How many times the grids of all numbers are refined.

    Attributes
    ----------
    partial : bool
        True if the spaces met so far leave out values that a variable may take.
    """

    def __init__(
        self, variables: Mapping[str, Space[Any] | Callable[..., Space[Any]]], level: int = 0
    ) -> None:
        self.names = tuple(variables)
        self.level = level
        self._variables = variables
        self._spaces = {
            name: space.finer(level) if level and isinstance(space, Space) else space
            for name, space in variables.items()
        }
        self._needs = {
            name: () if isinstance(space, Space) else tuple(inspect.signature(space).parameters)
            for name, space in variables.items()
        }
        self._made: dict[tuple[Any, ...], Space[Any]] = {}
        fixed = [space for space in self._spaces.values() if isinstance(space, Space)]
        self._can_be_finer = any(space.can_be_finer for space in fixed)
        self.partial = any(space.partial for space in fixed)

    def space(self, name: str, values: Mapping[str, Any]) -> Space[Any]:
        """The space of a variable, given the values of those before it."""
        space = self._spaces[name]
        if isinstance(space, Space):
            return space
        needed = {other: values[other] for other in self._needs[name]}
        key = (name, *needed.values())
        if key not in self._made:
            if len(self._made) > 4096:
                self._made.clear()
            made = space(**needed)
            made = made.finer(self.level) if self.level else made
            self._can_be_finer = self._can_be_finer or made.can_be_finer
            self.partial = self.partial or made.partial
            self._made[key] = made
        return self._made[key]

    def finer(self) -> Frame | None:
        """The same variables with every number on a finer grid; None if there is no finer one."""
        return Frame(self._variables, self.level + 1) if self._can_be_finer else None

    def at_level(self, level: int) -> Frame:
        """The same variables on the grids of another level."""
        return self if level == self.level else Frame(self._variables, level)

    def values(self, case: Case) -> dict[str, Any]:
        """Values of the variables at a case, by name."""
        values: dict[str, Any] = {}
        for name in self.names:
            values[name] = self.space(name, values).value(case[name])
        return values

    def strategy(self) -> SearchStrategy[Case]:
        """Cases as a hypothesis strategy."""
        from hypothesis import strategies as st

        if not any(self._needs.values()):
            return st.fixed_dictionaries({n: self.space(n, {}).points() for n in self.names})

        @st.composite
        def cases(draw: DrawFn) -> Case:
            case: Case = {}
            values: dict[str, Any] = {}
            for name in self.names:
                space = self.space(name, values)
                case[name] = draw(space.points())
                values[name] = space.value(case[name])
            return case

        return cases()

    def grid(self, width: int, depth: int) -> Iterator[Case]:
        """All cases of the tiny grid, simplest variables first."""
        yield from self._grid(self.names, {}, {}, width, depth)

    def _grid(
        self, names: tuple[str, ...], case: Case, values: dict[str, Any], width: int, depth: int
    ) -> Iterator[Case]:
        if not names:
            yield dict(case)
            return
        space = self.space(names[0], values)
        for point in space.grid(width, depth):
            case[names[0]] = point
            values[names[0]] = space.value(point)
            yield from self._grid(names[1:], case, values, width, depth)

    def random(self, source: Random, *, extreme: bool = False) -> Case:
        """A random case; with `extreme`, most variables take extreme patterns."""
        case: Case = {}
        values: dict[str, Any] = {}
        for name in self.names:
            space = self.space(name, values)
            case[name] = space.random(source, extreme=extreme and source.random() < 0.8)
            values[name] = space.value(case[name])
        return case

    def corner(self, number: int) -> Case:
        """The case of the largest shapes whose numbers are all the given extreme of their sets."""
        case: Case = {}
        values: dict[str, Any] = {}
        for name in self.names:
            space = self.space(name, values)
            shape = space.shapes[-1]
            ends = (s.extremes for s in space.slots(shape))
            case[name] = (shape, tuple(end[number % len(end)] for end in ends))
            values[name] = space.value(case[name])
        return case

    def fitted(self, case: Case) -> Case:
        """The case with later variables fitted to changed earlier ones."""
        if not any(self._needs.values()):
            return case
        fitted: Case = {}
        values: dict[str, Any] = {}
        for name in self.names:
            space = self.space(name, values)
            fitted[name] = space.fit(case[name]) if self._needs[name] else case[name]
            values[name] = space.value(fitted[name])
        return fitted

    def moves(self, case: Case) -> Iterator[Case]:
        """Cases that differ in one number."""
        yield from self._changed(case, Space.moves)

    def simpler(self, case: Case) -> Iterator[Case]:
        """Simpler cases, those of smaller shape first."""
        yield from self._changed(case, Space.simpler)

    def merged(self, case: Case, changed: Sequence[Case]) -> Case:
        """The case with the changes of all of `changed` that keep its shapes: a joint step."""
        result = dict(case)
        for other in changed:
            for name in self.names:
                (shape, leaves), (new_shape, new) = case[name], other[name]
                if shape == new_shape:
                    old = result[name][1]
                    kept = zip(old, leaves, new, strict=True)
                    result[name] = (shape, tuple(n if n != b else o for o, b, n in kept))
        return self.fitted(result)

    def _changed(
        self, case: Case, change: Callable[[Space[Any], Point], Iterator[Point]]
    ) -> Iterator[Case]:
        values = self.values(case)
        for name in self.names:
            for point in change(self.space(name, values), case[name]):
                yield self.fitted({**case, name: point})

    def encode(self, case: Case) -> str:
        """A case as one short word, for replays: places of its shapes and numbers.

        On a refined grid it begins with the level and a slash.
        """
        values: dict[str, Any] = {}
        words = []
        for name in self.names:
            space = self.space(name, values)
            shape, leaves = case[name]
            values[name] = space.value(case[name])
            pairs = zip(space.slots(shape), leaves, strict=True)
            places = ".".join(str(s.simplicity[v]) for s, v in pairs)
            words.append(f"{space.shapes.index(shape)}:{places}")
        return (f"{self.level}/" if self.level else "") + ",".join(words)

    def of_word(self, word: str) -> Frame:
        """The frame on whose grids a word of `encode` names a case."""
        level, slash, _ = word.rpartition("/")
        if not slash:
            return self.at_level(0)
        if not level.isdecimal() or int(level) > 60:
            raise BadInput("case", word, "does not fit these variables")
        return self.at_level(int(level))

    def decode(self, word: str) -> Case:
        """The case of a word of `encode`.

        Raises
        ------
        BadInput
            If the word does not fit these variables.
        """
        frame = self.of_word(word)
        if frame is not self:
            return frame.decode(word)
        case: Case = {}
        values: dict[str, Any] = {}
        parts = word.rpartition("/")[2].split(",")
        try:
            for name, part in zip(self.names, parts, strict=True):
                space = self.space(name, values)
                shape_text, _, places = part.partition(":")
                shape = space.shapes[int(shape_text)]
                chosen = [int(k) for k in places.split(".") if k]
                slots = space.slots(shape)
                case[name] = (
                    shape,
                    tuple(s.values[k] for s, k in zip(slots, chosen, strict=True)),
                )
                values[name] = space.value(case[name])
        except (ValueError, IndexError) as error:
            raise BadInput("case", word, f"does not fit these variables ({error})") from None
        return case

    def cost(self, case: Case) -> tuple[int, int]:
        """Sums of the costs of all variables: less is simpler."""
        values = self.values(case)
        costs = [self.space(name, values).cost(case[name]) for name in self.names]
        return sum(c[0] for c in costs), sum(c[1] for c in costs)
