"""Rocq files that Python writes: tables, claims and the request for a report."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from slt_theory.certified import certified_n
from slt_theory.errors import BadInput
from slt_theory.laws import Uniform

from .layers import layers, network_file, products
from .sizes import two_phases
from .statements import BINS, NETWORK, ROWS, STATEMENTS, Row
from .tables import LEAST, Table, make_table, table_text
from .text import COMPUTED, HEADER, OPEN, imported, listed, rational

__all__ = ["claims_file", "floor_total", "generated", "report_file", "row_file"]


def floor_total(eps: Fraction) -> int:
    """The largest total of bins that misses a target at the end of [-1/2, 1/2] by over 2 eps."""
    gap = (Fraction(1, 2) - 2 * eps) * BINS
    return gap.numerator // gap.denominator - (gap.denominator == 1)


def row_file(row: Row, table: Table | None = None) -> str:
    """Both theorems of a row; the kernel computes the two checks."""
    found = make_table(row.eps, row.delta, row.enough) if table is None else table
    question = f"{rational(row.eps)} {rational(row.delta)}"
    return (
        HEADER
        + imported("Law Checker Floor")
        + OPEN
        + f"Definition certificate : table :=\n  {table_text(found)}.\n\n"
        f"Theorem enough : forall H : positive, {LEAST} <= Zpos (2 * H) ->\n"
        f"  suffices (2 * H) {row.enough} {question}.\n"
        "Proof. apply (check_sound certificate). vm_cast_no_check (eq_refl true). Qed.\n\n"
        f"Theorem needed : forall (m : positive) (n : nat),\n"
        f"  suffices ({BINS} * m) n {question} -> (n >= {row.needed})%nat.\n"
        f"Proof. apply (necessary {BINS} {floor_total(row.eps)} {row.needed - 1}). "
        "vm_cast_no_check (eq_refl true). Qed.\n"
    )


def _law(bits: int) -> str:
    """Draws, ends and random ones, through the Python law and through the Rocq law."""
    size = 1 << bits
    source = random.Random(bits)
    draws = [0, 1, 2, 3, 4 * size - 2, 4 * size - 1, 2 * size - 1, 2 * size]
    draws += [source.randrange(4 * size) for _ in range(24)]
    law = Uniform(bits=bits)
    # The generator takes the leading bits of one or two words; the low word comes first.
    width = 32 * law.slots
    words = [draw << (width - bits - 2) for draw in draws]
    split = [[word >> (32 * slot) & 0xFFFFFFFF for slot in range(law.slots)] for word in words]
    items = law.integers(np.array(split, dtype=np.uint32)).tolist()
    return (
        f"Example law_{bits} : items {size}\n  {listed(draws)}\n  = {listed(items)}.\n"
        "Proof. vm_compute. reflexivity. Qed.\n\n"
        f"Example draws_{bits} : size {size} = {4 * size}.\nProof. reflexivity. Qed.\n\n"
    )


def _claims(row: Row, bits: int) -> str:
    """The row on one lattice of the toolkit, as Python claims it."""
    size, question = 1 << bits, f"{rational(row.eps)} {rational(row.delta)}"
    return (
        f"Example {row.name.lower()}_{bits} :\n"
        f"  suffices {size} {row.enough} {question}\n"
        f"  /\\ forall n, suffices {size} n {question} -> (n >= {row.needed})%nat.\n"
        f"Proof. split; [apply ({row.name}.enough {size // 2}); discriminate\n"
        f"  |apply ({row.name}.needed {size // BINS})]. Qed.\n\n"
    )


def _lemma_r(row: Row, bits: int) -> str:
    """The number that `certified_n` gives by Lemma R, on one lattice of the toolkit."""
    found = certified_n(2 * row.eps, row.delta, lo="-1/2", hi="1/2", method="lemma-r")
    assert found is not None
    size = 1 << bits
    phases = two_phases(row.eps, row.delta, size, found.n)
    if phases is None:
        raise BadInput("n", found.n, f"is not what Lemma R gives on a lattice of {bits} bits")
    reach, gap, a = phases
    question = f"{rational(row.eps)} {rational(row.delta)}"
    return (
        f"Example lemma_r_{row.name[4:]}_{bits} : suffices {size} {found.n} {question}.\n"
        f"Proof. refine (lemma_r {size // 2} {reach} {gap} {a} {found.n - a} {question} "
        f"_ _ _ _ _); {COMPUTED}"
    )


def _wide(row: Row) -> str:
    """All of [-1, 1] by two blocks of a row's items, on the lattice of pure sums."""
    size, blocks = 1 << 52, 2
    error = f"inject_Z {blocks} * (2 * {rational(row.eps)})"
    return (
        f"Theorem wide_{row.name[4:]} :\n  all_but (times {blocks} {rational(row.delta)}) {size} "
        f"({blocks} * {row.enough})\n    (fun rs => reaches {size} ({error}) "
        f"(-{blocks} # 2) ({blocks} # 2)\n                       (items {size} rs)).\n"
        f"Proof. apply (wide {size} {row.enough} {blocks}); [repeat constructor|].\n"
        f"  apply ({row.name}.enough {size // 2}); discriminate. Qed.\n\n"
    )


def claims_file(rows: Sequence[Row] = ROWS) -> str:
    """The claims of Python as Rocq examples: the law it samples, and every row on its lattices."""
    names = " ".join(row.name for row in rows)
    parts = [_law(bits) for bits in (24, 52)]
    parts += [text(row, bits) for text in (_claims, _lemma_r) for row in rows for bits in (24, 52)]
    head = imported(f"Law Checker Floor LemmaR Layer Explicit Products Pensia {names}")
    parts += [*map(_wide, rows), products(rows[-1]), layers(rows[-1])]
    return HEADER + head + OPEN + "".join(parts)


def report_file() -> str:
    """Prints every theorem with what it assumes."""
    names = [name for one in STATEMENTS for name in one.theorems]
    files = " ".join(dict.fromkeys(name.partition(".")[0] for name in names))
    text = "".join(f"Check {name}.\nPrint Assumptions {name}.\n" for name in names)
    head = "From Coq Require Import ZArith QArith List.\n"
    return f"{HEADER}{head}From slt Require {files} Claims.\nFrom slt Require Import Law.\n" + text


def generated() -> dict[str, str]:
    """Every generated file by its name without suffix; the last ones need all others."""
    files = {row.name: row_file(row) for row in ROWS}
    network = {"Network": network_file(NETWORK)}
    return {**files, **network, "Claims": claims_file(), "Report": report_file()}
