"""The dynamic program, all states of a step at once, against one state after the other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from slt_theory.certified.dynamic import (
    SHARE_BITS,
    VALUE_BITS,
    Window,
    dynamic_program,
    known_shares,
)
from slt_theory.certified.exact import ONE, PROBABILITY_BITS
from slt_theory.certified.search import dynamic_window


def best_of_chords(points, values, mean, guess):
    """Least bound of lines through touched vertices, and its slope; in Python integers."""
    best, chosen, left, right, slope = values[0], 0, 0, len(points) - 1, guess
    for attempt in range(24):
        if attempt or guess <= 0:
            run = max(1, points[right] - points[left])
            slope = min(1 << 36, (values[left] - values[right]) // run)
        if slope <= 0:
            break
        heights = [v + slope * (p - mean) for p, v in zip(points, values, strict=True)]
        bound, touch = max(heights), heights.index(max(heights))
        if bound < best:
            best, chosen = bound, slope
        settled = attempt and touch in (left, right)
        left, right = (left, touch) if points[touch] > mean else (touch, right)
        if settled:
            break
    return best, chosen


def one_by_one(window, steps, per_octave):
    """F_t(start), t = 0 .. steps."""
    one, states = 1 << SHARE_BITS, known_shares(window, per_octave).tolist()
    ends = [*states[1:], states[-1]]
    points = [p for pair in zip(states, ends, strict=True) for p in pair] + [one]
    values = [1 << VALUE_BITS] * (2 * len(states)) + [0]
    slopes, rows = [0] * len(states), [values[0]]
    while len(rows) <= steps and rows[-1] > 1 << 8:
        new = list(values)
        for i, (state, end) in enumerate(zip(states, ends, strict=True)):
            reach = min(2 * end, one)
            last = 2 * sum(s <= reach for s in states) + (reach > states[-1])
            inside, mean = slice(2 * i, last), window.mean(state)
            bound, slopes[i] = best_of_chords(points[inside], values[inside], mean, slopes[i])
            tail = bound - slopes[i] * max(0, window.mean(end) - mean)
            if bound + tail <= values[2 * i] + values[2 * i + 1]:
                new[2 * i : 2 * i + 2] = bound, tail
        values = new
        rows.append(values[0])
    rows += [rows[-1]] * (steps + 1 - len(rows))
    return tuple(min(ONE, row << PROBABILITY_BITS - VALUE_BITS) for row in rows)


@pytest.mark.parametrize(
    ("window", "steps", "per_octave"),
    [
        (dynamic_window(Fraction(1, 50), Fraction(1, 2)), 40, 6),
        (dynamic_window(Fraction(1, 1000), Fraction(1, 4)), 30, 3),
        (Window(Fraction(1, 10), Fraction(1, 10)), 30, 12),
        (Window(Fraction(1, 100), Fraction(1, 100), Fraction(1)), 30, 4),
        (Window(Fraction(1, 2), Fraction(9, 10)), 5, 4),
        (Window(Fraction(1, 3), Fraction(1, 7), Fraction(3, 4), Fraction(1, 50)), 30, 12),
    ],
)
def test_all_states_at_once_are_the_states_one_by_one(window, steps, per_octave):
    assert dynamic_program(window, steps, per_octave) == one_by_one(window, steps, per_octave)


def test_its_numbers_stay_inside_64_bits():
    assert np.iinfo(np.int64).max > (1 << SHARE_BITS + 36) + (1 << VALUE_BITS)
