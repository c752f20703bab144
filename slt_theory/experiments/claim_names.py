"""The name of what determines a claim's numbers; a record that has another one is old.

It covers the code of the claim's system and design, comments and docstrings apart; for all that
these stand on, numbers that it gives: the whole claim at a small size, and bits of trained weights.
Where code beneath is edited and its numbers are not, the name stays.
"""

from __future__ import annotations

import ast
import json
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from slt_theory.errors import BadInput
from slt_theory.experiments.catalogue import run_entry
from slt_theory.theorems import Claim

__all__ = ["module_of", "name_of", "sources"]

_SYSTEMS = "slt_theory.papers.trained."


def name_of(claim: Claim) -> str:
    """The name: 16 hexadecimal digits. The first time it takes a thirtieth of the claim's run."""
    return _name(claim.id, module_of(claim))


@cache
def _name(claim: str, module: str) -> str:
    code = sorted(sources(module).items())
    return _digest([claim, code, _small(claim), _bits()])


def _digest(value: object) -> str:
    return sha256(json.dumps(value, default=str).encode()).hexdigest()[:16]


def _small(claim: str) -> object:
    """Evidence and numbers of all checks, controls and mutants, with few replicates and steps."""
    from slt_theory.papers.trained.shared.verdicts import SMALL

    report = run_entry(claim, size=SMALL)
    return [(check.name, check.finding, check.evidence, check.numbers) for check in report.checks]


@cache
def _bits() -> str:
    """A hash of weights after some steps of each kind: a sum in another order has another one.

    Small runs count right answers, which may be the same when the last bits are not.
    """
    from slt_theory.data import digits
    from slt_theory.torch.train import (
        Mlp,
        Recipe,
        ResNet,
        conv,
        draws,
        fit_masked,
        fixed_task,
        initial,
        random_masks,
        sizes,
    )

    members, digest = draws(0, 2), sha256()
    task = fixed_task("digits", *digits(), 2)
    for model in (Mlp((64, 100, 50, 10)), conv(2, (1, 8, 8), width=4), ResNet((1, 8, 8), width=2)):
        start = initial(model, members)
        keep = {layer: size // 2 for layer, size in sizes(model.shapes).items()}
        masks = random_masks(model.shapes, members, keep)
        for method in ("adam", "sgd"):
            recipe = Recipe(steps=8, batch=20, method=method, decay=1e-3, schedule="cosine")
            fitted = fit_masked(model, start, masks, task, recipe, draws=members)
            for value in (fitted.losses, *fitted.variables.values()):
                digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def module_of(claim: Claim) -> str:
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


def sources(module: str) -> dict[str, str]:
    """Hashes of the code of the systems that a module reaches by imports, itself included."""
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if name in seen or path is None:
            continue
        seen[name], imported = _read(path)
        waiting += [one for one in imported if one.startswith(_SYSTEMS)]
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
    """Modules that a source imports anywhere, and names that may be modules."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
