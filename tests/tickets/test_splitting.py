"""Regions in pieces: they cover the region, and what is said of each holds in exact arithmetic."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from math import prod
from types import SimpleNamespace

import numpy as np
import pytest
from exact_outputs import INPUTS, NET, built, exact, exact_error, lead
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.networks import Dense, save_npz
from slt_theory.tickets import write_ticket
from slt_theory.tickets.around import Around
from slt_theory.tickets.checking import regions, splitting
from slt_theory.tickets.checking.backward import target_ranges
from slt_theory.tickets.checking.regions import OnRegion, certify_regions
from slt_theory.tickets.checking.splitting import Piece, widest_axis
from slt_theory.tickets.domain import Ball, Box, Region

WHOLE = Region(INPUTS[0] - 0.1, INPUTS[0] + 0.1)
ASKED = Around(INPUTS[:1], 0.1, None, "around:x.npz,0.1")


def stop_after(cuts: int, monkeypatch) -> None:
    """A clock on which `cuts` cuts take as many seconds."""
    ticks = itertools.count()
    monkeypatch.setattr(regions, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))


def cut(cuts: int, monkeypatch, asked=ASKED) -> tuple[OnRegion, list[Piece]]:
    """Facts about the region after so many cuts, and its pieces."""
    pieces: list[Piece] = []

    def kept(*given):
        pieces[:], found = splitting.split(*given)
        return pieces, found

    stop_after(cuts, monkeypatch)
    monkeypatch.setattr(regions, "split", kept)
    return certify_regions(built(), NET, asked, seconds=cuts + 1).points[0], pieces


def volume(region: Region) -> Fraction:
    ends = zip(region.lo.tolist(), region.hi.tolist(), strict=True)
    return prod(Fraction(hi) - Fraction(lo) for lo, hi in ends)


def covers(pieces: list[Piece], whole: Region) -> bool:
    """Whether closed boxes inside of a box, disjoint up to their faces, have all of its volume."""
    boxes = [piece.region for piece in pieces]
    inside = all((whole.lo <= b.lo).all() and (b.hi <= whole.hi).all() for b in boxes)
    apart = all(
        ((a.hi <= b.lo) | (b.hi <= a.lo)).any() for a, b in itertools.combinations(boxes, 2)
    )
    return inside and apart and sum(map(volume, boxes)) == volume(whole)


def grid(region: Region) -> list[np.ndarray]:
    """Corners, middles of faces and edges, the middle."""
    shares = itertools.product((0.0, 0.5, 1.0), repeat=region.lo.size)
    width = region.hi - region.lo
    return [np.clip(region.lo + width * np.array(s), region.lo, region.hi) for s in shares]


def refuted(region: Region, facts: OnRegion) -> int:
    """Claims about a region that a point of its grid refutes."""
    wrong = 0
    for x in grid(region):
        (best, margin), (other, _) = lead(exact(None, x)), lead(exact(built(), x))
        wrong += exact_error(built(), x) > Fraction(facts.error_bound)
        wrong += facts.margin > 0 and margin < Fraction(facts.margin)
        wrong += facts.class_kept and best != other
    return wrong


def false_claims(cuts: int, monkeypatch) -> int:
    """Claims about pieces and whole that are false; a gap between pieces is one."""
    facts, pieces = cut(cuts, monkeypatch)
    whole = certify_regions(built(), NET, ASKED).points[0]
    exact_ends = ASKED.regions(Box(-1, 1), 3)[0]
    wrong = (not covers(pieces, exact_ends)) + (facts.error_found > facts.error_bound)
    wrong += facts.error_bound > whole.error_bound or facts.margin < whole.margin
    for piece in pieces:
        wrong += refuted(piece.region, piece.facts) + refuted(piece.region, facts)
    return wrong + (facts.pieces != len(pieces))


@pytest.mark.parametrize("cuts", [0, 1, 6])
def test_no_point_refutes_a_piece_and_the_pieces_cover_the_region(cuts, monkeypatch):
    assert false_claims(cuts, monkeypatch) == 0


def _dropped(monkeypatch) -> None:
    monkeypatch.setattr(splitting.heapq, "heappush", lambda heap, item: None)


def _gap(monkeypatch) -> None:
    real = Piece.halves.fget

    def apart(piece):
        below, above = real(piece)
        return below, Region(np.minimum(np.nextafter(above.lo, np.inf), above.hi), above.hi)

    monkeypatch.setattr(Piece, "halves", property(apart))


def _smaller(monkeypatch) -> None:
    real = splitting.joined

    def least(pieces, found):
        return replace(real(pieces, found), error_bound=min(p.facts.error_bound for p in pieces))

    monkeypatch.setattr(regions, "joined", least)


def _sibling(monkeypatch) -> None:
    real, bounds = splitting._heir, []

    def lower(piece, parent):
        mine = real(piece, parent)
        bounds.append(mine.facts.error_bound)
        return replace(mine, facts=replace(mine.facts, error_bound=min(bounds[-2:]) / 4))

    monkeypatch.setattr(splitting, "_heir", lower)


@pytest.mark.parametrize("plant", [_dropped, _gap, _smaller, _sibling])
def test_a_planted_error_is_caught(plant, monkeypatch):
    plant(monkeypatch)
    assert false_claims(6, monkeypatch)


def test_more_cuts_lower_the_bound_until_it_is_close_to_the_error_found(monkeypatch):
    facts = [cut(cuts, monkeypatch, Box(-1, 1))[0] for cuts in (0, 4, 16, 64)]
    bounds, found = [f.error_bound for f in facts], [f.error_found for f in facts]
    assert bounds == sorted(bounds, reverse=True)
    assert found == sorted(found)
    assert bounds[-1] < 0.6 * bounds[0]
    facts = cut(10_000, monkeypatch)[0]
    assert facts.error_bound <= 1.05 * facts.error_found
    assert 2 < facts.pieces < 1_000


def test_a_half_inherits_what_is_better_and_the_whole_has_what_is_worst():
    """Each fact is chosen by itself; the piece that was cut deepest need not be the worst."""
    region = Region(np.zeros(1), np.ones(1))
    facts = [OnRegion(2.0, 0.5, True, 0.25), OnRegion(1.0, 0.75, False, -1.0)]
    for own, parent in (facts, facts[::-1]):
        best = splitting._heir(Piece(region, own, 0), parent)
        assert best.facts == replace(own, error_bound=1.0, class_kept=True, margin=0.25)
    pieces = [Piece(region, each, 0) for each in facts]
    for order in (pieces, pieces[::-1]):
        assert splitting.joined(order, 0.75) == OnRegion(2.0, 0.75, False, -1.0, 2)
    single = OnRegion(2.0, 0.5, None, None)
    assert splitting._heir(Piece(region, single, 0), single).facts == single
    assert splitting.joined([Piece(region, single, 0)], 0.5) == single


def test_a_coordinate_without_a_float_between_its_ends_is_not_cut():
    next_to = np.nextafter(0.25, 1)
    for lo, hi in ((0.25, next_to), (0.25, 0.25)):
        narrow = Region(np.array([lo, 0.0, lo]), np.array([hi, 1.0, hi]))
        assert widest_axis(NET, narrow, target_ranges(NET, narrow)) == 1
        point = Region(np.full(3, lo), np.full(3, hi))
        assert widest_axis(NET, point, target_ranges(NET, point)) is None
    huge = Region(np.full(3, -1.7e308), np.full(3, 1.7e308))
    with np.errstate(all="ignore"):
        axis = widest_axis(NET, huge, target_ranges(NET, huge))
    below, above = Piece(huge, OnRegion(1, 0, None, None), axis).halves
    assert below.hi[axis] == above.lo[axis] == 0


def test_the_coordinate_that_spreads_the_outputs_most_is_cut():
    net = Dense([np.array([[1.0, 0.0, 9.0]]), np.array([[2.0]])], [None, np.zeros(1)])
    box = Region(np.full(3, -1.0), np.array([1.0, 4.0, 1.0]))
    assert widest_axis(net, box, target_ranges(net, box)) == 2


def test_balls_and_seconds_that_are_none_are_refused():
    with pytest.raises(BadInput, match="cuts boxes, no ball"):
        certify_regions(built(), NET, Ball(0.1), seconds=1)
    for wrong in (-1, float("nan")):
        with pytest.raises(BadInput, match="0 or more seconds"):
            certify_regions(built(), NET, ASKED, seconds=wrong)


def test_every_piece_is_told():
    told = []
    found = certify_regions(built(), NET, ASKED, seconds=1e-9, progress=told.append)
    assert (told, found.points[0].pieces) == ([1], 1)


def test_the_verb_says_how_many_pieces(tmp_path, monkeypatch):
    save_npz(NET, tmp_path / "net.npz")
    write_ticket(built(), tmp_path / "t.slt")
    given = ["ticket", "verify", str(tmp_path / "t.slt"), "--target", str(tmp_path / "net.npz")]
    stop_after(4, monkeypatch)
    result = CliRunner().invoke(app, [*given, "--domain", "box:-1,1", "--split", "5", "--json"])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert [point["pieces"] for point in record["points"]] == [5]
    assert record["sup_error_bound"] < record["whole_domain"]["sup_error_bound"]
    stop_after(4, monkeypatch)
    text = CliRunner().invoke(app, [*given, "--domain", "box:-1,1", "--split", "5"]).stdout
    assert "(1 regions in 5 pieces)" in text
    wrong = CliRunner().invoke(app, [*given, "--split", "5"])
    assert isinstance(wrong.exception, BadInput)
