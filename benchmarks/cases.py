"""The suites: one dictionary a case, with our time and the peers' on the same instances."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from peers import MIXED_INTEGER, installed, numpy_meet, numpy_sort
from timing import Timing, cpu_seconds, gain, wall_seconds

from slt_theory import subset_sum
from slt_theory.laws import Product, Uniform
from slt_theory.subset_sum import Drawn, vector

Case = dict[str, Any]

UNIT = 1 << 52
LIMIT = 3.0  # seconds for a mixed-integer solver


def items_of(rng: np.random.Generator, *shape: int, unit: int = UNIT) -> np.ndarray:
    """Uniform on [-1, 1], on the lattice."""
    return np.rint(rng.uniform(-1, 1, shape) * unit).astype(np.int64)


def target_of(rng: np.random.Generator, half_width: float = 0.5, unit: int = UNIT) -> int:
    """Target uniform on [-half_width, half_width], in units of 2^-52 (or ``1 / unit``)."""
    return int(rng.uniform(-half_width, half_width) * unit)


def case(suite: str, what: str, ours: Timing, note: str | None = None) -> Case:
    """Record of one case: our median, least and largest seconds over the instances."""
    record = {
        "suite": suite,
        "case": what,
        "ours": ours.median,
        "least": ours.least,
        "largest": ours.largest,
        "instances": ours.instances,
    }
    return record if note is None else record | {"note": note}


def against(peer: str, seconds: float, ours: Timing) -> Case:
    """A peer's share of a record: its seconds, and their ratio to our median."""
    return {"peer": peer, "peer_seconds": seconds, "ratio": seconds / ours.median}


def one() -> Iterator[Case]:
    """One target: growth with n, decisions, long runs."""
    rng = np.random.default_rng(1)
    for n in (16, 20, 22, 24, 28, 32, 36, 40, 44, 48):
        problems = [(items_of(rng, n), target_of(rng)) for _ in range(5 if n < 44 else 3)]
        ours = Timing.of([cpu_seconds(lambda p=p: subset_sum.best(*p)) for p in problems])
        note = f"{ours.median * 1e9 / 2 ** (n / 2):.2f} ns * 2^(n/2)"
        row = case("one", f"optimum with subset, n = {n}", ours, note=note)
        if n <= 40:
            numpy = Timing.of(
                [cpu_seconds(lambda p=p: numpy_meet.least_error(*p), runs=1) for p in problems]
            )
            wrong = sum(numpy_meet.least_error(*p) != subset_sum.best(*p).error for p in problems)
            row |= against(numpy_meet.name, numpy.median, ours) | {"false": wrong}
        yield row
    n = 48
    problem = items_of(rng, n), target_of(rng)
    seconds = Timing.of([cpu_seconds(lambda: subset_sum.best(*problem, method="windows"), runs=1)])
    note = (
        f"{seconds.median * 1e9 / 2 ** (n / 2):.1f} ns * 2^(n/2), "
        f"{subset_sum.memory_needed(n, method='windows') >> 20} MiB"
    )
    yield case("one", f"optimum by windows, n = {n}", seconds, note=note)
    for n, eps in (
        (16, 1e-2),
        (20, 1e-3),
        (30, 1e-4),
        (40, 1e-6),
        (50, 1e-8),
        (60, 1e-10),
        (60, 1e-12),
    ):
        ours, methods = decisions(rng, n, eps, 21)[1:]
        yield case("one", f"decision, n = {n}, eps = {eps:g}", ours, note=methods)


def decisions(
    rng: np.random.Generator, n: int, eps: float, count: int
) -> tuple[list[tuple[np.ndarray, int]], Timing, str]:
    """Instances, our times on them, and the methods chosen. Every answer is re-checked."""
    radius = int(eps * UNIT)
    problems = [(items_of(rng, n), target_of(rng)) for _ in range(count)]
    seconds, methods = [], set()
    for items, target in problems:
        found = subset_sum.decide(items, target - radius, target + radius)
        if found is not None:
            total = sum(int(x) for x in items[found.chosen])
            assert abs(total - target) <= radius
        methods.add("proof of absence" if found is None else found.method)
        lo, hi = target - radius, target + radius
        seconds.append(cpu_seconds(lambda a=items, b=lo, c=hi: subset_sum.decide(a, b, c)))
    return problems, Timing.of(seconds), ", ".join(sorted(methods))


def peers() -> Iterator[Case]:
    """Mixed-integer solvers and a dynamic program, every answer re-checked in integers."""
    rng = np.random.default_rng(2)
    solvers = installed(MIXED_INTEGER)
    for n in (16, 20, 22):
        problems = [(items_of(rng, n), target_of(rng)) for _ in range(3)]
        ours = Timing.of([cpu_seconds(lambda p=p: subset_sum.best(*p)) for p in problems])
        optima = [subset_sum.best(*p).error for p in problems]
        for solver in solvers:
            yield _peer_case(f"optimum, n = {n}", solver, problems, optima, None, ours, 8.0)
    for n, eps, asked in (
        (16, 1e-2, 10),
        (20, 1e-3, 10),
        (30, 1e-4, 10),
        (40, 1e-6, 10),
        (50, 1e-8, 3),
    ):
        problems, ours, _ = decisions(rng, n, eps, max(10, asked))
        answers = [-1] * asked
        for solver in solvers + (installed(("approx",)) if n <= 30 else []):
            what = f"decision, n = {n}, eps = {eps:g}"
            yield _peer_case(what, solver, problems[:asked], answers, int(eps * UNIT), ours, LIMIT)


def _peer_case(
    what: str,
    solver: Any,
    problems: list[tuple[np.ndarray, int]],
    optima: list[int],
    radius: int | None,
    ours: Timing,
    limit: float,
) -> Case:
    seconds, false, gave_up = [], 0, 0
    for (items, target), optimum in zip(problems, optima, strict=True):
        exact = [x / UNIT for x in items.tolist()]
        start = time.process_time()
        try:
            chosen, claim = solver.solve(
                exact, target / UNIT, None if radius is None else radius / UNIT, limit
            )
        except Exception as error:
            chosen, claim = None, f"gave up: {type(error).__name__}"
        seconds.append(time.process_time() - start)
        if claim.startswith("gave up"):
            gave_up += 1
            continue
        if claim == "none":
            lo, hi = target - (radius or 0), target + (radius or 0)
            false += subset_sum.decide(items, lo, hi) is not None
            continue
        total = sum(int(x) for x, c in zip(items, chosen, strict=True) if c)
        error = abs(total - target)
        false += error > optimum if radius is None else error > radius
    peer = Timing.of(seconds)
    more = {"asked": len(problems), "false": false, "gave_up": gave_up}
    return case("peers", what, ours) | against(solver.name, peer.median, ours) | more


def many() -> Iterator[Case]:
    """Many targets: each with its own items, and all with one sample."""
    rng = np.random.default_rng(3)
    laws = (("uniform", Uniform(bits=24)), ("product", Product(Uniform(), Uniform())))
    for eps, n, rows in (
        (1e-1, 12, 1 << 17),
        (1e-2, 20, 1 << 17),
        (1e-3, 24, 1 << 16),
        (1e-4, 24, 1 << 14),
        (1e-5, 24, 1 << 11),
        (1e-6, 30, 1 << 9),
    ):
        for name, law in laws:
            yield own_items(rng, name, Drawn(law, seed=1, stream=2, rows=rows, n=n), eps)
    yield from one_sample(rng)


def own_items(rng: np.random.Generator, name: str, drawn: Drawn, eps: float) -> Case:
    """Random targets of [-1/2, 1/2], each with its own items: stored, and drawn in the kernel."""
    rows, n = drawn.shape
    scale = 1 << drawn.law.bits
    targets = np.rint(rng.uniform(-0.5, 0.5, rows) * scale).astype(np.int64)
    radius = int(eps * scale)
    items = drawn.block(range(rows))
    stored, made = (
        cpu_seconds(lambda s=source: subset_sum.solve_many(s, targets, radius=radius, threads=1))
        for source in (items, drawn)
    )
    answer = subset_sum.solve_many(items, targets, radius=radius)
    each = Timing(*[stored / rows] * 3, rows)
    note = (
        f"{1e-6 / each.median:.3g} M/s stored, {1e-6 * rows / made:.3g} M/s drawn in the "
        f"kernel, {int((~answer.found).sum())} absent"
    )
    row = case("many", f"{name}, eps = {eps:g}, n = {n}, one core", each, note=note)
    if n <= 24 and name == "uniform":
        peer = cpu_seconds(
            lambda: [numpy_meet.least_error(items[r], int(targets[r])) for r in range(100)],
            runs=1,
        )
        row |= against(numpy_meet.name, peer / 100, each)
    return row


def threads() -> Iterator[Case]:
    """Many targets on two threads and on one, elapsed time, in runs that alternate."""
    rng = np.random.default_rng(3)
    unit = 1 << 48
    for rows in (1 << 15, 1 << 17, 1 << 19):
        items = items_of(rng, rows, 20, unit=unit)
        targets = items_of(rng, rows, unit=unit) // 2
        one, two = (
            partial(subset_sum.solve_many, items, targets, radius=unit // 100, threads=count)
            for count in (1, 2)
        )
        found = gain(one, two)
        note = (
            f"{found.median:.2f} times one thread ({found.low:.2f} .. {found.high:.2f}), "
            f"{found.cpu:.2f} times its processor time, load {found.load:.1f}"
        )
        each = Timing.of([found.second / rows])
        yield case("threads", f"uniform, eps = 0.01, n = 20, {rows:,} rows", each, note=note)


def one_sample(rng: np.random.Generator) -> Iterator[Case]:
    """A million targets that share one sample of 30 items."""
    row, targets = items_of(rng, 30), items_of(rng, 1 << 20)
    for eps in (1e-2, 1e-4):
        radius = int(eps * UNIT)
        seconds = cpu_seconds(
            lambda r=radius: subset_sum.solve_shared(row, targets, radius=r, threads=1)
        )
        note = f"{targets.size / seconds / 1e6:.3g} M/s with the table"
        each = Timing.of([seconds / targets.size])
        yield case("many", f"one shared sample, eps = {eps:g}, n = 30", each, note=note)


def published(weights: str) -> Iterator[Case]:
    """The experiment of Pensia et al. (2020): every weight from 21 numbers of its own."""
    with np.load(weights) as file:
        values = np.concatenate([file[k].ravel() for k in file if k.endswith("weight")])
    targets = np.rint(values.astype(np.float64) * UNIT).astype(np.int64)
    law = Uniform(float(values.min()), float(values.max()), bits=52)
    drawn = Drawn(law, seed=1, stream=0, rows=targets.size, n=21)
    radius = UNIT // 100
    subset_sum.solve_many(drawn.block(range(64)), targets[:64], radius=radius)
    answer = subset_sum.solve_many(drawn, targets, radius=radius)
    seconds = wall_seconds(lambda: subset_sum.solve_many(drawn, targets, radius=radius))
    note = f"{int((~answer.found).sum())} proved unreachable; published: 77,266 s on 36 cores"
    what = f"{targets.size:,} weights, n = 21, eps = 0.01, items drawn, all cores"
    yield case("many", what, Timing.of([seconds]), note=note)
    start, cpu = time.perf_counter(), time.process_time()
    exact = subset_sum.solve_many(drawn, targets)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert (exact.errors[answer.found] <= radius).all()
    assert (exact.errors[~answer.found] > radius).all()
    note = f"every optimum with its subset, {cpu:.3g} s of CPU time; agrees with the decisions"
    yield case("many", what.replace("eps = 0.01", "exact"), Timing.of([seconds]), note=note)


def cover() -> Iterator[Case]:
    """All targets of [-1, 1], every n at once."""
    rng = np.random.default_rng(4)
    for eps, n, rows, alone in (
        (1e-1, 16, 20_000, 8),
        (1e-2, 22, 4000, 13),
        (1e-3, 28, 600, 16),
        (1e-4, 32, 60, 20),
        (1e-5, 36, 8, 0),
        (1e-6, 40, 2, 0),
    ):
        items = items_of(rng, rows, n)
        width, left = int(2 * eps * UNIT), math.floor((eps - 1) * UNIT)
        seconds = cpu_seconds(
            lambda i=items, w=width, a=left: subset_sum.hitting_times(i, w, a, -a, threads=1)
        )
        times = subset_sum.hitting_times(items, width, left, -left)
        each = Timing(seconds / rows, seconds / rows, seconds / rows, rows)
        gaps = cpu_seconds(
            lambda i=items, w=width, a=left: subset_sum.widest_gaps(i, w, a, -a, threads=1), runs=1
        )
        note = (
            f"{rows / seconds:.3g} trials/s, median n* = {int(np.median(times))}; with all larger "
            f"eps {rows / gaps:.3g} trials/s"
        )
        row = case("cover", f"eps = {eps:g}, every n up to {n}, one core", each, note=note)
        if alone:
            few = 20 if eps > 1e-4 else 3
            peer = cpu_seconds(
                lambda i=items, w=width, a=left, k=alone, c=few: [
                    numpy_sort.covers(r[:k], w, a, -a) for r in i[:c]
                ],
                runs=1,
            )
            wrong = sum(
                numpy_sort.covers(items[r, :alone], width, left, -left) != (0 <= times[r] <= alone)
                for r in range(few)
            )
            row |= against(f"{numpy_sort.name}, n = {alone} alone", peer / few, each) | {
                "false": wrong
            }
        yield row


def size() -> Iterator[Case]:
    """Subsets of exactly k items."""
    rng = np.random.default_rng(5)
    for eps, n, most in ((1e-1, 16, 8), (1e-2, 20, 10), (1e-3, 26, 13), (1e-4, 30, 15)):
        rows = 20 if eps > 1e-4 else 4
        items = items_of(rng, rows, n)
        width, left = int(2 * eps * UNIT), math.floor((eps - 1) * UNIT)
        seconds = cpu_seconds(
            lambda i=items, w=width, a=left, k=most: subset_sum.coverage_by_size(
                i, w, a, -a, max_size=k, threads=1
            )
        )
        what = f"coverage, all sizes up to {most}, eps = {eps:g}, n = {n}"
        yield case("size", what, Timing(*[seconds / rows] * 3, rows))
    for n in (20, 30, 40):
        items, target = items_of(rng, n), target_of(rng)
        ours = Timing.of(
            [cpu_seconds(lambda i=items, t=target, k=n // 3: subset_sum.best(i, t, size=k))]
        )
        note = f"{ours.median * 1e9 / 2 ** (n / 2):.1f} ns * 2^(n/2)"
        yield case("size", f"optimum with {n // 3} of {n} items", ours, note=note)


def vectors() -> Iterator[Case]:
    """Sums of vectors in the sup-norm."""
    rng = np.random.default_rng(6)
    for dim, eps in ((2, 1e-2), (2, 1e-3), (2, 1e-4), (3, 1e-1), (3, 1e-2), (4, 1e-1), (4, 1e-2)):
        n = math.ceil(dim * math.log2(1 / eps) + 1.5 * dim + 4)
        radius = int(eps * UNIT)
        seconds, found = [], 0
        for _ in range(11):
            items = items_of(rng, n, dim)
            target = np.array([target_of(rng) for _ in range(dim)])
            answer = vector.decide(items, target - radius, target + radius)
            if answer is not None:
                found += 1
                total = items[answer.chosen].sum(axis=0)
                assert int(np.abs(total - target).max()) <= radius
            seconds.append(
                cpu_seconds(
                    lambda i=items, z=target, r=radius: vector.decide(i, z - r, z + r), runs=1
                )
            )
        note = f"{found} found, {11 - found} proved absent"
        yield case(
            "vector", f"decision, d = {dim}, eps = {eps:g}, n = {n}", Timing.of(seconds), note=note
        )

    eps, n = 0.1, 18
    items = items_of(rng, 8, n, 2)
    ends = [-UNIT // 2] * 2, [UNIT // 2] * 2
    seconds = cpu_seconds(
        lambda: subset_sum.hitting_times_in_plane(items, int(eps * UNIT), *ends, threads=1), runs=1
    )
    times = subset_sum.hitting_times_in_plane(items, int(eps * UNIT), *ends)
    note = f"{int((times[:, 0] == times[:, 1]).sum())} of 8 certain to the item"
    yield case("vector", "coverage of a square, eps = 0.1", Timing.of([seconds / 8]), note=note)


SUITES = {
    "one": one,
    "many": many,
    "threads": threads,
    "cover": cover,
    "size": size,
    "vector": vectors,
    "peers": peers,
}
