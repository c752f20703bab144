"""Linear forms of the difference of two networks, carried from the output back to the input.

A form has coefficients on the target's values, on the errors that copies share, and on what every
copy adds. Weighted layers map coefficients, activations replace them at the price of a constant,
max-pooling ends them in a constant, and at the input the form's exact maximum is taken.

Rounding: a sum of k products is charged ``(k + 16) 2**-51`` times the sizes that it adds, four
times its largest error; the rest pays for computing the charge. Underflow costs less than 2**-900.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Activate, Add, Flatten, Pool, Weigh, copies_back, with_copies
from slt_theory.tickets.absolute_sums import largest_absolute_sum, on_unit
from slt_theory.tickets.domain import Ball, Box, Domain
from slt_theory.tickets.error_bound import Range, loose
from slt_theory.tickets.mean_and_spread import PairLayer
from slt_theory.tickets.neuron_bounds import Neurons, Point
from slt_theory.tickets.pair_ranges import pair_ranges, sizes

__all__ = ["Choice", "Pair", "Passed"]

Floats = NDArray[np.float64]
Choice = dict[int, tuple[Floats, Floats]]
"""Per activation the slopes A on errors and B on target values, (rows, numbers) each."""


def _charge(terms: int) -> float:
    return (terms + 16) * 2.0**-51


@dataclass
class Passed:
    """What one pass found: bounds a row, and where its maxima sit."""

    bound: Floats
    choice: Choice = field(default_factory=dict)
    scales: dict[int, tuple[Floats, Floats]] = field(default_factory=dict)
    points: dict[int, Point] = field(default_factory=dict)
    copies: dict[int, tuple[Floats, Floats]] = field(default_factory=dict)
    pooled: dict[int, tuple[Floats, Floats | None, Floats | None]] = field(default_factory=dict)
    together: dict[int, Floats] = field(default_factory=dict)
    x: Floats | None = None


@dataclass
class _Form:
    """Coefficients by value, the sum of constants as computed, and what rounding may hide."""

    target: dict[int, Floats]
    mean: dict[int, Floats]
    spread: dict[int, Floats]
    constant: Floats
    charge: Floats
    negative: Floats | None = None

    def add(self, part: dict[int, Floats], value: int, coefficients: Floats) -> None:
        part[value] = part[value] + coefficients if value in part else coefficients

    def bounded(self, amount: Floats) -> None:
        self.constant = self.constant + amount
        self.charge = self.charge + (np.abs(amount) + np.abs(self.constant)) * 2.0**-50


class Pair:
    """A target and its ticket on a domain.

    Attributes
    ----------
    modes : tuple of bool
        Ways to treat the copies of first-layer neurons: each alone, or all together.
    """

    def __init__(self, target: Network, domain: Domain, layers: list[PairLayer]) -> None:
        self.target, self.domain, self.layers = target, domain, layers
        self.signs = target.non_negative(domain.non_negative)
        self.shapes = target.shapes_of_values
        self.ranges = pair_ranges(target, domain, layers)
        self.neurons = {
            number: Neurons.of(
                step.activation,
                self.ranges.target[step.of],
                self.ranges.mean[step.of],
                self.ranges.spread[step.of],
            )
            for number, step in enumerate(target.steps)
            if isinstance(step, Activate)
        }
        self.modes = (False, True) if any(map(self._affine, self.neurons)) else (False,)
        self._last = max(self.neurons, default=-1)
        self._sums: dict[bytes, float] = {}
        self._forms: dict[int, Floats] = {}
        self._products: dict[str, tuple[Floats, Floats]] = {}
        self._chords: dict[int, tuple[Floats, tuple[Floats, ...]]] = {}
        self._charges: dict[str, Floats] = {}

    def _maker(self, value: int) -> int | None:
        """The weighted layer that makes a value from the network's input."""
        step = self.target.steps[value - 1] if value else None
        return step.layer if isinstance(step, Weigh) and step.of == 0 else None

    def _affine(self, number: int) -> bool:
        """Whether copies that enter an activation are one linear form of the input each."""
        layer = self._maker(self.target.steps[number].of)
        if layer is None or self.layers[layer].spread is None:
            return False
        return self.signs[0] or not self.layers[layer].two_sided

    # Backwards

    def back(
        self, rows: Floats, choice: Choice | None, *, together: bool, known: Passed | None = None
    ) -> Passed:
        """Upper bounds of forms ``rows @ (ticket - target)`` of the output over the domain.

        Parameters
        ----------
        rows : array (rows, outputs)
        choice : dict, optional
            Slopes of every activation; default: chords.
        together : bool
            First-layer copies share their input.
        known : Passed, optional
            Take constants of copies from there: good for a descent, not for a bound.
        """
        last = len(self.target.steps)
        zero = np.zeros(len(rows))
        part = self.ranges.mean[last]
        form = _Form({}, {last: rows} if part is not None else {}, {}, zero, zero.copy())
        passed = Passed(zero)
        for number in reversed(range(last)):
            step, value = self.target.steps[number], number + 1
            z, d, s = (c.pop(value, None) for c in (form.target, form.mean, form.spread))
            if z is None and d is None:
                continue
            like = self.ranges.target[value][0]
            z = np.zeros((len(rows), like.size)) if z is None else z
            d = np.zeros_like(z) if d is None else d
            if isinstance(step, Weigh):
                self._weigh(form, step, z, d, s)
            elif isinstance(step, Activate):
                given = None if choice is None else choice[number]
                self._activate(form, passed, number, (z, d, s), given, together, known)
            elif isinstance(step, Pool) and step.kind == "max":
                self._max_pool(form, passed, number, (z, d, s))
            else:
                self._move(form, step, (z, d, s))
        self._input(form, passed)
        passed.bound = np.nextafter(form.constant + 2 * form.charge + 2.0**-900, np.inf)
        return passed

    def _weigh(self, form: _Form, step: Weigh, z: Floats, d: Floats, s: Floats | None) -> None:
        layer, of = self.layers[step.layer], step.of
        h, delta, each = (r[of] for r in (self.ranges.target, self.ranges.mean, self.ranges.spread))
        parts = [(d, layer.mean)] + (
            [] if s is None or layer.spread is None else [(s, layer.spread)]
        )
        size = sizes(h, h[0])
        whole = size + sizes(delta, size)
        back = layer.weight.back
        ours = back(z)
        error, split = np.zeros_like(ours), None
        for c, gap in parts:
            name = f"{step.layer} spread" if c is s else f"{step.layer} mean"
            error = error + self._product(f"{name} positive", c, gap.positive)
            constant = self.target.spread(step.layer, gap.constant)
            form.bounded(c @ constant)
            form.charge += np.abs(c) @ self._heavy(f"{name} positive", gap.positive, whole)
            form.charge += _charge(c.shape[1]) * (np.abs(c) @ np.abs(constant))
            if gap.negative is not gap.positive and not self.signs[of]:
                other = self._product(f"{name} negative", c, gap.negative)
                split = other if split is None else split + other
                form.charge += np.abs(c) @ self._heavy(f"{name} negative", gap.negative, whole)
            if each is not None:
                form.add(form.spread, of, self._product(f"{name} wiring", c, gap.wiring))
                size_each = sizes(each, each[0])
                form.charge += np.abs(c) @ self._heavy(f"{name} wiring", gap.wiring, size_each)
        slack = self._slack(layer, h, delta)
        form.bounded(slack * np.abs(parts[-1][0]).sum(axis=1))
        form.bounded(z @ layer.bias)
        form.charge += _charge(z.shape[1]) * (np.abs(z) @ np.abs(layer.bias))
        heavy = self._heavy(f"{step.layer} weight", layer.weight, whole)
        form.charge += (np.abs(z) + np.abs(d)) @ heavy
        if split is not None:
            if of == 0:
                old = form.target.get(0, 0.0) if form.negative is None else form.negative
                form.negative = old + ours + split
            else:
                # Half the sum of the two slopes is linear; half their difference meets |x|.
                bent = np.maximum((error - split) / 2, 0) @ whole
                form.bounded(bent)
                form.charge += _charge(whole.size) * ((np.abs(error) + np.abs(split)) @ whole)
                error = (error + split) / 2
        elif form.negative is not None and of == 0:
            form.negative = form.negative + ours + error
        form.add(form.target, of, ours + error)
        if delta is not None:
            form.add(form.mean, of, back(d) + error)

    def _product(self, name: str, c: Floats, operator: Operator) -> Floats:
        """`operator.back`, remembered: coefficients of copies often stay."""
        if name not in self._products or not np.array_equal(self._products[name][0], c):
            self._products[name] = c, operator.back(c)
        return self._products[name][1]

    def _heavy(self, name: str, operator: Operator, size: Floats) -> Floats:
        """Charge for the rounding of a product, per coefficient."""
        if name not in self._charges:
            self._charges[name] = _charge(_terms(operator)) * (operator.map(np.abs) @ size)
        return self._charges[name]

    @staticmethod
    def _slack(layer: PairLayer, h: Range, delta: Range | None) -> float:
        total = float(loose(layer.mean, *h)[1][0])
        return total + (0.0 if delta is None else float(loose(layer.mean, *delta)[1][0]))

    def _activate(
        self,
        form: _Form,
        passed: Passed,
        number: int,
        coefficients: tuple[Floats, Floats, Floats | None],
        given: tuple[Floats, Floats] | None,
        together: bool,
        known: Passed | None,
    ) -> None:
        e, a, c = coefficients
        step, neurons = self.target.steps[number], self.neurons[number]
        low, high = neurons.target
        d_size, z_size = sizes(neurons.mean, low), sizes(neurons.target, low)
        if given is None:
            width = np.maximum(high - low, 2.0**-1000)
            kinked = len(neurons.groups) == 1
            rise = np.maximum(high, 0) - np.maximum(low, 0)
            fall = np.minimum(high, 0) - np.minimum(low, 0)
            slope = (rise + neurons.slopes[0] * fall) / width if kinked else np.zeros_like(low)
            given = a * neurons.chord(a), e * slope
        left, slip, where = neurons.left(a, e, *given)
        form.bounded(left)
        form.charge += slip
        passed.choice[number], passed.points[number] = given, Point(*where)
        passed.scales[number] = (
            np.abs(a) + 2.0**-900,
            np.abs(e) + np.abs(a) * (d_size / np.maximum(z_size, 2.0**-900)) + 2.0**-900,
        )
        form.add(form.target, step.of, given[1])
        if self.ranges.mean[step.of] is not None:
            form.add(form.mean, step.of, given[0])
        if c is not None:
            form.add(form.spread, step.of, self._copies(form, passed, number, c, together, known))

    def _copies(
        self,
        form: _Form,
        passed: Passed,
        number: int,
        c: Floats,
        together: bool,
        known: Passed | None,
    ) -> Floats:
        neurons = self.neurons[number]
        least, most = neurons.slopes
        if not (together and self._affine(number)):
            if number not in self._chords or not np.array_equal(self._chords[number][0], c):
                slope, *rest = neurons.copies_chord(c)
                self._chords[number] = c, (slope, *rest, c * slope)
            slope, offset, left, slip, linear = self._chords[number][1]
            form.bounded(left)
            form.charge += slip
            passed.copies[number] = slope, offset
            return linear
        if known is None:
            amounts = np.array([self._absolute(number, row) for row in c]) * (most - least) / 2
        else:
            amounts = known.together[number]
        form.bounded(amounts * (1 + 2.0**-50))
        passed.together[number] = amounts
        middle = np.full_like(c, (least + most) / 2)
        passed.copies[number] = middle, np.zeros_like(c)
        size = sizes(neurons.spread, c[0])
        form.charge += _charge(c.shape[1]) * (np.abs(c) @ size)
        return c * middle

    def _absolute(self, number: int, coefficients: Floats) -> float:
        """Upper bound of ``sum_c |coefficient_c s_c(x)|`` over the domain."""
        forms = self._unit_forms(number)
        weights = np.abs(coefficients)
        key = weights.tobytes()
        if key not in self._sums:
            live = weights > 0
            self._sums[key] = largest_absolute_sum(forms[live] * weights[live, None], self.domain)
            # Forms are rounded: what they add to the sizes of the spreads.
            size = sizes(self.neurons[number].spread, weights)
            terms = forms.shape[1]
            reach = np.abs(forms).sum(axis=1) + size + self._slack_of(number)
            self._sums[key] += float(weights @ reach) * _charge(terms + weights.size)
            self._sums[key] += float(weights.sum()) * self._slack_of(number) * 1.001
        return self._sums[key]

    def _slack_of(self, number: int) -> float:
        layer = self._maker(self.target.steps[number].of)
        assert layer is not None
        return self._slack(self.layers[layer], self.ranges.target[0], None)

    def _unit_forms(self, number: int) -> Floats:
        if number not in self._forms:
            layer = self._maker(self.target.steps[number].of)
            assert layer is not None
            gap = self.layers[layer].spread
            assert gap is not None
            rows = gap.positive
            matrix = rows.matrix if rows.unrolling.one_site else rows.tocsr().toarray()
            constant = self.target.spread(layer, gap.constant)
            self._forms[number] = on_unit(matrix, constant, self.domain)
        return self._forms[number]

    def _max_pool(
        self,
        form: _Form,
        passed: Passed,
        number: int,
        coefficients: tuple[Floats, Floats, Floats | None],
    ) -> None:
        """Ranges end the form: a window's largest value is no linear function."""
        picked: list[Floats | None] = []
        ranges = (r[number + 1] for r in (self.ranges.target, self.ranges.mean, self.ranges.spread))
        for c, known in zip(coefficients, ranges, strict=True):
            if c is None or known is None:
                picked.append(None)
                continue
            values = np.where(c > 0, known[1], known[0])
            picked.append(values)
            form.bounded((c * values).sum(axis=1))
            form.charge += _charge(values.shape[1]) * (np.abs(c) @ sizes(known, known[0]))
        passed.pooled[number] = (picked[0] if picked[0] is not None else np.zeros(0), *picked[1:])  # type: ignore[assignment]

    def _move(
        self,
        form: _Form,
        step: Flatten | Add | Pool,
        coefficients: tuple[Floats, Floats, Floats | None],
    ) -> None:
        """Steps that are linear with fixed weights."""
        known = (self.ranges.target, self.ranges.mean, self.ranges.spread)
        shape, copies = self.shapes[step.of], self.ranges.copies
        for c, part, ranges in zip(
            coefficients, (form.target, form.mean, form.spread), known, strict=True
        ):
            if c is None:
                continue
            own = ranges[step.of]
            if isinstance(step, Pool):
                if own is not None:
                    size = sizes(own, own[0])
                    form.add(part, step.of, step.back(c, np.zeros((len(c), size.size)), shape))
                    heavy = np.abs(c) @ step(size, shape)
                    form.charge += _charge(2 * step.side**2) * heavy
                continue
            many = copies[step.of] if part is form.spread else 1
            moved = step.back(c, shape, many) if isinstance(step, Flatten) else c
            if own is not None:
                form.add(part, step.of, moved)
            if isinstance(step, Add) and ranges[step.skip] is not None:
                have = copies[step.skip] if part is form.spread else 1
                sites = int(np.prod(self.shapes[step.skip][1:]))
                other = copies_back(c, sites, have, many)
                if step.skip == 0 and part is form.target and form.negative is not None:
                    form.negative = form.negative + other
                form.add(part, step.skip, other)

    def _input(self, form: _Form, passed: Passed) -> None:
        positive = form.target.get(0)
        if positive is None:
            passed.x = np.zeros((len(form.constant), self.ranges.target[0][0].size))
            return
        negative = positive if form.negative is None else form.negative
        largest = np.maximum(np.abs(positive), np.abs(negative))
        size = sizes(self.ranges.target[0], positive[0])
        if isinstance(self.domain, Box):
            low, high = self.domain.lo, self.domain.hi
            ends = [np.full_like(positive, low), np.full_like(positive, high)]
            if low < 0 < high:
                ends.append(np.zeros_like(positive))
            gains = [np.where(x > 0, positive, negative) * x for x in ends]
            best = np.maximum.reduce(gains)
            passed.x = np.select([gain == best for gain in gains], ends)
            form.bounded(best.sum(axis=1))
            form.charge += _charge(size.size) * (largest @ size)
            return
        reach = np.maximum(np.maximum(positive, -negative), 0)
        length = np.sqrt((reach * reach).sum(axis=1))
        signed = np.where(positive >= -negative, reach, -reach)
        passed.x = self.domain.radius * signed / np.maximum(length, 2.0**-500)[:, None]
        form.bounded(length * self.domain.radius)
        form.charge += _charge(size.size) * self.domain.radius * length
        form.charge += self.domain.radius * 2.0**-500

    # Forwards

    def forth(self, passed: Passed) -> dict[int, tuple[Floats, Floats]]:
        """Target values and shared errors at every activation, for the maximisers of a pass."""
        assert passed.x is not None
        values: list[tuple[Floats, Floats | None, Floats | None]] = [(passed.x, None, None)]
        found = {}
        for number, step in enumerate(self.target.steps[: self._last + 1]):
            before = values[step.of]
            if isinstance(step, Weigh):
                values.append(self._weighed(step, *before))
            elif isinstance(step, Activate):
                z, d, s = before
                found[number] = z, np.zeros_like(z) if d is None else d
                values.append(self._activated(passed, number, s))
            elif isinstance(step, Pool) and step.kind == "max":
                values.append(self._picked(passed, number, before))
            else:
                values.append(self._moved(step, before, values))
        return found

    def _weighed(
        self, step: Weigh, h: Floats, delta: Floats | None, each: Floats | None
    ) -> tuple[Floats, Floats | None, Floats | None]:
        layer = self.layers[step.layer]
        whole = h if delta is None else h + delta
        later = any(number > step.of + 1 for number in self.neurons)
        result: list[Floats | None] = []
        for gap in (layer.mean, layer.spread if later and self._last > step.of + 1 else None):
            if gap is None:
                result.append(None)
                continue
            if gap.negative is gap.positive or self.signs[step.of]:
                error = gap.positive.apply(whole)
            else:
                error = gap.positive.apply(np.maximum(whole, 0))
                error = error + gap.negative.apply(np.minimum(whole, 0))
            error = error + self.target.spread(step.layer, gap.constant)
            if each is not None:
                error = error + gap.wiring.apply(each)
            result.append(error)
        mean = result[0]
        assert mean is not None
        if delta is not None:
            mean = mean + layer.weight.apply(delta)
        return layer.weight.apply(h) + layer.bias, mean, result[1]

    def _activated(
        self, passed: Passed, number: int, s: Floats | None
    ) -> tuple[Floats, Floats | None, Floats | None]:
        point = passed.points.get(number)
        if point is None:
            low = self.ranges.target[number + 1][0]
            shape = (len(passed.bound), low.size)
            return np.zeros(shape), np.zeros(shape), None
        copies = passed.copies.get(number)
        if s is None or copies is None:
            return point.h, point.delta, None
        return point.h, point.delta, copies[0] * s + copies[1]

    def _picked(
        self,
        passed: Passed,
        number: int,
        before: tuple[Floats, Floats | None, Floats | None],
    ) -> tuple[Floats, Floats | None, Floats | None]:
        if number in passed.pooled:
            return passed.pooled[number]
        shape = self.shapes[self.target.steps[number].of]
        step = self.target.steps[number]
        assert isinstance(step, Pool)
        z, d, s = (None if v is None else step(v, shape) for v in before)
        assert z is not None
        return z, d, s

    def _moved(
        self,
        step: Flatten | Add | Pool | Weigh | Activate,
        before: tuple[Floats, Floats | None, Floats | None],
        values: Sequence[tuple[Floats, Floats | None, Floats | None]],
    ) -> tuple[Floats, Floats | None, Floats | None]:
        shape, copies = self.shapes[step.of], self.ranges.copies
        z, d, s = before
        if isinstance(step, Pool):
            moved = [None if v is None else step(v, shape) for v in before]
            assert moved[0] is not None
            return moved[0], moved[1], moved[2]
        if isinstance(step, Flatten):
            return z, d, None if s is None else step.move(s, shape, copies[step.of])
        assert isinstance(step, Add)
        z2, d2, s2 = values[step.skip]
        if s2 is not None:
            sites = int(np.prod(self.shapes[step.skip][1:]))
            s2 = with_copies(s2, sites, copies[step.skip], copies[step.of])
        return z + z2, _sum(d, d2), _sum(s, s2)


def _sum(a: Floats | None, b: Floats | None) -> Floats | None:
    return b if a is None else a if b is None else a + b


def _terms(operator: Operator) -> int:
    """Numbers that one entry of a product with the transpose, or the operator, adds."""
    outputs, taps, inputs = operator.coefficients.shape
    return int(taps * max(outputs, inputs) + operator.shape[0] + taps)
