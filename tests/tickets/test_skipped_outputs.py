"""Outputs that cannot be the largest are left out of the relaxation: against the full walk."""

from __future__ import annotations

import numpy as np
import pytest
from test_relaxation import Planted, inputs_of

from slt_theory.networks import Conv, Dense, Geometry
from slt_theory.networks.smallest_image import smallest_image
from slt_theory.tickets import build_ticket, verify
from slt_theory.tickets.checking import certificate, relaxation
from slt_theory.tickets.checking.linear_pass import Pair
from slt_theory.tickets.checking.mean_and_spread import split_layers

RNG = np.random.default_rng(4)
WORK = 1e12


def weights(*shape: int) -> np.ndarray:
    return RNG.integers(-512, 513, shape) / 1024


PADDED = Conv(
    (weights(2, 1, 3, 3), weights(1, 2, 2, 3)),
    (weights(2), None),
    geometry=(Geometry(), Geometry(padding=1)),
    input_shape=(1, 7, 8),
)
POOLED = Conv(
    (weights(2, 1, 3, 3), weights(5, 2 * 3 * 3)),
    (weights(2), weights(5)),
    geometry=(Geometry(pool=2),),
    input_shape=(1, 6, 6),
)
DENSE = Dense([weights(8, 4), weights(6, 8), weights(7, 6)], [weights(8), None, weights(7)])


def walked(planted: Planted, domain: str, monkeypatch: pytest.MonkeyPatch) -> float:
    """The bound with every output walked back, and every row taken down as far as it goes."""
    layers = split_layers(planted.target, planted.gaps)
    assert layers is not None
    pair = Pair(planted.target, inputs_of(domain), layers)
    outputs = int(np.prod(planted.target.shapes_of_values[-1]))
    monkeypatch.setattr(relaxation, "_ALONE", np.inf)
    worst = 0.0
    for which in np.array_split(np.arange(2 * outputs), max(1, outputs // 32)):
        rows = relaxation._signed_units(which, outputs)
        worst = max(worst, float(relaxation._largest(pair, rows, WORK, -np.inf).max()))
    return worst


@pytest.mark.parametrize("domain", ["box:0,1", "box:-1,1", "ball:2"])
@pytest.mark.parametrize("target", [PADDED, POOLED, DENSE], ids=["padded", "pooled", "dense"])
@pytest.mark.parametrize("alone", [0.0, np.inf])
def test_what_is_skipped_would_not_have_been_the_largest(target, domain, alone, monkeypatch):
    """A descent is steered by rounding, to about a thousandth; the claims leave a hundredth."""
    copies = 1 if target is PADDED else 2
    planted = Planted(7, smallest_image(target), copies)
    full = walked(Planted(7, target, copies), domain, monkeypatch)
    monkeypatch.setattr(relaxation, "_ALONE", alone)
    bound = planted.bound(domain)
    assert 0.99 * full <= bound <= 1.01 * full
    low, high = inputs_of(domain).ends(planted.target.size_in)
    if not domain.startswith("ball"):
        x = np.where(RNG.random((500, low.size)) < 0.5, low, high)
        assert np.abs(planted.differences(x)).max() <= bound


def test_the_floor_of_a_descent_is_no_bound(monkeypatch):
    """Planted: a floor above the truth is returned by nobody, as it is only compared with."""
    planted = Planted(7, DENSE, 2)
    pair = Pair(DENSE, inputs_of("box:0,1"), split_layers(DENSE, planted.gaps))
    rows = relaxation._signed_units(np.arange(14), 7)
    first = pair.back(rows, None, together=False).bound
    assert (relaxation._largest(pair, rows, WORK, 1e9) <= first).all()
    assert relaxation._largest(pair, rows, WORK, 1e9).max() < 1e9


def test_a_ticket_is_bounded_on_its_smallest_image_as_on_the_whole(monkeypatch):
    ticket = build_ticket(PADDED, eps=0.05, seed=1, domain="box:-1,1", threads=1)
    small = verify(ticket, PADDED)
    monkeypatch.setattr(certificate, "smallest_image", lambda network: network)
    whole = verify(ticket, PADDED)
    assert small.ok
    assert whole.ok
    assert whole.bounds["interval"] == pytest.approx(small.bounds["interval"], rel=1e-9)
    assert whole.bounds["relaxation"] == pytest.approx(small.bounds["relaxation"], rel=1e-2)
    assert whole.layer_error_bounds == pytest.approx(small.layer_error_bounds, rel=1e-5)
    assert whole.sup_error_found == small.sup_error_found > 0
    assert whole.edges.border_error_bound == pytest.approx(small.edges.border_error_bound, rel=1e-5)
    assert all(x.shape == (PADDED.size_in,) for x in ticket.witnesses)
