"""A paper is one module: found, listed, built from Python and the command line, and verified."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slt_theory import papers
from slt_theory.cli import app
from slt_theory.cli import construction as of_the_command_line
from slt_theory.errors import BadInput
from slt_theory.networks import Dense, save_npz
from slt_theory.theorems import get
from slt_theory.tickets import build_ticket, read_ticket, verify, write_ticket
from slt_theory.tickets.building.construction import constructions, find
from slt_theory.tickets.building.options import Option
from slt_theory.tickets.building.page import constructions_markdown
from slt_theory.tickets.checking import rules

THEOREM = "toy2027-spare"
TARGET = Dense([[[0.5, -0.25]]])
CACHES = (
    papers.all_theorems,
    papers.all_constructions,
    of_the_command_line._options,
    of_the_command_line._parameters,
)


@pytest.fixture
def toy(monkeypatch):
    """The module is found; nothing in the package names it."""
    for cached in CACHES:
        cached.cache_clear()
    monkeypatch.setattr(papers, "__path__", [*papers.__path__, str(Path(__file__).parent / "toy")])
    yield
    monkeypatch.undo()
    for cached in CACHES:
        cached.cache_clear()


@pytest.fixture
def rule(monkeypatch):
    """The second place: what the checker allows a header of this theorem."""
    monkeypatch.setitem(rules._RULES, THEOREM, rules._RULES["pensia2020-two-layer"])


def invoke(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_without_the_module_nothing_knows_it():
    with pytest.raises(BadInput, match="has no construction"):
        build_ticket(TARGET, theorem=THEOREM, eps=0.1)
    assert "--times" not in invoke("ticket", "build", "--help").output


def test_a_module_and_a_rule_are_all_that_a_construction_needs(toy, rule, tmp_path):
    assert get(THEOREM).source.paper.key == "toy2027"
    made = find(THEOREM)(times=3)
    ticket = build_ticket(TARGET, made, eps=0.1, seed=1)
    assert ticket.complete
    assert ticket.theorem == THEOREM
    assert ticket.blocks[0].n == 3 * build_ticket(TARGET, eps=0.1, seed=1).blocks[0].n
    write_ticket(ticket, tmp_path / "t.slt")
    assert verify(read_ticket(tmp_path / "t.slt"), TARGET).ok
    again = build_ticket(TARGET, theorem=THEOREM, times="3", eps=0.1, seed=1)
    assert again.header() == ticket.header()


def test_its_section_is_on_the_page_of_constructions(toy):
    text = constructions_markdown()
    assert all(f"## {name}\n" in text for name in constructions())
    assert "| `times` | integer | 2 | Factor of the numbers that suffice. |" in text


def test_its_option_is_one_of_the_command_line(toy, rule, tmp_path):
    target, out = tmp_path / "net.npz", tmp_path / "t.slt"
    save_npz(TARGET, target)
    assert "Factor of the numbers" in invoke("ticket", "build", "--help").output
    asked = ["ticket", "build", "--target", target, "--theorem", THEOREM, "--eps", "0.1"]
    answer = invoke(*asked, "--times", "1", "--out", out, "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["complete"]
    assert invoke("ticket", "verify", out, "--target", target).exit_code == 0
    wrong = invoke(*asked, "--times", "9", "--out", out)
    assert isinstance(wrong.exception, BadInput)
    assert str(wrong.exception) == "times = 9: must lie in 1..4"


def test_without_its_rule_no_ticket_of_it_is_right(toy):
    check = build_ticket(TARGET, theorem=THEOREM, eps=0.1, seed=1)
    report = verify(check, TARGET)
    assert not report.ok
    assert f"theorem '{THEOREM}' has no construction" in report.failures


@pytest.mark.parametrize("theorem", constructions())
def test_every_field_of_a_construction_says_what_its_option_is(theorem):
    made = find(theorem)
    for one in fields(made):
        option = one.metadata["option"]
        assert isinstance(option, Option)
        assert option.help.endswith(".")
    assert made().theorem == theorem
    assert inspect.getdoc(made).splitlines()[0].endswith((".", ":"))


def test_the_signature_of_the_door_is_complete():
    names = list(inspect.signature(build_ticket).parameters)
    assert names[:2] == ["target", "construction"]
    assert {"theorem", "eps", "network_eps", "seed", "n", "out", "max_memory"} < set(names)
    kinds = {one.kind for one in inspect.signature(build_ticket).parameters.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"theorem": "gadhikar2023-network", "densty": 0.5}, "densty = 0.5: .*perhaps density"),
        ({"densty": 0.5}, "densty = 0.5: is no option of pensia2020-two-layer; "),
        ({"density": 0.5}, "density = 0.5: is no option of .*; of: gadhikar2023-network"),
        ({"construction": "pensia2020-two-layer"}, "construction = pensia.*: is no construction"),
        (
            {"theorem": "gadhikar2023-network", "density": "3/2"},
            r"density = 3/2: must lie in \(0, 1",
        ),
    ],
)
def test_options_are_refused_as_they_were_written(options, said):
    with pytest.raises(BadInput, match=f"^{said}"):
        build_ticket(TARGET, eps=0.1, **options)
