"""Builds and verifies tickets of networks in files, and says what it took.

    python benchmarks/networks.py acasxu.onnx digits.npz [resnet.pt=resnet.toml] [--eps 0.01]
        [--theorem ID] [--beside OLD/bin/slt] [--write]

A file's architecture, if it needs one, stands behind ``=``. conv2, conv4, conv6 and resnet18 are
shapes at random weights, made here (`shapes`). Each command runs in a process of its
own; time is its CPU seconds, memory its largest resident size. `--beside` runs another build of
slt on the same files, one after the other in the same run; where it cannot read a file its columns
stay empty. `--write` puts the table into docs/performance-networks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from shapes import SHAPES, save_shape
from timing import machine

from slt_theory.networks import load_target

PAGE = Path(__file__).parents[1] / "docs" / "performance-networks.md"
HEAD = """# Tickets of real networks

Made by `python benchmarks/networks.py ... --write`; do not edit. Build includes the certificate of
the whole box and the search for the worst input; verify checks the file from seed and masks. CPU
seconds and largest memory of each process. "bound" is proved for every input of the box, "found" is
the largest error shown: between them lies the truth. Where the bound says nothing,
`--domain around:FILE,RADIUS` certifies the inputs that matter: the last columns are those of
`around:FILE,0 --certify agreement` at 16 seeded inputs of the box; its seconds hold a verification.

"""
INPUTS = 16
"""Single inputs of a network, uniform in [0, 1]: the box of a build that names none."""


@dataclass(frozen=True)
class Ended:
    """One command: its answer, None if it failed, its CPU seconds and largest memory in MB."""

    answer: dict[str, Any] | None
    seconds: float
    memory: float


def run(command: list[str]) -> Ended:
    """Run a command whose last line on stdout is one JSON object."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        out.seek(0)
        text = out.read()
    fine = os.waitstatus_to_exitcode(status) == 0
    answer = json.loads(text) if fine else None
    return Ended(answer, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measured(slt: str, target: str, options: list[str], folder: Path) -> dict[str, Any] | None:
    """Numbers of one ticket, built and verified by one installation; None if it cannot."""
    file, (path, _, plan) = folder / "ticket.npz", target.partition("=")
    if path in SHAPES:
        path = str(save_shape(path, folder))
    read = ["--target", path, *(["--arch", plan] if plan else [])]
    built = run([slt, "ticket", "build", *read, *options, "--out", str(file), "--json"])
    if built.answer is None:
        return None
    checked = run([slt, "ticket", "verify", str(file), *read, "--json"])
    if checked.answer is None:
        return None
    numbers = load_target(path, arch=plan or None).size_in
    inputs = folder / "inputs.npz"
    np.savez(inputs, x=np.random.default_rng(1).uniform(0, 1, (INPUTS, numbers)))
    region = ["--domain", f"around:{inputs},0", "--certify", "agreement"]
    single = run([slt, "ticket", "verify", str(file), *read, *region, "--json"])
    if single.answer is None:
        return None
    return {
        "weights": built.answer["weights"],
        "n": built.answer["n"],
        "build": built.seconds,
        "verify": checked.seconds,
        "memory": max(built.memory, checked.memory, single.memory),
        "file": file.stat().st_size,
        "bound": checked.answer["sup_error_bound"],
        "found": checked.answer["sup_error_found"],
        "single": single.seconds,
        "bound there": single.answer["sup_error_bound"],
        "found there": single.answer["sup_error_found"],
        "kept": single.answer["agreement"],
    }


def line(name: str, found: dict[str, Any] | None) -> str:
    """One row of the table."""
    if found is None:
        return f"| {name} | | | | | | | | |"
    cells = (
        f"{found['weights']:,}",
        found["n"],
        f"{found['build']:.1f}",
        f"{found['verify']:.1f}",
        f"{found['memory']:,.0f}",
        f"{found['file'] / 1e6:.2f}",
        f"{found['bound']:.4g}",
        f"{found['found']:.4g}",
        f"{found['single']:.1f}",
        f"{found['bound there']:.6g}",
        f"{found['found there']:.6g}",
        "" if found["kept"] is None else f"{round(found['kept'] * INPUTS)} of {INPUTS}",
    )
    return f"| {name} | {' | '.join(map(str, cells))} |"


def main() -> None:
    """Measure every file, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="+", metavar="FILE[=ARCH.toml]")
    parser.add_argument("--eps", default="0.01")
    parser.add_argument("--theorem", default="pensia2020-two-layer")
    parser.add_argument("--signs", choices=("both", "needed"), default="both")
    parser.add_argument("--beside", metavar="SLT", help="the slt of another installation")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    options = ["--eps", asked.eps, "--theorem", asked.theorem, "--seed", "1"]
    options += ["--signs", asked.signs]
    here = str(Path(sys.executable).parent / "slt")
    builds = {"this build": here, **({"beside": asked.beside} if asked.beside else {})}
    place = machine()
    lines = [
        f"{asked.theorem}, eps {asked.eps} a weight, seed 1. {place['processor']}, "
        f"{place['processors']} processors, load {place['load']:.1f}.",
        "",
        "| network | weights | n | build, s | verify, s | memory, MB | file, MB | bound | found "
        "| inputs, s | bound there | found there | classes kept |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for target in asked.targets:
        for words, slt in builds.items():
            folder = Path(tempfile.mkdtemp())
            name = Path(target.partition("=")[0]).stem + (f", {words}" if asked.beside else "")
            lines.append(line(name, measured(slt, target, options, folder)))
            print(lines[-1], flush=True)
            shutil.rmtree(folder)
    if asked.write:
        PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
