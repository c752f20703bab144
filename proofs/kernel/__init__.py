"""Theorems that a proof kernel (Rocq, formerly Coq) has checked.

The hand-written files are in ``proofs/rocq``; this package writes the tables, the claims and the
report, and runs the compiler. It is optional: nothing else needs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .compiler import Compiled, assumptions, compile_all, find_compiler, sources
from .export import generated
from .statements import ROWS, STATEMENTS, KernelStatement, Row, behind

__all__ = [
    "ROWS",
    "STATEMENTS",
    "KernelResult",
    "KernelStatement",
    "Row",
    "behind",
    "check",
    "default_folder",
]


@dataclass(frozen=True, slots=True)
class KernelResult:
    """Verdict of the proof kernel on one statement.

    Attributes
    ----------
    statement : KernelStatement
    level : str
        "kernel" if every theorem of it compiled and rests on no axiom, "none" otherwise.
    theorems : tuple of (str, str, bool)
        Name, statement as Rocq prints it, whether it is closed under the global context.
    failed : tuple of str
        The first error, or the theorems with axioms.
    """

    statement: KernelStatement
    level: str
    theorems: tuple[tuple[str, str, bool], ...]
    failed: tuple[str, ...]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.statement.id,
            "title": self.statement.title,
            "level": self.level,
            "statement": self.statement.words,
            "not_covered": self.statement.not_covered,
            "theorems": [{"name": n, "type": t, "closed": c} for n, t, c in self.theorems],
            "failed": list(self.failed),
            "seconds": round(self.seconds, 3),
        }


def default_folder() -> Path:
    """Folder of compiled files, kept between runs."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("slt_theory")) / "rocq"


def check(
    folder: Path | None = None,
    *,
    jobs: int = 2,
    progress: Callable[[int], None] | None = None,
) -> list[KernelResult]:
    """Write tables and claims, compile everything, and read the report.

    Raises
    ------
    MissingProgram
        If there is no ``coqc`` on the PATH.

    Notes
    -----
    Cost: some three minutes on two cores the first time; compiled files are kept in `folder`.
    """
    find_compiler()
    began = time.perf_counter()
    files = {**sources(), **generated()}
    found = compile_all(
        files, default_folder() if folder is None else folder, jobs=jobs, progress=progress
    )
    return _results(found, time.perf_counter() - began)


def _results(found: dict[str, Compiled], seconds: float) -> list[KernelResult]:
    broken = tuple(f"{c.name}: {c.error}" for c in found.values() if not c.ok)
    report = found.get("Report")
    output = report.output if report is not None and report.ok else ""
    names = [name for one in STATEMENTS for name in one.theorems]
    known = assumptions(output, names)
    results = []
    for one in STATEMENTS:
        theorems = tuple((name, *known[name]) for name in one.theorems)
        axioms = tuple(f"{name} rests on axioms" for name, _, closed in theorems if not closed)
        failed = broken or axioms
        level = "none" if failed else "kernel"
        results.append(KernelResult(one, level, theorems, failed, seconds))
    return results
