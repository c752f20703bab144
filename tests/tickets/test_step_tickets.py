"""Tickets of networks whose steps hold tuples: in a file they are the same tickets."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import slt_theory as slt
from slt_theory.errors import BadInput
from slt_theory.networks import Graph
from slt_theory.networks.kinds import Convolution, Linear
from slt_theory.networks.moves import Rearrange
from slt_theory.networks.pools import Pool
from slt_theory.networks.steps import Activate, Flatten, Weigh
from slt_theory.tickets import read_ticket, write_ticket
from slt_theory.tickets.run import ticket_forward

CUTS = ((0, 1, 1, 0, 0), (0, 1, 4, 1, 1), (0, 1, 4, 1, 1))
MIRRORED = Rearrange(0, (0, 1, 2), CUTS, (1, 6, 6), "reflect")
POOLS = {
    "adaptive": Pool(3, "average", (3, 2), 1, adaptive=True),
    "pairs": Pool(3, "max", (2, 3), (1, 2), (0, 1)),
    "ceil": Pool(3, "average", (3, 3), (2, 2), (1, 1, 1, 1), count_padding=False, ceil=True),
}


def network(pool):
    rng = np.random.default_rng(5)
    relu = Activate(2, slt.networks.activations.parse_activation("relu"))
    steps = (MIRRORED, Weigh(1, 0), relu, pool, Flatten(4), Weigh(5, 1))
    _, rows, columns = pool.shape((2, 4, 4))
    weights = (
        rng.uniform(-0.5, 0.5, (2, 1, 3, 3)),
        rng.uniform(-0.5, 0.5, (2, 2 * rows * columns)),
    )
    kinds = (Convolution(), Linear())
    return Graph(weights, (None, None), ("conv", "fc"), kinds, steps, (1, 4, 4))


@pytest.mark.parametrize("name", POOLS)
def test_a_ticket_from_its_file_verifies_and_errs_within_its_bound(name, tmp_path):
    target = network(POOLS[name])
    ticket = slt.build_ticket(target, seed=1, network_eps=0.25)
    write_ticket(ticket, tmp_path / "t.slt")
    again = read_ticket(tmp_path / "t.slt", target=target)
    assert again.architecture == ticket.architecture == target.describe()
    check = slt.verify(again, target)
    assert check.ok, check.failures
    x = np.random.default_rng(0).uniform(0, 1, (200, 16))
    x[:100] = np.rint(x[:100])
    errors = np.abs(ticket_forward(again, x).reshape(200, -1) - target.forward(x).reshape(200, -1))
    assert 0 < errors.max() <= check.sup_error_bound


@pytest.mark.parametrize(
    "architecture",
    [
        {},
        {"layers": "x"},
        {"layers": [{"weight": ["a"]}]},
        {"layers": [{"weight": [-1, -1]}] * 2},
        {"layers": [{"weight": [1, 1]}] * 2},
    ],
)
def test_an_architecture_that_is_none_is_refused(architecture):
    ticket = slt.build_ticket(network(POOLS["pairs"]), seed=1, network_eps=0.5)
    with pytest.raises(BadInput):
        ticket_forward(dataclasses.replace(ticket, architecture=architecture), np.zeros((1, 16)))
