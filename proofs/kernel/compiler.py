"""Runs the proof kernel: compiles Rocq files in the order of their imports, each once.

A compiled file is kept under the hash of its text, of all it imports and of the compiler, so a
change costs its own file and those that import it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from slt_theory.errors import MissingProgram

__all__ = ["CLOSED", "Compiled", "assumptions", "compile_all", "find_compiler", "sources"]

INSTALL = "apt-get install coq (Rocq/Coq 8.16 or newer)"
CLOSED = "Closed under the global context"

_IMPORT = re.compile(r"From slt (?:Require )?(?:Import )?([^.]+)\.")


@dataclass(frozen=True, slots=True)
class Compiled:
    """One file: whether the kernel took it, what it printed, and the first error if not."""

    name: str
    ok: bool
    output: str
    error: str = ""


def find_compiler() -> str:
    """Path of ``coqc``.

    Raises
    ------
    MissingProgram
        If there is none on the PATH.
    """
    found = shutil.which("coqc")
    if found is None:
        raise MissingProgram("coqc", "the proof kernel", INSTALL)
    return found


def sources() -> dict[str, str]:
    """The hand-written files of ``proofs/rocq`` by name."""
    folder = Path(__file__).parents[1] / "rocq"
    return {p.stem: p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.v"))}


def imports(text: str) -> list[str]:
    """Names of the files of this project that a file imports."""
    return [name for match in _IMPORT.finditer(text) for name in match.group(1).split()]


def _layers(files: Mapping[str, str]) -> list[list[str]]:
    """Names in an order that respects imports; a layer needs only earlier ones."""
    needs = {name: set(imports(text)) & set(files) for name, text in files.items()}
    layers: list[list[str]] = []
    done: set[str] = set()
    while len(done) < len(files):
        layer = [n for n in files if n not in done and needs[n] <= done]
        if not layer:
            raise ValueError(f"imports go in a circle: {', '.join(set(files) - done)}")
        layers.append(layer)
        done |= set(layer)
    return layers


def _keys(files: Mapping[str, str], version: str) -> dict[str, str]:
    """Hash of each file with everything below it."""
    keys: dict[str, str] = {}
    for name in (n for layer in _layers(files) for n in layer):
        below = [keys[n] for n in imports(files[name]) if n in files]
        keys[name] = hashlib.sha256("\0".join([version, files[name], *below]).encode()).hexdigest()
    return keys


def _compile(compiler: str, folder: Path, name: str, text: str, key: str) -> Compiled:
    """One file, unless the folder holds its compiled form under the same key."""
    mark, output = folder / f"{name}.key", folder / f"{name}.out"
    if mark.is_file() and mark.read_text() == key and (folder / f"{name}.vo").is_file():
        return Compiled(name, True, output.read_text(encoding="utf-8"))
    mark.unlink(missing_ok=True)
    (folder / f"{name}.v").write_text(text, encoding="utf-8")
    run = subprocess.run(
        [compiler, "-q", "-Q", str(folder), "slt", str(folder / f"{name}.v")],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,  # coqc leaves caches of its tactics where it runs
    )
    if run.returncode:
        return Compiled(name, False, run.stdout, run.stderr.strip())
    output.write_text(run.stdout, encoding="utf-8")
    mark.write_text(key)
    return Compiled(name, True, run.stdout)


def compile_all(
    files: Mapping[str, str],
    folder: Path,
    *,
    jobs: int = 2,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Compiled]:
    """Compile files (name to text) in `folder`; stops behind the first layer with a failure.

    Raises
    ------
    MissingProgram
        If there is no ``coqc``.
    """
    compiler = find_compiler()
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    keys = _keys(files, version.stdout)
    found: dict[str, Compiled] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for layer in _layers(files):
            tasks = [
                pool.submit(_compile, compiler, folder, name, files[name], keys[name])
                for name in layer
            ]
            for task in tasks:
                result = task.result()
                found[result.name] = result
                if progress is not None:
                    progress(len(found))
            if not all(found[name].ok for name in layer):
                break
    return found


def assumptions(output: str, names: list[str]) -> dict[str, tuple[str, bool]]:
    """From the report: the statement of each theorem, and whether it rests on no axiom.

    ``Check`` prints the name, a colon and the type; ``Print Assumptions`` prints `CLOSED` or the
    list of axioms.
    """
    found: dict[str, tuple[str, bool]] = {}
    starts = [re.search(rf"^{re.escape(name)}\s*$", output, re.MULTILINE) for name in names]
    ends = [*(s.start() if s else len(output) for s in starts[1:]), len(output)]
    for name, start, end in zip(names, starts, ends, strict=True):
        part = "" if start is None else output[start.end() : end]
        statement = part.partition(CLOSED)[0].strip().removeprefix(":").strip()
        found[name] = (statement, part.rstrip().endswith(CLOSED))
    return found
