"""Look for an input whose error, evaluated rigorously, is above what a ticket claims.

Corners of the domain, random points, then steps to the extreme point that finite differences ask
for and single coordinates, all in float64; the best inputs are evaluated in exact or ball
arithmetic. Nothing here is the package's: the network is read from the file's bytes.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from flint import arb
from random_tickets import Case
from slow_networks import Network
from slow_sources import Source
from slow_values import KINKED, Values, differences

from slt_theory import tickets
from slt_theory.tickets.building import build, depth
from slt_theory.tickets.checking import witnesses
from slt_theory.tickets.checking.error_search import start_inputs

_CORNERS, _CLIMBED, _STEPS, _EXACT = 243, 4, 6, 2


@dataclass
class Outcome:
    """What became of one case.

    Attributes
    ----------
    worst : Fraction
        The largest error that was shown rigorously.
    point : array or None
        Where.
    violations : list of str
        Claims that are below it; must be empty.
    """

    case: Case
    complete: bool
    ok: bool = False
    bounds: dict[str, float] = field(default_factory=dict)
    worst: Fraction = Fraction(0)
    point: np.ndarray | None = None
    violations: list[str] = field(default_factory=list)
    ticket: Any = None


@contextmanager
def quick(case: Case, *, whole: bool) -> Iterator[None]:
    """Widths are given, not planned; the checker's own search, half of the time, is left out.

    `whole` keeps the search, and the certificate that a builder attaches.
    """
    kept = (
        depth.smallest_n,
        witnesses.Hunt.kept,
        build.certify,
    )
    depth.smallest_n = lambda *_, **__: case.pair
    if not whole:
        witnesses.Hunt.kept = lambda hunt, *_: [
            start_inputs(hunt.domain, 1, hunt.target.size_in, 0)[0]
        ]
        build.certify = lambda ticket, _: ticket
    try:
        yield
    finally:
        (
            depth.smallest_n,
            witnesses.Hunt.kept,
            build.certify,
        ) = kept


def attack(case: Case, *, whole: bool = False) -> Outcome:
    """Build, verify, and attack one ticket."""
    with quick(case, whole=whole):
        ticket = tickets.build_ticket(case.target, **case.options)
        if not ticket.complete:
            return Outcome(case, complete=False)
        check = tickets.verify(ticket, case.target)
    failures = [f for f in check.failures if whole or f != "the file carries no certificate"]
    outcome = Outcome(case, True, not failures, dict(check.bounds), ticket=ticket)
    outcome.violations += [f"verify: {failure}" for failure in failures]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.slt"
        tickets.write_ticket(ticket, path)
        pair = Pair(case, Source.read(path))
    layers = check.layer_error_bounds
    for point in pair.worst_inputs(random.Random(case.seed)):
        assert pair.contains(point)
        errors = pair.errors(point)
        if errors[-1] > outcome.worst:
            outcome.worst, outcome.point = errors[-1], point
        for name, bound in outcome.bounds.items():
            _claimed(outcome, f"{name} bound", bound, errors[-1], point)
        _claimed(outcome, "certified", check.sup_error_bound, errors[-1], point)
        for k, bound in enumerate(layers):
            _claimed(outcome, f"after layer {k}", bound, errors[pair.places[k]], point)
    return outcome


def _claimed(outcome: Outcome, what: str, bound: float, error: Fraction, point: np.ndarray) -> None:
    if bound != float("inf") and not error <= Fraction(bound):
        text = f"{what}: claims {bound!r}, {float(error)!r} at {point.tolist()}"
        outcome.violations.append(text)


FROZEN = "otsuka2024-frozen-network"
"""Its locked links may stand in the way of a copy, which is then switched off."""


class Pair:
    """A target, and the masked random network of a file for it."""

    def __init__(self, case: Case, source: Source) -> None:
        self.target = case.target
        self.ours = Network.of_ticket(self.target, source)
        self.theirs = Network.of_target(self.target)
        self.shape = self.target.shapes_of_values[0]
        steps = self.target.steps
        kinds = {s.activation.kind for s in steps if type(s).__name__ == "Activate"}
        self.kind = "exact" if kinds <= set(KINKED) else "ball"
        weighed = {s.layer: n + 1 for n, s in enumerate(steps) if type(s).__name__ == "Weigh"}
        self.places = [weighed[k] for k in range(len(weighed))]
        self.copies = self._copies()
        kind, _, numbers = case.options["domain"].partition(":")
        self.ball = kind == "ball"
        self.ends = [float(v) for v in numbers.split(",")]
        self.off = self._switched_off() if case.theorem == FROZEN else {}

    def _copies(self) -> list[int]:
        copies = [1]
        for step in self.target.steps:
            weighed = type(step).__name__ == "Weigh"
            copies.append(self.ours.copies[step.layer] if weighed else copies[step.of])
        return copies

    def _switched_off(self) -> dict[int, np.ndarray]:
        """Copies before a ReLU that no input tried makes positive, by the place of their value.

        The next layer of a frozen network does without such a copy, and no claim is about it.
        """
        runs = self.ours.run(self._values(self._starts(random.Random(0)), "float"))
        relus = {s.of for s in self.target.steps if type(s).__name__ == "Activate"}
        before = relus & set(self.places)
        return {place: ~(runs[place].array > 0).any(axis=(1, 2)) for place in before}

    def _values(self, x: np.ndarray, kind: str) -> Values:
        """From inputs (numbers, batch)."""
        return Values.of(x.reshape(self.shape[0], -1, x.shape[1]), kind)

    def gap(self, x: np.ndarray) -> np.ndarray:
        """Differences of the outputs in float64: (outputs, batch)."""
        values = self._values(x, "float")
        gap = differences(self.ours.run(values)[-1], self.theirs.run(values)[-1], self.copies[-1])
        return gap.reshape(-1, x.shape[1])

    def errors(self, point: np.ndarray) -> list[Fraction]:
        """Per value a number that its largest difference certainly is not below."""
        values = self._values(point[:, None], self.kind)
        ours, theirs = self.ours.run(values), self.theirs.run(values)
        result = []
        for place, (a, b, copies) in enumerate(zip(ours, theirs, self.copies, strict=True)):
            gaps = np.abs(differences(a, b, copies))
            sizes = gaps[~self.off.get(place, np.zeros(len(gaps), dtype=bool))].ravel().tolist()
            result.append(max((surely(size) for size in sizes), default=Fraction(0)))
        return result

    def worst_inputs(self, rng: random.Random) -> list[np.ndarray]:
        """Inputs of the domain with the largest errors that float64 finds."""
        x = self._starts(rng)
        gap = self.gap(x)
        both = np.concatenate([gap, -gap])
        order = np.argsort(-both.max(axis=0))[:_CLIMBED]
        found = [(float(both[:, k].max()), x[:, k]) for k in order]
        rows = {int(both[:, k].argmax()): int(k) for k in order}
        rows |= {int(r): int(both[r].argmax()) for r in rng.sample(range(len(both)), 1)}
        for row, k in rows.items():
            found.append(self._climbed(x[:, k], row))
        found.sort(key=lambda pair: -pair[0])
        return [point for _, point in found[:_EXACT]]

    def _climbed(self, x: np.ndarray, row: int) -> tuple[float, np.ndarray]:
        outputs = int(np.prod(self.target.shapes_of_values[-1]))
        number, sign = row % outputs, 1.0 if row < outputs else -1.0

        def value(points: np.ndarray) -> np.ndarray:
            return sign * self.gap(points)[number]

        best = float(value(x[:, None])[0])
        for _ in range(_STEPS):
            proposals = self._proposals(x, value)
            values = value(proposals)
            k = int(np.argmax(values))
            if not values[k] > best:
                break
            best, x = float(values[k]), proposals[:, k]
        return best, x

    def _proposals(self, x: np.ndarray, value: Any) -> np.ndarray:
        """Steps along the slope, all the way and in part, and single coordinates to an end."""
        size = self.ends[0] if self.ball else self.ends[1] - self.ends[0]
        near = np.repeat(x[:, None], 2 * x.size, axis=1)
        places = np.arange(x.size)
        near[places, places] += size * 1e-6
        near[places, places + x.size] -= size * 1e-6
        values = value(near)
        slope = values[: x.size] - values[x.size :]
        if self.ball:
            length = np.linalg.norm(slope)
            far = x if not length > 0 else self.ends[0] * (1 - 2.0**-40) * slope / length
            return np.stack([x + (far - x) * t for t in (1, 0.5, 0.1)], axis=1) * (1 - 2.0**-45)
        low, high = self.ends
        far = np.where(slope > 0, high, low)
        single = np.repeat(x[:, None], x.size, axis=1)
        single[places, places] = np.where(x == high, low, high)
        zero = np.repeat(x[:, None], x.size, axis=1)
        zero[places, places] = np.clip(0.0, low, high)
        along = np.stack([np.clip(x + (far - x) * t, low, high) for t in (1, 0.5, 0.1)], axis=1)
        return np.concatenate([along, single, zero], axis=1)

    def _starts(self, rng: random.Random) -> np.ndarray:
        """Corners, all of them where they are few, and 0; points of the domain."""
        size = int(np.prod(self.shape))
        if self.ball:
            x = np.array([[rng.gauss(0, 1) for _ in range(64)] for _ in range(size)])
            x = np.concatenate([x, np.eye(size), -np.eye(size)], axis=1)
            return np.asarray(self.ends[0] * (1 - 2.0**-40) * x / np.linalg.norm(x, axis=0))
        low, high = self.ends
        levels = [low, high, *([0.0] if low < 0 < high else [])]
        if len(levels) ** size <= _CORNERS:
            return np.array(list(itertools.product(levels, repeat=size))).T
        corners = [[rng.choice(levels) for _ in range(size)] for _ in range(_CORNERS)]
        inner = [[rng.uniform(low, high) for _ in range(size)] for _ in range(16)]
        return np.clip(np.array([*corners, *inner, [low] * size, [high] * size]).T, low, high)

    def contains(self, point: np.ndarray) -> bool:
        """Whether an input lies in the domain, exactly."""
        if self.ball:
            return sum(Fraction(v) ** 2 for v in point.tolist()) <= Fraction(self.ends[0]) ** 2
        return all(self.ends[0] <= v <= self.ends[1] for v in point.tolist())


def arb_of(exact: Fraction) -> Any:
    """A ball that holds a fraction."""
    return arb(exact.numerator) / arb(exact.denominator)


def surely(size: Any) -> Fraction:
    """A size, or the lower end of the ball that holds it."""
    if isinstance(size, int | Fraction):
        return Fraction(size)
    low = float(size.lower())
    # The float nearest to the lower end may be above it by half a place.
    return max(Fraction(0), Fraction(low) * (1 - Fraction(1, 2**51)))
