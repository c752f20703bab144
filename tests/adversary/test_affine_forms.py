"""Affine forms alone, attacked in exact arithmetic on small boxes around inputs."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest
from attacks import quick
from random_tickets import draw
from region_attacks import ExactBox, Seen, SlowPair, _ends, _other, _refuted, tried
from slow_networks import Network
from slow_values import differences
from special_tickets import read

from slt_theory import tickets
from slt_theory.errors import BadInput
from slt_theory.networks.steps import Pool
from slt_theory.tickets.checking import affine_forms, crossings, pooled_forms
from slt_theory.tickets.checking.affine_forms import FormBounds, bounds_by_forms
from slt_theory.tickets.checking.change_form import ChangeForm
from slt_theory.tickets.checking.network_pair import (
    NetworkPair,
    pair_of_networks,
    pair_of_ticket,
)
from slt_theory.tickets.checking.outward import largest
from slt_theory.tickets.checking.splitting import OnRegion
from slt_theory.tickets.domain import Region

SEEDS = range(400, 520)
RADII = (Fraction(1, 10**6), Fraction(1, 1000), Fraction(1, 50), Fraction(1, 5))


@dataclass
class Attacked:
    """A pair of networks, and points of a box evaluated exactly, differences by output."""

    pair: NetworkPair
    region: Region
    seen: list[Seen]
    gaps: list[list[Fraction]]

    def said(self) -> FormBounds | None:
        """Bounds of the box by forms."""
        middle = self.region.lo / 2 + self.region.hi / 2
        best = int(np.argmax(self.pair.target.run(middle[None])[-1][0]))
        return bounds_by_forms(self.pair, self.region, best)

    def refuted(self) -> list[str]:
        said = self.said()
        if said is None:
            return []
        margin = float(said.leads.min()) if said.leads.size else None
        found = list(_refuted(self.seen, OnRegion(largest(said.last), 0.0, False, margin)))
        for gap in self.gaps:
            for low, value, high in zip(said.last[0], gap, said.last[1], strict=True):
                if not Fraction(low) <= value <= Fraction(high):
                    found.append(f"claims {low!r} to {high!r}, {float(value)!r}")
        return found

    @property
    def pools(self) -> bool:
        steps = self.pair.target.steps
        return any(isinstance(step, Pool) and step.kind == "max" for step in steps)

    @property
    def share(self) -> Fraction:
        """The largest error that was shown, as a share of the bound."""
        said = self.said()
        bound = 0.0 if said is None else largest(said.last)
        return max(one.error for one in self.seen) / Fraction(bound) if bound else Fraction(0)


def drawn(seed: int) -> Attacked | None:
    """A ticket, every third time a network with other weights; None where forms do not apply."""
    rng = random.Random(seed)
    try:
        case = draw(seed)
        if seed % 3:
            with quick(case, whole=False):
                ticket = tickets.build_ticket(case.target, **case.options)
            if not ticket.complete:
                return None
            pair, other = pair_of_ticket(ticket, case.target), None
        else:
            other = _other(case.target, rng)
            pair, ticket = pair_of_networks(case.target, other), None
    except BadInput:
        return None
    low, high = _ends(case)
    # Coordinates near 0 change their sign.
    middle = [rng.choice((rng.uniform(low, high), min(max(0.0, low), high))) for _ in range(1000)]
    middle = middle[: case.target.size_in]
    radius = float(rng.choice(RADII))
    ends = np.array(middle) - radius, np.array(middle) + radius
    region = Region(*(np.clip(end, low, high) for end in ends))
    if bounds_by_forms(pair, region, 0) is None:
        return None
    source = (
        Network.of_target(other) if ticket is None else Network.of_ticket(case.target, read(ticket))
    )
    box = ExactBox(*([Fraction(v) for v in end.tolist()] for end in (region.lo, region.hi)))
    slow = SlowPair(case.target, source)
    seen = tried(slow, box, rng)
    return Attacked(pair, region, seen, [gaps(slow, one.point) for one in seen])


def gaps(slow: SlowPair, point: list[Fraction]) -> list[Fraction]:
    """Differences of all outputs at a rational point."""
    x = np.empty((len(point), 1), dtype=object)
    x[:, 0] = point
    return [Fraction(v) for v in differences(*slow._outputs(x, "exact"), slow.copies).ravel()]


@pytest.fixture(scope="module")
def cases() -> list[Attacked]:
    return [case for case in map(drawn, SEEDS) if case is not None]


def test_no_claim_is_refuted_and_many_are_sharp(cases):
    assert [text for case in cases for text in case.refuted()] == []
    assert len(cases) > 25
    assert sum(case.share > Fraction(99, 100) for case in cases) > 0.5 * len(cases)
    maps = [source for case in cases for source in case.pair.maps]
    assert any(source.two_sided for source in maps)


@pytest.mark.parametrize("field", ["size", "shift", "shift_of_other", "second"])
def test_a_part_of_a_crossing_that_is_left_out_is_caught(cases, monkeypatch, field):
    real = crossings.crossings

    def without(*given):
        found = real(*given)
        return found._replace(**{field: 0.0 * getattr(found, field)})

    monkeypatch.setattr(affine_forms, "crossings", without)
    assert any(case.refuted() for case in cases)


@pytest.mark.parametrize("field", ["size", "shift", "shift_of_other", "second"])
def test_a_part_of_a_window_in_doubt_that_is_left_out_is_caught(cases, monkeypatch, field):
    pooled = [case for case in cases if case.pools]
    real = pooled_forms.between

    def without(*given):
        found = real(*given)
        return found._replace(**{field: 0.0 * getattr(found, field)})

    assert not any(case.refuted() for case in pooled)
    monkeypatch.setattr(affine_forms, "between", without)
    assert any(case.refuted() for case in pooled)


def test_a_winner_that_is_never_in_doubt_is_caught(cases, monkeypatch):
    monkeypatch.setattr(pooled_forms.Windows, "in_doubt", lambda w, _: (w.winner[:0], 0 * w.doubt))
    assert any(case.refuted() for case in cases if case.pools)


def test_columns_in_single_precision_are_caught(cases, monkeypatch):
    real = ChangeForm.through

    def rounded(form, operator):
        found = real(form, operator)
        return replace(found, columns=found.columns.astype("float32").astype("float64"))

    monkeypatch.setattr(ChangeForm, "through", rounded)
    assert any(case.refuted() for case in cases)


def test_a_slack_that_is_dropped_is_caught(cases, monkeypatch):
    """Columns are exact in small networks: their roundings are made larger, and charged."""
    real = ChangeForm.through

    def rounded(form, operator):
        found = real(form, operator)
        columns = found.columns.astype("float32").astype("float64")
        size = operator.map(np.abs) @ form.size
        slack = np.where(kept, found.slack + 2.0**-22 * size, 0.0)
        return replace(found, columns=columns, slack=slack)

    monkeypatch.setattr(ChangeForm, "through", rounded)
    kept = True
    assert not any(case.refuted() for case in cases)
    kept = False
    assert any(case.refuted() for case in cases)
