"""Linear forms of the difference of two networks, carried from the output back to the input.

A form has coefficients on the target's values, on the errors that copies share, and on what every
copy adds. Weighted layers map coefficients, activations replace them at the price of a constant,
max-pooling ends them in a constant, and at the input the form's exact maximum is taken.

Rounding: a sum of k products is charged ``(k + 16) 2**-51`` times the sizes that it adds, four
times its largest error; the rest pays for computing the charge. A coefficient that underflows is
off by less than 2**-1000, a thousand of them by less than 2**-900 times the values they belong to.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Activate, Add, Move, Pool, Rearrange, Weigh, copies_back
from slt_theory.tickets.checking.copies_together import Together, slack_of
from slt_theory.tickets.checking.linear_form import Choice, Form, Passed, charge
from slt_theory.tickets.checking.mean_and_spread import PairLayer
from slt_theory.tickets.checking.neuron_bounds import Neurons, Point
from slt_theory.tickets.checking.outward import Range, operator_terms
from slt_theory.tickets.checking.pair_ranges import pair_ranges, sizes
from slt_theory.tickets.domain import Ball, Inputs

__all__ = ["Pair"]

Floats = NDArray[np.float64]


class Pair:
    """A target and its ticket on a domain.

    Attributes
    ----------
    modes : tuple of bool
        Ways to treat the copies of first-layer neurons: each alone, or all together.
    """

    def __init__(
        self,
        target: Network,
        domain: Inputs,
        layers: list[PairLayer],
        values: list[Range] | None = None,
    ) -> None:
        self.target, self.domain, self.layers = target, domain, layers
        self.signs = target.non_negative(domain.non_negative)
        self.shapes = target.shapes_of_values
        self.ranges = pair_ranges(target, domain, layers, values)
        self.neurons = {
            number: Neurons.of(
                step.activation,
                self.ranges.target[step.of],
                self.ranges.mean[step.of],
                self.ranges.spread[step.of],
                sites=int(np.prod(self.shapes[step.of][1:])),
                copies=self.ranges.copies[step.of],
            )
            for number, step in enumerate(target.steps)
            if isinstance(step, Activate)
        }
        inputs = self.ranges.target[0]
        self._together = {
            number: Together.of(target, domain, layers, target.steps[number].of, inputs)
            for number in self.neurons
        }
        self.modes = (False, True) if any(self._together.values()) else (False,)
        self._products: dict[str, tuple[Floats, Floats]] = {}
        self._chords: dict[int, tuple[Floats, tuple[Floats, ...]]] = {}
        self._charges: dict[str, Floats] = {}
        self._underflow = 2.0**-900 * (1 + self.ranges.total)

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
        form = Form({}, {last: rows} if part is not None else {}, {}, zero, zero.copy())
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
        bound = np.nextafter(form.constant + 2 * form.charge + self._underflow, np.inf)
        # Where products overflow, so do the charges for their rounding.
        passed.bound = np.where(np.isfinite(bound), bound, np.inf)
        return passed

    def _weigh(self, form: Form, step: Weigh, z: Floats, d: Floats, s: Floats | None) -> None:
        layer, of = self.layers[step.layer], step.of
        h, delta, each = self.ranges.target[of], self.ranges.mean[of], self.ranges.spread[of]
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
            form.charge += charge(c.shape[1]) * (np.abs(c) @ np.abs(constant))
            if gap.negative is not gap.positive and not self.signs[of]:
                other = self._product(f"{name} negative", c, gap.negative)
                split = other if split is None else split + other
                form.charge += np.abs(c) @ self._heavy(f"{name} negative", gap.negative, whole)
            if each is not None:
                form.add(form.spread, of, self._product(f"{name} wiring", c, gap.wiring))
                size_each = sizes(each, each[0])
                form.charge += np.abs(c) @ self._heavy(f"{name} wiring", gap.wiring, size_each)
        slack = slack_of(layer, h, delta)
        form.bounded(slack * np.abs(parts[-1][0]).sum(axis=1))
        form.bounded(z @ layer.bias)
        form.charge += charge(z.shape[1]) * (np.abs(z) @ np.abs(layer.bias))
        heavy = self._heavy(f"{step.layer} weight", layer.weight, whole)
        form.charge += (np.abs(z) + np.abs(d)) @ heavy
        if split is not None:
            if of == 0:
                form.add_two_sided(ours + error, ours + split)
                return
            # Half the sum of the two slopes is linear; half their difference meets |x|.
            form.bounded(np.maximum((error - split) / 2, 0) @ whole)
            form.charge += charge(whole.size) * ((np.abs(error) + np.abs(split)) @ whole)
            error = (error + split) / 2
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
            self._charges[name] = charge(operator_terms(operator)) * operator.sizes_times(size)
        return self._charges[name]

    def _activate(
        self,
        form: Form,
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
            slope = (self._value(number, high) - self._value(number, low)) / width
            slope = slope if kinked else np.zeros_like(low)
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
        form: Form,
        passed: Passed,
        number: int,
        c: Floats,
        together: bool,
        known: Passed | None,
    ) -> Floats:
        neurons = self.neurons[number]
        assert neurons.copies_slopes is not None
        least, most = neurons.copies_slopes
        alike = self._together[number] if together else None
        if alike is None:
            if number not in self._chords or not np.array_equal(self._chords[number][0], c):
                slope, *rest = neurons.copies_chord(c)
                self._chords[number] = c, (slope, *rest, c * slope)
            slope, offset, left, slip, linear = self._chords[number][1]
            form.bounded(left)
            form.charge += slip
            passed.copies[number] = slope, offset
            return linear
        if known is None:
            half = np.nextafter((most - least) / 2, np.inf)
            amounts = np.array([alike.largest(row * half) for row in c])
        else:
            amounts = known.together[number]
        form.bounded(amounts * (1 + 2.0**-50))
        passed.together[number] = amounts
        middle = (least + most) / 2
        passed.copies[number] = middle, np.zeros_like(c)
        size = sizes(neurons.spread, c[0])
        form.charge += charge(c.shape[1]) * (np.abs(c) @ size)
        return c * middle

    def _max_pool(
        self,
        form: Form,
        passed: Passed,
        number: int,
        coefficients: tuple[Floats, Floats, Floats | None],
    ) -> None:
        """Ranges end the form: a window's largest value is no linear function."""
        picked: list[Floats | None] = []
        value = number + 1
        ranges: tuple[Range | None, ...] = (
            self.ranges.target[value],
            self.ranges.mean[value],
            self.ranges.spread[value],
        )
        for c, known in zip(coefficients, ranges, strict=True):
            if c is None or known is None:
                picked.append(None)
                continue
            values = np.where(c > 0, known[1], known[0])
            picked.append(values)
            form.bounded((c * values).sum(axis=1))
            form.charge += charge(values.shape[1]) * (np.abs(c) @ sizes(known, known[0]))
        passed.pooled[number] = (picked[0] if picked[0] is not None else np.zeros(0), *picked[1:])  # type: ignore[assignment]

    def _move(
        self,
        form: Form,
        step: Move | Add | Pool,
        coefficients: tuple[Floats, Floats, Floats | None],
    ) -> None:
        """Steps that are linear with fixed weights."""
        known: tuple[Sequence[Range | None], ...] = (
            self.ranges.target,
            self.ranges.mean,
            self.ranges.spread,
        )
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
                    form.charge += charge(2 * step.numbers(shape)) * heavy
                continue
            many = copies[step.of] if part is form.spread else 1
            moved = step.back(c, shape, many) if isinstance(step, Move) else c
            if own is not None:
                form.add(part, step.of, moved)
                if isinstance(step, Rearrange):
                    # A number that is used k times collects k coefficients.
                    heavy = step.back(np.abs(c), shape, many) @ sizes(own, own[0])
                    form.charge += charge(step.most(shape)) * heavy
            if isinstance(step, Add) and ranges[step.skip] is not None:
                have = copies[step.skip] if part is form.spread else 1
                sites = int(np.prod(self.shapes[step.skip][1:]))
                form.add(part, step.skip, copies_back(c, sites, have, many))
            if isinstance(step, Add) and part is form.mean and copies[step.of] == 1:
                self._first_copy(form, step, c)

    def _first_copy(self, form: Form, step: Add, c: Floats) -> None:
        """The one copy of a residual sum takes copy 0 of its skip, spread and all."""
        have = self.ranges.copies[step.skip]
        if self.ranges.spread[step.skip] is not None:
            sites = int(np.prod(self.shapes[step.skip][1:]))
            form.add(form.spread, step.skip, copies_back(c, sites, have, 1))

    def _input(self, form: Form, passed: Passed) -> None:
        positive = form.target.get(0)
        if positive is None:
            passed.x = np.zeros((len(form.constant), self.ranges.target[0][0].size))
            return
        negative = positive if form.negative is None else form.negative
        largest = np.maximum(np.abs(positive), np.abs(negative))
        size = sizes(self.ranges.target[0], positive[0])
        if not isinstance(self.domain, Ball):
            low, high = self.ranges.target[0]
            ends = [np.broadcast_to(x, positive.shape) for x in (low, high)]
            if ((low < 0) & (high > 0)).any():
                ends.append(np.broadcast_to(np.clip(0.0, low, high), positive.shape))
            gains = [np.where(x > 0, positive, negative) * x for x in ends]
            best = np.maximum.reduce(gains)
            passed.x = np.select([gain == best for gain in gains], ends)
            form.bounded(best.sum(axis=1))
            form.charge += charge(size.size) * (largest @ size)
            return
        reach = np.maximum(np.maximum(positive, -negative), 0)
        length = np.sqrt((reach * reach).sum(axis=1))
        signed = np.where(positive >= -negative, reach, -reach)
        passed.x = self.domain.radius * signed / np.maximum(length, 2.0**-500)[:, None]
        form.bounded(length * self.domain.radius)
        form.charge += charge(size.size) * self.domain.radius * length
        form.charge += self.domain.radius * 2.0**-500

    def _value(self, number: int, z: Floats) -> Floats:
        step = self.target.steps[number]
        assert isinstance(step, Activate)
        return step.activation(z)
