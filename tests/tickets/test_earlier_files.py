"""Ticket files that an earlier version wrote, kept to the byte: they still verify.

They carry no digest. The earlier bound of networks that end in a residual sum was too small
(CHANGELOG); a file with such a claim is refused, and says why.
"""

from __future__ import annotations

import pytest
from earlier_files import FOLDER, NAMES, judged

from slt_theory.data import shipped_target
from slt_theory.tickets import build_ticket, read_ticket, write_ticket
from slt_theory.tickets.checking import certificate, relaxation


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_an_earlier_version_verifies_and_says_the_same_when_written_again(name, tmp_path):
    ticket = read_ticket(FOLDER / f"{name}.slt")
    check = judged(ticket, name)
    if name == "burkholz2022b-conv-residual" and not check.ok:
        assert all("claims an error by relaxation" in text for text in check.failures)
        return
    assert check.ok, check.failures
    write_ticket(ticket, tmp_path / "again.slt")
    again = read_ticket(tmp_path / "again.slt")
    assert judged(again, name) == check
    assert again.digest == ticket.digest


def test_the_kept_files_cover_the_kinds_of_tickets():
    tickets = [read_ticket(FOLDER / f"{name}.slt") for name in NAMES]
    kinds = {block.kind for ticket in tickets for block in ticket.blocks}
    assert kinds == {"gadget-pair", "single-layer", "direct-sums", "chain", "product-pair"}
    assert len({ticket.theorem for ticket in tickets}) >= 18


def test_a_claim_of_a_longer_descent_is_recomputed_by_one(monkeypatch):
    """A file whose builder let the relaxation work for longer is given as long."""
    target = shipped_target("digits_mlp")
    ticket = build_ticket(target, eps=1 / 16, seed=1)
    short, allowed = 100.0, []

    def relaxed(*given, work=short):
        allowed.append(work)
        return relaxation.relaxed_bound(*given, work=work)

    monkeypatch.setattr(certificate, "relaxed_bound", relaxed)
    assert certificate.verify(ticket, target, 1 << 30).ok
    assert allowed == [short, relaxation.EARLIER_WORK]
    claims = ticket.certificate["sup_error_bounds"]
    forged = {**claims, "relaxation": claims["relaxation"] * 0.9}
    lie = ticket.with_certificate({**ticket.certificate, "sup_error_bounds": forged})
    check = certificate.verify(lie, target, 1 << 30)
    assert any("claims an error by relaxation" in text for text in check.failures)
