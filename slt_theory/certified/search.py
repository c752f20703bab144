"""The best certified n: every process, every uniform component, every window rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from slt_theory.certified.base_certificate import stored_failure
from slt_theory.certified.binomial import mix
from slt_theory.certified.components import Component, components, read_law
from slt_theory.certified.density import DENSITIES
from slt_theory.certified.dynamic import Window, dynamic_program
from slt_theory.certified.exact import ONE, Real, inward, outward
from slt_theory.certified.extension import extend
from slt_theory.certified.lemma_r import lemma_r_profile
from slt_theory.certified.ordered import ordered_failure
from slt_theory.certified.result import Certified
from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction

__all__ = ["METHODS", "Process", "certified_n", "dynamic_window"]

Profile = Callable[[Fraction, Fraction, int], list[int]]

_LONGEST = 1 << 15
_MOST_STEPS = 200
_STATES = 600
# Ordered sums need much mass near 0; below these errors they cannot win.
_FINEST_ORDERED = Fraction(1, 200)
_FINEST_PLAIN = Fraction(1, 40)
_COARSEST_ORDERED = Fraction(1, 10)
_CANDIDATES = 2


@dataclass(frozen=True, slots=True)
class Process:
    """A proved process on a window of length 1 for U[-1,1].

    ``profile(error, inside, length)`` bounds the failure probability for n = 0 .. length - 1 items,
    where 0 lies at distance `inside` from the nearer end of the window.
    """

    method: str
    proof: str
    profile: Profile | None


def _lemma_r(error: Fraction, inside: Fraction, length: int) -> list[int]:
    reach = error / 2
    return lemma_r_profile(reach, reach + min(reach, inside), length)


def dynamic_window(error: Fraction, inside: Fraction) -> Window:
    """Three tenths of the error go to the last gap; the window is longer by twice that gap."""
    gap = error * 3 / 10
    reach = error - gap
    size = 1 + 2 * gap
    return Window(
        start=(reach + min(reach, inside)) / size,
        stop=2 * gap / size,
        kappa=size / 2,
        loss=(size - 1) ** 2 / (4 * size),
    )


def _dynamic(error: Fraction, inside: Fraction, length: int) -> list[int]:
    window = dynamic_window(error, inside)
    octaves = math.log2(1 / window.start) + math.log2(1 / window.stop)
    per_octave = max(12, min(96, int(_STATES / octaves)))
    rows = list(dynamic_program(window, _MOST_STEPS, per_octave)[:length])
    rows += [rows[-1]] * (length - len(rows))
    return [min(a, b) for a, b in zip(rows, _lemma_r(error, inside, length), strict=True)]


METHODS: dict[str, Process] = {
    "lemma-r": Process("lemma-r", "lemma-r", _lemma_r),
    "dynamic-program": Process("dynamic-program", "dynamic-program", _dynamic),
    "ordered-sums": Process("ordered-sums", "kakeya-sweep", None),
    "base-interval": Process("base-interval", "base-interval", None),
}


@lru_cache(maxsize=256)
def _window_profile(
    method: str, error: Fraction, lo: Fraction, hi: Fraction, length: int
) -> tuple[tuple[int, ...], str]:
    """Failure bounds of U[-1,1] for all targets of [lo, hi] (0 inside), and how they came about."""
    run = METHODS[method].profile
    assert run is not None
    if hi - lo <= 1:
        spare = 1 - (hi - lo)
        # Centre the window so that 0 is as far inside as the targets allow.
        start = min(max(Fraction(-1, 2), lo - spare), lo)
        inside = min(-start, start + 1)
        return tuple(run(error, inside, length)), ""
    rows: list[int] | None = None
    chosen = Fraction(0)
    for start in {max(lo, Fraction(-1, 2)), min(hi - 1, Fraction(-1, 2))}:
        if not -1 <= start <= 0:
            continue
        core = run(error, min(-start, start + 1), length)
        grown = extend(core, max(Fraction(0), hi - start - 1), max(Fraction(0), start - lo))
        if rows is None or sum(grown) < sum(rows):
            rows, chosen = grown, start
    assert rows is not None
    return tuple(rows), f"extension from [{chosen}, {chosen + 1}] by further items"


def _smallest(profile: tuple[int, ...], delta: int, weight: Fraction) -> int | None:
    """Smallest n whose mixed failure bound is at most `delta`; None if the profile is too short."""
    rows = list(profile)
    if rows[-1] > delta:
        return None
    if rows[0] <= delta:
        return 0
    if weight == 1:
        return next(n for n, failure in enumerate(rows) if failure <= delta)
    low, high = 0, 1
    while mix(rows, high, weight) > delta:
        low, high = high, 2 * high
        if high > _LONGEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if mix(rows, middle, weight) <= delta else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class _Found:
    n: int
    method: str
    steps: tuple[str, ...]
    rests_on: tuple[str, ...]


def _number(value: Fraction) -> str:
    return f"{float(value):.6g}"


def _try(
    process: Process, row: Component, eps: Fraction, delta: Fraction, lo: Fraction, hi: Fraction
) -> _Found | None:
    """One process through one component: scaling, extension, mixture."""
    scale = row.half_width
    error = eps / scale
    low, high = min(lo, Fraction(0)) / scale, max(hi, Fraction(0)) / scale
    limit = math.floor(delta * ONE)
    steps, rests = [], []
    if scale != 1:
        steps.append(
            f"scaling: U[-{scale}, {scale}] is {scale} times U[-1, 1]; error {_number(error)} "
            f"on [{_number(low)}, {_number(high)}]"
        )
        rests.append("scaling-rule")
    length = 64
    while length <= 4096:
        # With an error above the whole window the empty sum is enough.
        if error >= max(high, -low):
            rows: tuple[int, ...] = (0,) * length
            how = ""
        else:
            rows, how = _window_profile(
                process.method, min(error, Fraction(1, 4)), low, high, length
            )
        n = _smallest(rows, limit, row.weight)
        if n is not None:
            break
        length *= 2
    else:
        return None
    if how:
        steps.append(how)
        rests.append("extension-rule")
    if row.weight < 1:
        steps.append(
            f"mixture: each item is uniform with probability at least {row.weight}; "
            "the number of uniform items is binomial"
        )
        rests += ["mixture-rule", row.proof]
    return _Found(n, process.method, tuple(steps), tuple(dict.fromkeys(rests)))


def _try_ordered(
    law: Any, eps: Fraction, delta: Fraction, lo: Fraction, hi: Fraction
) -> _Found | None:
    """Kakeya's condition on the law itself, with no loss to a mixture."""
    if callable(getattr(law, "density_floor", None)):
        return None
    base, scale, keep = read_law(law)
    if base not in DENSITIES:
        return None
    error, low, high = eps / scale, min(lo, Fraction(0)) / scale, max(hi, Fraction(0)) / scale
    finest = _FINEST_ORDERED if "*" in base else _FINEST_PLAIN
    if error < finest or max(high, -low) > 3:
        return None
    limit = math.floor(delta * ONE)
    # A smaller error is a stronger statement, and its finer cells may give fewer items.
    errors = sorted({error, min(error, _COARSEST_ORDERED)})
    for longest in (96, 240):
        profiles = (ordered_failure(base, keep, e, low, high, longest) for e in errors)
        hits = [
            n
            for rows in profiles
            if (n := next((n for n, failure in enumerate(rows) if failure <= limit), None))
            is not None
        ]
        if hits:
            steps = (f"ordered sums of the law {base} itself; gaps at most {_number(2 * error)}",)
            return _Found(min(hits), "ordered-sums", steps, ("uniform-components",))
    return None


def _try_base(
    law: Any, eps: Fraction, delta: Fraction, lo: Fraction, hi: Fraction
) -> _Found | None:
    """A stored certificate of a base interval for the law, which may be masked or scaled."""
    if callable(getattr(law, "density_floor", None)):
        return None
    base, scale, keep = read_law(law)
    if base == "relu(uniform)*uniform":  # an item is 0 with probability 1/2, else of the even law
        base, keep = "uniform*uniform", keep / 2
    error, half = eps / scale, max(hi, -lo) / scale
    if error >= half:
        return None
    rows = stored_failure(base, error, half)
    n = _smallest(rows, math.floor(delta * ONE), keep) if rows else None
    if n is None:
        return None
    steps = [f"a base interval of small items of the law {base}, extended by the others"]
    rests = []
    if keep < 1:
        steps.append(f"mixture: each item is of that law with probability {keep}, else 0")
        rests.append("mixture-rule")
    if scale != 1:
        steps.append(f"scaling by {scale}")
        rests.append("scaling-rule")
    return _Found(n, "base-interval", tuple(steps), tuple(rests))


def certified_n(
    eps: Real,
    delta: Real,
    *,
    lo: Real = -1,
    hi: Real = 1,
    law: Any = "uniform",
    method: str | None = None,
) -> Certified | None:
    """Number of random items that is proved to reach every target of a window.

    With probability at least ``1 - delta`` over n independent items, every z of [lo, hi] has a
    subset whose sum lies within `eps` of z.

    Parameters
    ----------
    eps : float, str or Fraction
        Error guaranteed (not half of it).
    delta : float, str or Fraction
        Failure probability, for all targets at once.
    lo, hi : float, str or Fraction, optional
        The targets; any interval.
    law : str or object, optional
        Law of one item, see `slt_theory.certified.components.components`.
    method : str, optional
        Only this process (a key of `METHODS`); the best of all without it.

    Returns
    -------
    Certified or None
        None if no proved uniform component of the law is known or the number exceeds 32,768.

    Raises
    ------
    BadInput
        If eps or delta is not positive and finite, ``delta >= 1``, ``lo > hi``, or the method is
        unknown.

    Notes
    -----
    A law stands for the real law of its name. For draws on a lattice add ``n * law.coupling`` to
    the error. Floats mean both the binary and the shortest decimal number, whichever asks for more.

    Source: own; proofs in ``slt_theory.proofs``. Cost: under two seconds the first time, results
    are kept in memory.

    Examples
    --------
    >>> from slt_theory.certified import certified_n
    >>> certified_n("1/50", "1/100", lo="-1/2", hi="1/2", method="lemma-r").n
    96
    """
    error, failure = inward(eps, "eps"), inward(delta, "delta")
    if failure >= 1:
        raise BadInput("delta", delta, "must be below 1", "pass a probability such as 0.01")
    low, high = outward(lo, hi)
    if method is not None and method not in METHODS:
        raise BadInput("method", method, "is no known process", f"one of {', '.join(METHODS)}")
    found: list[_Found] = []
    rows = components(law)
    wanted = METHODS if method is None else {method: METHODS[method]}
    if {"lemma-r", "dynamic-program"} & set(wanted):
        crude = [(_try(METHODS["lemma-r"], row, error, failure, low, high), row) for row in rows]
        good = sorted(((f, row) for f, row in crude if f is not None), key=lambda p: p[0].n)
        if "lemma-r" in wanted:
            found += [f for f, _ in good[:1]]
        if "dynamic-program" in wanted:
            process = METHODS["dynamic-program"]
            fine = (_try(process, r, error, failure, low, high) for _, r in good[:_CANDIDATES])
            found += [f for f in fine if f is not None]
    if "ordered-sums" in wanted:
        ordered = _try_ordered(law, error, failure, low, high)
        found += [] if ordered is None else [ordered]
    if "base-interval" in wanted:
        stored = _try_base(law, error, failure, low, high)
        found += [] if stored is None else [stored]
    if not found:
        return None
    best = min(found, key=lambda f: f.n)
    return Certified(
        best.n,
        METHODS[best.method].proof,
        float(to_fraction("eps", eps)),
        (float(low), float(high)),
        best.method,
        best.steps,
        best.rests_on,
    )
