"""Inputs that a file keeps: they show what they show, and are believed in nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cases
import conv_cases
import exact_outputs
import numpy as np
import pytest
from earlier_files import FOLDER, NAMES
from forge import as_npy, parts, sealed

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks import Attention
from slt_theory.tickets import build_ticket, read_ticket, verify, write_ticket
from slt_theory.tickets.checking import witnesses
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.checking.error_search import errors_shown, start_inputs
from slt_theory.tickets.checking.unrolled import unroll
from slt_theory.tickets.domain import parse_domain

TARGET = cases.random_target(3, (5, 6, 3), biases=True)
INSIDE = np.full(5, 0.5)


def built(domain="box:0,1"):
    return cases.built(TARGET, domain=domain, n=60)


def maps_of(ticket, target):
    return [unroll(target, b, k, effective_block(ticket, k)) for k, b in enumerate(ticket.blocks)]


@pytest.mark.parametrize("domain", ["box:0,1", "box:-1,2", "ball:1.5"])
def test_a_check_finds_what_the_build_found_without_a_search(domain, tmp_path):
    ticket = built(domain)
    write_ticket(ticket, tmp_path / "t.slt")
    again = read_ticket(tmp_path / "t.slt", target=TARGET)
    assert again.digest == ticket.digest
    assert len(again.witnesses) == len(ticket.witnesses) == 1
    assert (again.witnesses[0] == ticket.witnesses[0]).all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(witnesses, "worst_input", None)
        check = verify(again, TARGET)
    assert check.ok
    assert check.sup_error_found == ticket.certificate["sup_error_found"] > 0


def test_without_its_inputs_a_file_is_searched_for_a_short_while():
    ticket = built()
    bare = replace(ticket, witnesses=())
    check = verify(bare, TARGET)
    assert check.ok
    assert len(check.witnesses) == 1
    assert 0 < check.sup_error_found <= check.sup_error_bound


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ([np.full(4, 0.5)], "has 4 numbers, the target takes 5"),
        ([INSIDE, np.full(5, np.nan)], "kept input 1 does not lie in box:0,1"),
        ([np.full(5, np.inf)], "does not lie in"),
        ([np.array([0, 0, 0, 0, np.nextafter(1, 2)])], "does not lie in"),
        ([np.array([0, 0, 0, 0, -(2.0**-1074)])], "does not lie in"),
        ([INSIDE] * 17, "keeps 17 inputs"),
        ([np.zeros(0)], "has 0 numbers"),
    ],
)
def test_an_input_that_is_none_of_the_domain_is_refused(inputs, reason, tmp_path):
    write_ticket(replace(built(), witnesses=tuple(inputs)), tmp_path / "t.slt")
    check = verify(read_ticket(tmp_path / "t.slt", target=TARGET), TARGET)
    assert not check.ok
    assert any(reason in text for text in check.failures)


def test_a_point_on_a_sphere_is_inside_and_the_next_one_outside():
    """3/5 and 4/5 as floats: the squares add up to more than 1 by less than float64 can say."""
    x = np.array([0.6, 0.8, 0, 0, 0])
    over = sum(Fraction(v) ** 2 for v in x.tolist()) > 1
    assert float(np.sum(x**2)) <= 1.0
    failures = verify(replace(built("ball:1"), witnesses=(x,)), TARGET).failures
    assert bool(failures) == over
    inner = np.nextafter(x, 0)
    assert verify(replace(built("ball:1"), witnesses=(inner,)), TARGET).ok


def test_another_input_of_the_domain_changes_what_is_found_and_no_bound():
    ticket = built()
    kept, other = verify(ticket, TARGET), verify(replace(ticket, witnesses=(INSIDE,)), TARGET)
    assert other.ok
    assert other.bounds == kept.bounds
    assert other.sup_error_found < kept.sup_error_found


def test_what_is_shown_is_at_most_the_exact_error_of_the_inputs():
    ticket, net = exact_outputs.built(), exact_outputs.NET
    x = start_inputs(parse_domain("box:-1,1"), 6, 3, seed=2)
    shown = errors_shown(net, maps_of(ticket, net), x)[-1]
    exact = [
        [
            abs(a - b)
            for a, b in zip(*(exact_outputs.exact(t, row) for t in (ticket, None)), strict=True)
        ]
        for row in x
    ]
    most = [max(column) for column in zip(*exact, strict=True)]
    assert all(Fraction(value) <= top for value, top in zip(shown.tolist(), most, strict=True))
    assert all(value >= float(top) * (1 - 1e-9) for value, top in zip(shown, most, strict=True))


def test_convolutions_keep_inputs_for_border_and_interior():
    target = conv_cases.small_conv()
    ticket = build_ticket(target, eps=0.05, n=40, seed=1, threads=1)
    assert 2 <= len(ticket.witnesses) <= 3
    check = verify(ticket, target)
    for key in ("border_error_found", "interior_error_found"):
        assert getattr(check.edges, key) == ticket.certificate[key] > 0


def test_a_longer_search_finds_no_less_and_only_networks_have_one():
    ticket = built()
    longer = verify(replace(ticket, witnesses=(INSIDE,)), TARGET, search=0.2)
    assert len(longer.witnesses) >= 2
    assert longer.sup_error_found >= verify(ticket, TARGET).sup_error_found * 0.9
    for wrong in (-1, np.nan, np.inf):
        with pytest.raises(BadInput, match="search"):
            verify(ticket, TARGET, search=wrong)
    rng = np.random.default_rng(1)
    heads = Attention(*(rng.uniform(-0.5, 0.5, (1, 2, 2)) for _ in range(4)))
    with pytest.raises(BadInput, match="for networks"):
        verify(ticket, heads, search=1)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("att", "uni"))])
def test_tickets_of_other_kinds_keep_no_inputs(name):
    from earlier_files import judged

    ticket = replace(read_ticket(FOLDER / f"{name}.slt"), witnesses=(np.zeros(1),))
    assert any("witnesses is set" in text for text in judged(ticket, name).failures)


def test_a_member_that_is_no_rows_of_numbers_is_unreadable(tmp_path):
    path = tmp_path / "t.slt"
    write_ticket(built(), path)
    members = parts(path.read_bytes())
    for wrong in (np.zeros((1, 12), np.uint8), np.zeros(40, np.uint8), np.zeros((1, 5))):
        path.write_bytes(sealed({**members, "witnesses.npy": as_npy(wrong)}))
        with pytest.raises(UnreadableFile):
            read_ticket(path, target=TARGET)
    large = as_npy(np.zeros((1 << 13, 1 << 12), np.uint8))
    path.write_bytes(sealed({**members, "witnesses.npy": large}))
    with pytest.raises(UnreadableFile, match="expected 16,777,216"):
        read_ticket(path, target=TARGET)
