"""Every construction with a source of its own against the slow checker, on small targets."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import cases
import plain
import pytest
import source_cases
from plain_sources import PlainSource

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.theorems import get
from slt_theory.tickets import read_ticket, ticket_forward, verify, write_ticket
from slt_theory.tickets.building.construction import OfNetworks, constructions

THEOREMS = source_cases.PLAIN
TARGETS = [((2, 3), False), ((2, 3, 2), True), ((3, 2, 2, 1), False)]


@pytest.mark.parametrize("theorem", THEOREMS)
@pytest.mark.parametrize(("widths", "biases"), TARGETS)
def test_weights_and_outputs_are_those_of_the_real_masked_network(
    theorem, widths, biases, tmp_path
):
    network = cases.random_target(len(widths), widths, biases=biases)
    ticket = source_cases.built(theorem, network)
    assert ticket.complete
    slow = PlainSource(cases.as_bytes(ticket, tmp_path))
    errors = plain.weight_errors(slow, network)
    check = verify(ticket, network)
    assert check.ok, check.failures
    assert Fraction(check.max_weight_error) == max(errors) <= source_cases.EPS
    assert ticket.kept == slow.kept
    assert check.certificate() == ticket.certificate
    rng = random.Random(5)
    for _ in range(3):
        x = [Fraction(rng.randint(0, 64), 64) for _ in range(widths[0])]
        ours = ticket_forward(ticket, [[float(v) for v in x]])[0].tolist()
        # A few thousand terms of size at most 2^10: rounding stays below 2^-30.
        assert all(
            abs(a - Fraction(b)) <= Fraction(1, 2**30)
            for a, b in zip(slow.forward(x), ours, strict=True)
        )
        assert plain.sup_distance(slow, network, x) <= Fraction(check.sup_error_bound)


@pytest.mark.parametrize("theorem", THEOREMS)
def test_signed_inputs_and_halves(theorem, tmp_path):
    network = cases.random_target(7, (2, 2), biases=True)
    signed = source_cases.built(theorem, network, domain="box:-1,1", signs="needed")
    assert signed.blocks[0].signs == "both"
    needed = source_cases.built(theorem, network, signs="needed")
    assert needed.blocks[0].signs == "positive"
    for ticket, low in ((signed, -64), (needed, 0)):
        assert verify(ticket, network).ok
        slow = PlainSource(cases.as_bytes(ticket, tmp_path))
        bound = Fraction(ticket.certificate["sup_error_bound"])
        rng = random.Random(1)
        for _ in range(10):
            x = [Fraction(rng.randint(low, 64), 64) for _ in range(2)]
            assert plain.sup_distance(slow, network, x) <= bound
    forged = verify(replace(needed, domain="box:-1,1"), network)
    assert any("inputs may be < 0" in text for text in forged.failures)


@pytest.mark.parametrize("theorem", THEOREMS)
def test_weights_above_one_are_rescaled(theorem, tmp_path):
    network = cases.random_target(5, (2, 2), biases=True, size=5.0)
    ticket = source_cases.built(theorem, network, eps=Fraction(1, 4))
    assert ticket.blocks[0].scale_exponent > 0
    check = verify(ticket, network)
    assert check.ok, check.failures
    slow = PlainSource(cases.as_bytes(ticket, tmp_path))
    assert Fraction(check.max_weight_error) == max(plain.weight_errors(slow, network))


@pytest.mark.parametrize("theorem", THEOREMS)
def test_files_are_reproducible_and_read_back(theorem, tmp_path):
    ticket = source_cases.built(theorem)
    first = cases.as_bytes(ticket, tmp_path)
    assert cases.as_bytes(source_cases.built(theorem), tmp_path) == first
    assert cases.as_bytes(source_cases.built(theorem, seed=2), tmp_path) != first
    write_ticket(ticket, tmp_path / "again.slt")
    again = read_ticket(tmp_path / "again.slt")
    assert again.header() == ticket.header()
    assert again.stored_bits == ticket.stored_bits
    assert cases.as_bytes(again, tmp_path) == first


def test_every_construction_realises_a_statement_of_the_catalogue_and_can_be_compared():
    for name, construction in constructions().items():
        assert get(name).id == name == construction.theorem
        assert construction.typical or not issubclass(construction, OfNetworks)
        for options in construction.typical:
            assert set(options) <= {*construction.options(), "signs"}


@pytest.mark.parametrize("theorem", THEOREMS)
def test_a_target_beyond_the_theorem_is_refused_with_those_that_cover_it(theorem):
    curved = Dense([[[0.5]], [[0.5]]], activation="tanh")
    with pytest.raises(BadInput, match=r"assumes an activation of relu.*covered by: ") as caught:
        source_cases.built(theorem, curved)
    assert "pensia2020-direct" in caught.value.way_out


@pytest.mark.parametrize("theorem", THEOREMS)
def test_targets_off_the_lattice_and_zeros(theorem):
    network = Dense([[[0.0, 1 / 3], [1.0, -1.0]]], biases=[[0.0, 2.0**-60]])
    ticket = source_cases.built(theorem, network)
    check = verify(ticket, network)
    assert check.ok, check.failures
    assert check.max_weight_error <= source_cases.EPS
