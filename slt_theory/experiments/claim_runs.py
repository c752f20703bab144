"""Run claims side by side, and keep what is finished, so that a record is made in parts.

A part is one claim with one master seed. Its name is a hash of what determines its numbers: the
claim, seed and size, the code that its module reaches by imports, and the versions of what
computes. Comments and docstrings are no code. A run that was killed, or that somebody else
continues, finds the parts that are done.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.experiments.catalogue import CheckOutcome, EntryReport, run_entry
from slt_theory.provenance import provenance
from slt_theory.statistics import Verdict
from slt_theory.theorems import Claim, all_claims

__all__ = ["code_of", "parts_folder", "run_claims", "run_part"]

#: Modules that decide no number of a claim: networks in files, and the words of an entry.
_NO_NUMBERS = ("slt_theory.data.shipped", "slt_theory.theorems.entry")


def parts_folder() -> Path:
    """The user's folder of finished parts; the variable SLT_STATE names another one."""
    import platformdirs

    return Path(os.environ.get("SLT_STATE") or platformdirs.user_state_dir("slt_theory")) / "claims"


def run_part(claim: Claim, seed: int, *, size: Any = None, folder: Path | None) -> EntryReport:
    """Take the report of a claim from the folder, or run its checks and keep it there.

    Parameters
    ----------
    size : Scale of slt_theory.papers, optional
        Full by default.
    folder : Path or None
        None keeps nothing. A folder that cannot be written keeps nothing either.
    """
    if folder is None:
        return run_entry(claim, seed=seed, size=size)
    path = folder / f"{claim.id}-{seed}-{_name(claim, seed, size)}.json"
    with suppress(OSError, ValueError, TypeError, KeyError):
        return _report(json.loads(path.read_text(encoding="utf-8")))
    report = run_entry(claim, seed=seed, size=size)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(asdict(report)), encoding="utf-8")
        temporary.replace(path)
    return report


def run_claims(
    claims: Sequence[Claim],
    seeds: Sequence[int] = (0,),
    *,
    size: Any = None,
    processes: int | None = None,
    folder: Path | None = None,
) -> Iterator[EntryReport]:
    """Run the checks of claims, each with every seed, in processes side by side.

    Parameters
    ----------
    size : Scale of slt_theory.papers, optional
        Full by default.
    processes : int, optional
        Default: all cores. Reports come paper by paper, the same for any number.
    folder : Path, optional
        Where finished parts are kept, and found: see `run_part`.
    """
    jobs = [(ids, seed, size, folder) for ids in _together(claims) for seed in seeds]
    others = active_children()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            for reports in pool.map(_reports, jobs):
                yield from reports
        except (KeyboardInterrupt, GeneratorExit):
            # Else the end of the block waits for claims that take minutes.
            for child in active_children():
                if child not in others:
                    child.terminate()
            raise


def _together(claims: Sequence[Claim]) -> list[list[str]]:
    """Ids of claims, those of one process together: it keeps the arms that they share.

    These are the claims of a module, and of those that it imports.
    """
    group = {module: module for module in map(_module, claims)}
    for module in list(group):
        for other in group.keys() & _sources(module).keys():
            old, new = group[module], group[other]
            group = {one: new if its == old else its for one, its in group.items()}
    ids: dict[str, list[str]] = {}
    for claim in claims:
        ids.setdefault(group[_module(claim)], []).append(claim.id)
    return list(ids.values())


def _reports(job: tuple[list[str], int, Any, Path | None]) -> list[EntryReport]:
    ids, seed, size, folder = job
    claims = [claim for claim in all_claims() if claim.id in ids]
    return [run_part(claim, seed, size=size, folder=folder) for claim in claims]


def _name(claim: Claim, seed: int, size: Any) -> str:
    named = [claim.id, seed, repr(size), code_of(claim), provenance("torch")]
    return sha256(json.dumps(named).encode()).hexdigest()[:16]


def code_of(claim: Claim) -> str:
    """The name of the code that determines a claim's numbers: a record that has another is old."""
    return _code(_module(claim))[:16]


def _module(claim: Claim) -> str:
    """The module that lists a claim."""
    # A module may answer to any name, as those of torch do.
    listed = (
        name
        for name, module in list(sys.modules.items())
        if isinstance(entries := getattr(module, "ENTRIES", None), list | tuple)
        and any(claim is one for one in entries)
    )
    module = next(listed, None)
    if module is None:
        raise BadInput("claim", claim.id, "is listed by no module", "ENTRIES of its paper lists it")
    return module


@cache
def _code(module: str) -> str:
    return sha256(json.dumps(sorted(_sources(module).items())).encode()).hexdigest()


def _sources(module: str) -> dict[str, str]:
    """Hashes of the code that a module of this package reaches by imports, itself included."""
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if name in seen or name in _NO_NUMBERS or path is None:
            continue
        seen[name], imported = _read(path)
        waiting += imported
    return seen


@cache
def _read(path: Path) -> tuple[str, list[str]]:
    """A hash of a source without comments and docstrings, and what it imports."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [line for line in node.body if not _only_words(line)]
    return sha256(ast.dump(tree).encode()).hexdigest(), _imported(tree)


def _only_words(line: ast.stmt) -> bool:
    """True for a string that stands alone."""
    if not isinstance(line, ast.Expr) or not isinstance(line.value, ast.Constant):
        return False
    return isinstance(line.value.value, str)


@cache
def _source(module: str) -> Path | None:
    """The file of a module, None where the name is that of an object in one."""
    with suppress(ModuleNotFoundError, AttributeError):
        found = find_spec(module)
        if found is not None and found.origin is not None and found.origin.endswith(".py"):
            return Path(found.origin)
    return None


def _imported(tree: ast.AST) -> list[str]:
    """Modules of this package that a source imports anywhere, and names that may be modules."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.startswith("slt_theory.")]


def _report(record: dict[str, Any]) -> EntryReport:
    checks = tuple(
        CheckOutcome(**check | {end: Verdict(check[end]) for end in ("verdict", "expected")})
        for check in record["checks"]
    )
    return EntryReport(**record | {"verdict": Verdict(record["verdict"]), "checks": checks})
