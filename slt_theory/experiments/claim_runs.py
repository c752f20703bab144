"""Run claims side by side, and keep what is finished, so that a record is made in parts.

A part is one claim with one master seed. Its name is a hash of what determines its numbers: the
claim, seed and size, the name of its code (`claim_names`), and the versions of what computes. A run
that was killed, or that somebody else continues, finds the parts that are done.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from slt_theory.experiments.catalogue import CheckOutcome, EntryReport, run_entry
from slt_theory.experiments.claim_names import module_of, name_of, sources
from slt_theory.provenance import provenance
from slt_theory.statistics import Verdict
from slt_theory.theorems import Claim, all_claims

__all__ = ["finished_part", "parts_folder", "run_claims", "run_part"]


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
    report = finished_part(claim, seed, size=size, folder=folder)
    if report is not None:
        return report
    report = run_entry(claim, seed=seed, size=size)
    path = _path(claim, seed, size, folder)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(asdict(report)), encoding="utf-8")
        temporary.replace(path)
    return report


def finished_part(claim: Claim, seed: int, *, size: Any = None, folder: Path) -> EntryReport | None:
    """The report of a claim that the folder holds, None where it has none of today's code."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        return _report(json.loads(_path(claim, seed, size, folder).read_text(encoding="utf-8")))
    return None


def run_claims(
    claims: Sequence[Claim],
    seeds: Sequence[int] = (0,),
    *,
    done: Collection[tuple[str, int]] = (),
    size: Any = None,
    processes: int | None = None,
    folder: Path | None = None,
) -> Iterator[EntryReport]:
    """Run the checks of claims, each with every seed, in processes side by side.

    Parameters
    ----------
    done : collection of (id, seed)
        What is left out.
    size : Scale of slt_theory.papers, optional
        Full by default.
    processes : int, optional
        Default: all cores. Reports come paper by paper, the same for any number.
    folder : Path, optional
        Where finished parts are kept, and found: see `run_part`.
    """
    pairs = ((ids, seed) for ids in _together(claims) for seed in seeds)
    left = (([one for one in ids if (one, seed) not in done], seed) for ids, seed in pairs)
    jobs = [(ids, seed, size, folder) for ids, seed in left if ids]
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
    group = {module: module for module in map(module_of, claims)}
    for module in list(group):
        for other in group.keys() & sources(module).keys():
            old, new = group[module], group[other]
            group = {one: new if its == old else its for one, its in group.items()}
    ids: dict[str, list[str]] = {}
    for claim in claims:
        ids.setdefault(group[module_of(claim)], []).append(claim.id)
    return list(ids.values())


def _reports(job: tuple[list[str], int, Any, Path | None]) -> list[EntryReport]:
    ids, seed, size, folder = job
    claims = [claim for claim in all_claims() if claim.id in ids]
    return [run_part(claim, seed, size=size, folder=folder) for claim in claims]


def _path(claim: Claim, seed: int, size: Any, folder: Path) -> Path:
    named = [claim.id, seed, repr(size), name_of(claim), provenance("torch")]
    name = sha256(json.dumps(named).encode()).hexdigest()[:16]
    return folder / f"{claim.id}-{seed}-{name}.json"


def _report(record: dict[str, Any]) -> EntryReport:
    checks = tuple(
        CheckOutcome(**check | {end: Verdict(check[end]) for end in ("verdict", "expected")})
        for check in record["checks"]
    )
    return EntryReport(**record | {"verdict": Verdict(record["verdict"]), "checks": checks})
