"""Ticket files that an earlier version wrote, kept to the byte: they still verify.

They carry no digest. The earlier bound of networks that end in a residual sum was too small
(CHANGELOG); a file with such a claim is refused, and says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import conv_cases
import numpy as np
import pytest

from slt_theory.networks import Attention, load_target
from slt_theory.tickets import read_ticket, verify, write_ticket
from slt_theory.universal import family_of
from slt_theory.universal import verify as verify_universal

FOLDER = Path(__file__).parent / "earlier"
FILES = sorted(path.name for path in FOLDER.glob("*.slt"))
TARGETS: dict[str, Any] = {
    "attention": lambda: Attention(**dict(np.load(FOLDER / "attention.npz"))),
    "one-layer": lambda: load_target(FOLDER / "one.npz"),
    "dacunha2022-cnn": conv_cases.tiny_conv,
    "burkholz2022b-conv-residual": conv_cases.tiny_residual,
}


def judged(path: Path, name: str) -> Any:
    ticket = read_ticket(path)
    if name.startswith("universal"):
        return verify_universal(ticket, family_of(ticket))
    target = TARGETS.get(name, lambda: load_target(FOLDER / "dense.npz"))()
    return verify(ticket, target)


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_an_earlier_version_verifies_and_says_the_same_when_written_again(file, tmp_path):
    name = file.removesuffix(".slt")
    check = judged(FOLDER / file, name)
    if name == "burkholz2022b-conv-residual" and not check.ok:
        assert all("claims an error by relaxation" in text for text in check.failures)
        return
    assert check.ok, check.failures
    again = tmp_path / file
    write_ticket(read_ticket(FOLDER / file), again)
    assert judged(again, name) == check
    assert read_ticket(again).digest == read_ticket(FOLDER / file).digest


def test_the_kept_files_cover_the_kinds_of_tickets():
    kinds = {block.kind for file in FILES for block in read_ticket(FOLDER / file).blocks}
    assert kinds == {"gadget-pair", "single-layer", "direct-sums", "chain", "product-pair"}
    assert len({read_ticket(FOLDER / file).theorem for file in FILES}) >= 18
