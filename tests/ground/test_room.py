"""Memory and time of what comes: refused or said before anything is allocated."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from slt_theory import room
from slt_theory.cli.patience import never_silent
from slt_theory.errors import NeedsMemory
from slt_theory.laws import frozen
from slt_theory.laws.frozen import ScipyLaw
from slt_theory.networks import Dense
from slt_theory.progress import announce, announced_to
from slt_theory.room import check_room
from slt_theory.tickets import build_ticket, verify

GIB = 1 << 30


@pytest.fixture
def heard():
    said: list[str] = []
    with announced_to(lambda *words: said.append(" ".join(words))):
        yield said


def test_more_than_is_allowed_is_refused_and_much_is_said(heard):
    with pytest.raises(NeedsMemory, match=r"the table needs 3\.00 GiB, more than the 2\.00 GiB"):
        check_room("the table", 3 * GIB, 2 * GIB, "ask for less")
    check_room("the list", 1000, 2 * GIB, "ask for less")
    assert heard == []
    check_room("the table", 2 * GIB, 2 * GIB, "ask for less")
    assert heard == ["the table takes about 2.00 GiB of memory"]


def test_a_build_and_a_check_say_what_they_take_before_they_begin(heard, monkeypatch):
    monkeypatch.setattr(room, "_WORTH_A_WORD", 0)
    target = Dense([[[0.5, -0.25]]])
    before = []
    ticket = build_ticket(target, eps=0.05, expect=lambda _: before.extend(heard))
    assert before == ["the ticket takes about 0.00 GiB of memory"]
    verify(ticket, target)
    assert heard[-1] == "the check of this ticket takes about 0.00 GiB of memory"


def test_a_slow_table_says_its_time(heard, monkeypatch):
    """Every call of this clock takes a second; 2,511 quantiles then take 0:41:51."""
    ticks = iter(range(100))
    clock = SimpleNamespace(perf_counter=lambda: 2.0 * next(ticks))
    monkeypatch.setattr(frozen, "time", clock)
    frozen._frozen_table.cache_clear()
    law = ScipyLaw("laplace", named=(("scale", 0.25),))
    assert heard == [f"the table of {law.name} takes about 0:41:51; it is made once a run"]


def test_a_command_says_each_thing_once(capsys):
    with never_silent():
        announce("coverage", "takes about 1.00 GiB of memory")
        announce("coverage", "takes about 1.00 GiB of memory")
    announce("coverage", "takes about 1.00 GiB of memory")
    assert capsys.readouterr().err == "slt: coverage takes about 1.00 GiB of memory\n"
