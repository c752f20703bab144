"""Attack what is certified of regions: boxes around inputs, and differences on boxes, in pieces.

What was asked for is read again here, as fractions: ``|x_i - c_i| <= radius`` and the ends of the
box and of the domain. Points of it (corners, random rationals, and what climbs in float64) are
evaluated exactly in both networks. Each must lie in a piece, and obey what is said of that piece
and of the whole.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from attacks import arb_of, quick, surely
from flint import arb
from random_tickets import Case
from slow_networks import Network
from slow_values import KINKED, Values, differences
from special_tickets import read

from slt_theory import tickets
from slt_theory.tickets.around import parse_asked
from slt_theory.tickets.checking import regions
from slt_theory.tickets.checking.splitting import Division, OnRegion
from slt_theory.tickets.difference import difference
from slt_theory.tickets.region_file import read_region

_STEPS = 3
"""Times that the worst pieces of a box are cut, up to 16 at once."""
_FOREVER = 1e9
_RADII = ("1/255", "0.05", "1/10", "1/3", "1e-6", "0")
_ROUNDED = Fraction(1, 2**45)
_CORNERS, _INNER, _CLIMBED, _UPHILL = 32, 32, 2, 3
_WORST, _CLOSE, _ANY = 5, 2, 5

Point = list[Fraction]
Facts = tuple[OnRegion, Division | None]


@dataclass(frozen=True)
class ExactBox:
    """All x with ``low_i <= x_i <= high_i``."""

    low: list[Fraction]
    high: list[Fraction]

    def at(self, shares: list[Fraction]) -> Point:
        """The point that lies so far between the ends, coordinate by coordinate."""
        ends = zip(self.low, self.high, shares, strict=True)
        return [a + (b - a) * share for a, b, share in ends]

    def nearest(self, x: np.ndarray) -> Point:
        """The point of the box next to floats."""
        ends = zip(self.low, self.high, x.tolist(), strict=True)
        return [min(max(Fraction(v), a), b) for a, b, v in ends]


@dataclass(frozen=True)
class Seen:
    """One point: both networks there.

    Attributes
    ----------
    error : Fraction
        The largest difference of two outputs is not below it.
    lead : Fraction or None
        The target's largest output is at most so far above the others; None without classes.
    lost : bool
        Certainly the networks do not name the same class, one alone.
    """

    point: Point
    error: Fraction
    lead: Fraction | None
    lost: bool


@dataclass(frozen=True)
class Attacked:
    """Regions of one request with the points that were tried there.

    Attributes
    ----------
    certify : callable
        What is said of each region, and its pieces, by the code as it is now.
    """

    name: str
    boxes: list[ExactBox]
    seen: list[list[Seen]]
    certify: Callable[[], list[Facts]]


class SlowPair:
    """A target and another network, evaluated step by step."""

    def __init__(self, target: Any, other: Network) -> None:
        self.ours, self.theirs, self.shape = other, Network.of_target(target), target.shape_in
        copies = [1]
        for step in target.steps:
            weighed = type(step).__name__ == "Weigh"
            copies.append(other.copies[step.layer] if weighed else copies[step.of])
        self.copies = copies[-1]
        kinds = {s.activation.kind for s in target.steps if type(s).__name__ == "Activate"}
        self.kind = "exact" if kinds <= set(KINKED) else "ball"

    def _outputs(self, x: np.ndarray, kind: str) -> tuple[Values, Values]:
        values = Values.of(x.reshape(self.shape[0], -1, x.shape[1]), kind)
        return self.ours.run(values)[-1], self.theirs.run(values)[-1]

    def errors(self, x: np.ndarray) -> np.ndarray:
        """Largest difference at each of many inputs (numbers, batch), in float64."""
        gap = differences(*self._outputs(x, "float"), self.copies)
        return np.asarray(np.abs(gap).reshape(-1, x.shape[1]).max(axis=0))

    def leads(self, x: np.ndarray) -> np.ndarray:
        """Lead of the other network's class at each of many inputs, in float64."""
        rows = np.sort(self._outputs(x, "float")[0].array.reshape(-1, x.shape[1]), axis=0)
        return np.asarray(rows[-1] - rows[-2] if len(rows) > 1 else np.zeros(x.shape[1]))

    def at(self, point: Point) -> Seen:
        """Both networks at a rational point, exactly or in balls."""
        numbers: list[Any] = point if self.kind == "exact" else [arb_of(v) for v in point]
        x = np.empty((len(point), 1), dtype=object)
        x[:, 0] = numbers
        ours, theirs = self._outputs(x, self.kind)
        gaps = np.abs(differences(ours, theirs, self.copies)).ravel().tolist()
        error = max(surely(gap) for gap in gaps)
        a, b = (v.array.ravel() * (v.scale if v.kind == "exact" else 1) for v in (ours, theirs))
        if len(b) < 2:
            return Seen(point, error, None, False)
        best = max(range(len(b)), key=lambda j: _high(b[j]))
        lead = min(_high(b[best] - b[j]) for j in range(len(b)) if j != best)
        apart = [_high(a[best] - a[j]) for j in range(len(b)) if j != best]
        # Where outputs have copies no single vector of them is an answer.
        lost = lead <= 0 or (self.copies == 1 and min(apart) <= 0)
        return Seen(point, error, lead, lost)


def _high(value: Any) -> Fraction:
    """A number, or what a ball certainly does not exceed."""
    return -surely_below(-value) if isinstance(value, arb) else Fraction(value)


def surely_below(ball: arb) -> Fraction:
    """A fraction below all of a ball."""
    low = Fraction(float(ball.lower()))
    return low - abs(low) * Fraction(1, 2**51)


def tried(pair: SlowPair, box: ExactBox, rng: random.Random) -> list[Seen]:
    """The points of a box that are worst in float64, and some others, evaluated exactly."""
    size = len(box.low)
    corners = list(itertools.product((Fraction(0), Fraction(1)), repeat=min(size, 10)))
    shares = [list(c) for c in rng.sample(corners, min(_CORNERS, len(corners)))]
    shares = [c + [Fraction(rng.randint(0, 1)) for _ in range(size - len(c))] for c in shares]
    shares += [[Fraction(rng.randint(0, 7), 7) for _ in range(size)] for _ in range(_INNER)]
    points = [box.at(some) for some in shares]
    x = np.array([[float(v) for v in point] for point in points]).T
    errors = pair.errors(x)
    for k in np.argsort(-errors)[:_CLIMBED]:
        points.append(_climbed(pair, box, x[:, k]))
    worst = [*np.argsort(-errors)[:_WORST], *np.argsort(pair.leads(x))[:_CLOSE]]
    chosen = [*(points[k] for k in worst), *points[len(shares) :]]
    return [pair.at(point) for point in (*chosen, *rng.sample(points, _ANY))]


def _climbed(pair: SlowPair, box: ExactBox, x: np.ndarray) -> Point:
    """Go to the corner that finite differences of the error ask for, in part or all the way."""
    low, high = (np.array([float(v) for v in end]) for end in (box.low, box.high))
    places = np.arange(x.size)
    for _ in range(_UPHILL):
        near = np.repeat(x[:, None], 2 * x.size, axis=1)
        near[places, places] += (high - low) * 1e-6
        near[places, places + x.size] -= (high - low) * 1e-6
        slope = pair.errors(near)
        far = np.where(slope[: x.size] > slope[x.size :], high, low)
        steps = np.stack([x + (far - x) * t for t in (0, 0.25, 1)], axis=1)
        x = steps[:, int(np.argmax(pair.errors(steps)))]
    return box.nearest(x)


def violations(attacked: Attacked, said: list[Facts] | None = None) -> list[str]:
    """Claims that a point refutes, regions that were not asked for, points that no piece holds.

    `said` is what was certified; default: what is certified now.
    """
    try:
        said = said or attacked.certify()
    except ArithmeticError as error:
        return [f"{attacked.name}: {error}"]
    parts = zip(attacked.boxes, attacked.seen, said, strict=True)
    found = [text for box, seen, said in parts for text in _of_region(box, seen, *said)]
    return [f"{attacked.name}: {text}" for text in found]


def _of_region(
    box: ExactBox, seen: list[Seen], facts: OnRegion, made: Division | None
) -> Iterator[str]:
    yield from _refuted(seen, facts)
    if made is None:
        return
    ends = list(zip(made.lo[0].tolist(), box.low, strict=True))
    ends += [(-v, -e) for v, e in zip(made.hi[0].tolist(), box.high, strict=True)]
    # Outward, by no more than what rounds.
    if any(not e - _ROUNDED * (1 + abs(e)) <= Fraction(v) <= e for v, e in ends):
        yield f"{made.lo[0]} to {made.hi[0]} is not the region"
    held = [False] * len(seen)
    for piece in made.pieces:
        lo, hi = made.lo[piece].tolist(), made.hi[piece].tolist()
        inside = [_holds(lo, hi, one.point) for one in seen]
        held = [a or b for a, b in zip(held, inside, strict=True)]
        classes = (made.kept[piece], made.lead[piece])
        said = OnRegion(
            made.error[piece], 0.0, *((None, None) if facts.margin is None else classes)
        )
        yield from _refuted(itertools.compress(seen, inside), said)
    if not all(held):
        yield f"no piece holds {seen[held.index(False)].point}"


def _refuted(seen: Iterable[Seen], facts: OnRegion) -> Iterator[str]:
    for one in seen:
        at = [float(v) for v in one.point]
        if facts.error_bound != float("inf") and one.error > Fraction(facts.error_bound):
            yield f"claims {facts.error_bound!r}, {float(one.error)!r} at {at}"
        if facts.class_kept and one.lost:
            yield f"claims to keep the class, which is lost at {at}"
        low = facts.margin
        if low is not None and low > 0 and one.lead is not None and one.lead < Fraction(low):
            yield f"claims a margin of {low!r}, {float(one.lead)!r} at {at}"


def _holds(lo: list[float], hi: list[float], point: Point) -> bool:
    return all(a <= v <= b for a, v, b in zip(lo, point, hi, strict=True))


@contextmanager
def recorded(steps: int) -> Iterator[list[Division]]:
    """Boxes are cut in so many steps, whatever the time; the pieces of each are kept."""
    made: list[Division] = []
    users = [regions.__dict__, difference.__globals__]
    real = regions.divided

    def divided(pair: Any, region: Any, goes_on: Any, **given: Any) -> Division:
        count = itertools.count()
        made.append(real(pair, region, lambda: next(count) < steps, **given))
        return made[-1]

    for user in users:
        user["divided"] = divided
    try:
        yield made
    finally:
        for user in users:
            user["divided"] = real


def _ends(case: Case) -> tuple[float, float]:
    """Lower and upper end of every coordinate of a case's domain."""
    kind, _, numbers = str(case.options["domain"]).partition(":")
    values = [float(v) for v in numbers.split(",")]
    return (-values[0], values[0]) if kind == "ball" else (values[0], values[1])


def around(case: Case, folder: Path) -> Attacked | None:
    """Boxes around inputs of a file, for a ticket; None where it is not complete."""
    rng = random.Random(case.seed)
    with quick(case, whole=False):
        ticket = tickets.build_ticket(case.target, **case.options)
    if not ticket.complete:
        return None
    low, high = ends = _ends(case)
    clip = ""
    if rng.random() < 0.6:
        ends = tuple(round(low + (high - low) * share, 3) for share in (0.1, 0.85))
        clip = f",{ends[0]},{ends[1]}"
    radius, size = rng.choice(_RADII), case.target.size_in
    inputs = np.array([[rng.uniform(*ends) for _ in range(size)] for _ in range(2)])
    inputs = np.clip(inputs.astype(rng.choice(("float32", "float64"))), *ends)
    path = folder / f"{case.seed}.npz"
    np.savez(path, inputs=inputs)
    reach = Fraction(radius)
    lo, hi = (Fraction(float(v)) for v in (max(low, ends[0]), min(high, ends[1])))
    rows = [[Fraction(v) for v in row] for row in inputs.tolist()]
    boxes = [
        ExactBox([max(v - reach, lo) for v in row], [min(v + reach, hi) for v in row])
        for row in rows
    ]
    pair = SlowPair(case.target, Network.of_ticket(case.target, read(ticket)))
    seen = [tried(pair, box, rng) for box in boxes]

    def certify() -> list[Facts]:
        asked = parse_asked(f"around:{path},{radius}{clip}")
        with recorded(_STEPS) as made:
            found = regions.certify_regions(ticket, case.target, asked, seconds=_FOREVER)
        pieces = made or [None] * len(found.points)
        return list(zip(found.points, pieces, strict=True))

    return Attacked(f"seed {case.seed}, {case.theorem}, around", boxes, seen, certify)


def apart(case: Case, folder: Path) -> Attacked:
    """The difference of a target and the same network with other weights, on a box of a file."""
    rng = random.Random(case.seed)
    other, size = _other(case.target, rng), case.target.size_in
    low, high = _ends(case)
    middle = [rng.uniform(low, high) for _ in range(size)]
    width = (high - low) * rng.choice((0.01, 0.1, 0.5))
    texts = [[f"{v + side * width:.6g}" for v in middle] for side in (-1, 1)]
    path = folder / f"{case.seed}.json"
    path.write_text(f'{{"low": [{", ".join(texts[0])}], "high": [{", ".join(texts[1])}]}}')
    box = ExactBox(*([Fraction(v) for v in text] for text in texts))
    pair = SlowPair(case.target, Network.of_target(other))
    seen = [tried(pair, box, rng)]

    def certify() -> list[Facts]:
        region = read_region(path).region()
        with recorded(_STEPS) as made:
            found = difference(case.target, other, region, seconds=_FOREVER)
        return [(found.facts, made[0])]

    return Attacked(f"seed {case.seed}, difference", [box], seen, certify)


def _other(target: Any, rng: random.Random) -> Any:
    """One weight in five pruned, or all rounded to 11 bits."""
    prune = rng.random() < 0.5

    def changed(values: np.ndarray) -> np.ndarray:
        if not prune:
            return values.astype("float16").astype("float64")
        kept = [0.0 if rng.random() < 0.2 else v for v in values.ravel().tolist()]
        return np.array(kept).reshape(values.shape)

    biases = tuple(None if b is None else changed(b) for b in target.biases)
    return replace(target, weights=tuple(changed(w) for w in target.weights), biases=biases)
