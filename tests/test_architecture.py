"""Imports go down one list, heavy packages stay out of the start, every package is shipped."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "slt_theory"

# What a part may import; the parts are in order, lowest first.
GROUND = (
    "errors",
    "extras",
    "bisection",
    "lazy_names",
    "defaults",
    "arrays",
    "intervals",
    "records",
    "progress",
    "room",
    "plural",
    "balls",
    "rationals",
    "lattice",
    "streams",
    "user_files",
    "laws",
    "statistics",
)
ALLOWED: dict[str, tuple[str, ...]] = {
    "errors": (),
    "extras": ("errors",),
    "bisection": (),
    "lazy_names": (),
    "defaults": (),
    "arrays": (),
    "intervals": (),
    "records": ("errors", "extras"),
    "progress": (),
    "room": ("errors", "progress"),
    "plural": (),
    "balls": (),
    "rationals": ("errors",),
    "lattice": ("errors", "arrays", "rationals"),
    "streams": ("errors",),
    "user_files": ("errors",),
    "laws": ("errors", "progress", "balls", "lattice", "streams", "user_files"),
    "statistics": ("errors", "defaults", "arrays", "records", "balls", "rationals"),
    "provenance": (),
    "subset_sum.kernels": ("errors",),
    "subset_sum": ("errors", "room", "arrays", "lattice", "streams", "laws", "subset_sum.kernels"),
    # One instance of subset sum in real numbers stands on the solvers.
    "instance": ("errors", "records", "arrays", "rationals", "lattice", "subset_sum"),
    "certified": GROUND,
    "theorems": (*GROUND, "certified"),
    "networks": GROUND,
    "data": (*GROUND, "networks"),
    "tickets": (*GROUND, "subset_sum.kernels", "subset_sum", "networks"),
}
ALLOWED["papers"] = (*ALLOWED["tickets"], "certified", "theorems", "tickets")
ALLOWED["universal"] = (*ALLOWED["tickets"], "tickets", "data")
ALLOWED["torch"] = (*ALLOWED["tickets"], "tickets", "data")
# Trained systems stand on the training primitives.
ALLOWED["papers.trained"] = (*ALLOWED["torch"], "torch", "theorems", "papers")
ALLOWED["experiments"] = (
    *ALLOWED["tickets"],
    "theorems",
    "papers",
    "certified",
    "data",
    "tickets",
    "instance",
    "provenance",
)
ALLOWED["sweeps"] = (*ALLOWED["experiments"], "experiments")
ALLOWED["plotting"] = (*ALLOWED["sweeps"], "sweeps")
ALLOWED["figures"] = (*ALLOWED["plotting"], "plotting", "universal")
ALLOWED["proofs"] = (*GROUND, "certified", "theorems", "networks")
ALLOWED["report"] = (*ALLOWED["figures"], "figures", "proofs")
ALLOWED["testing"] = (*ALLOWED["experiments"], "experiments")
ALLOWED["cli"] = (*ALLOWED["report"], "report", "testing", "torch")

# Inside a function only: the status of an entry asks for its proof, the report of the proofs sets
# measured numbers beside the proved ones, a figure's table is made again with torch, and the
# catalogue lists the claims of the papers.
LAZY = {
    ("theorems", "proofs"),
    ("theorems", "papers"),
    ("theorems", "papers.trained"),
    ("tickets", "papers"),
    ("figures", "papers.trained"),
    ("proofs", "subset_sum"),
    ("figures", "torch"),
    # A check of an entry draws its trials when it runs.
    ("papers", "experiments"),
    # The name of a claim's numbers is a hash of a small run of it and of trained weights.
    ("experiments", "papers.trained"),
    ("experiments", "torch"),
    # A file of torch.export is read by torch's operators.
    ("networks", "torch"),
}

HEAVY = ("numba", "sympy", "matplotlib", "torch", "scipy.stats", "flint")


def sources() -> Iterator[tuple[str, Path]]:
    """(module name, file) of everything that ships."""
    for folder, prefix in (
        (PACKAGE, "slt_theory"),
        (ROOT / "proofs", "slt_theory.proofs"),
        (ROOT / "figures", "slt_theory.figures"),
    ):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join((prefix, *(p for p in parts if p != "__init__"))), path


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def at_module_level(path: Path) -> set[int]:
    """Lines of the imports that run when the module is imported."""
    return {node.lineno for node in parsed(path).body}


def imported(module: str, path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of every import, also inside functions and by name."""
    folder = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                folder.split(".")[: len(folder.split(".")) + 1 - node.level] if node.level else []
            )
            name = ".".join([*base, node.module] if node.module else base)
            yield node.lineno, name
            # from slt_theory.subset_sum import kernels
            if name.startswith("slt_theory"):
                yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def part_of(module: str) -> str | None:
    """The part that a module belongs to; None outside the package and for its root."""
    if not module.startswith("slt_theory."):
        return None
    names = module.split(".")[1:]
    nested = ".".join(names[:2])
    return nested if nested in ALLOWED else names[0]


def test_imports_go_down_the_list_only():
    wrong = []
    for module, path in sources():
        importer = part_of(module)
        if importer in (None, "__main__"):  # the root re-exports lazily; the other is the command
            continue
        assert importer in ALLOWED, f"{importer} has no place in the list"
        for line, name in imported(module, path):
            part = part_of(name)
            if part is None or part == importer or part in ALLOWED[importer]:
                continue
            if (importer, part) in LAZY and line not in at_module_level(path):
                continue
            if part not in ALLOWED and part != "torch":  # a name of the root, not a module
                continue
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {importer} imports {part}")
    assert not wrong, "\n".join(wrong)


def test_the_check_of_a_ticket_knows_no_builder():
    shared = [m for m, _ in sources() if re.fullmatch(r"slt_theory\.tickets\.\w+", m)]
    free = {"slt_theory.tickets.compare"}  # builds all of them
    for module, path in sources():
        if module.startswith("slt_theory.tickets.checking") or module in set(shared) - free:
            for line, name in imported(module, path):
                assert ".building" not in name, f"{path.relative_to(ROOT)}:{line}"


# What the check of a ticket and its builders may both stand on, and why a fault there cannot hide.
SHARED = {
    "tickets.block": "what a header says; the file decides",
    "tickets.ticket": "what a file says; the file decides",
    "tickets.choices": "how stored choices are packed: the format",
    "tickets.domain": "the domain's two forms: the format",
    "tickets.frozen": "which words freeze a weight: the definition, in numpy",
    "tickets.resolution": "rounded targets: the definition",
    "tickets.bends": "slopes of leaky and smooth gadgets: proved in its text",
    "tickets.size": "bits that a ticket takes: the definition",
    "tickets.mapped": "memory of masks that a file keeps; counts bits, decides nothing",
    "tickets.memory": "bytes that a check takes; no number of a certificate",
    "tickets.source": "weights by the law itself, in numpy; compiled ones are compared",
    "subset_sum.kernels.philox": "the compiled generator and law behind it; compared",
    "subset_sum.kernels.wiring": "loops over a row, one for each side; the checker's are compared",
    "subset_sum.kernels._compile": "how kernels are compiled; all that it compiles is compared",
    "subset_sum.kernels._types": "names of types",
    "subset_sum.parallel": "threads over blocks of rows; no arithmetic",
    "subset_sum.checks": "the memory that is free; nothing else of it",
    "subset_sum.kernels.gather": "behind the module before; not called",
    "universal.family": "the functions that a ticket stands for: the claim itself",
    "universal.functions": "values and curvatures in rigorous balls: the claim itself",
    "universal.balls": "ends of balls, rounded outwards",
    "universal.piecewise": "of the checker; the builder reads what it has made",
    "universal.certify": "of the checker; the builder reads what it has made",
    "universal.check": "of the checker; the builder attaches what it says",
    "universal.rules": "of the checker; the builder takes the theorem's name",
}
COMPARED = {
    ("linear_forms", "neuron_ends"),
    ("philox", "fill_blocks"),
    ("philox", "uniform32"),
    ("wiring", "effective_row"),
    ("wiring", "wrongly_frozen"),
}
"""Compiled functions that the checker calls; `checking/compiled.py` compares each before, and
`checking/neuron_ends.py` its own."""
NOT_COMPILED = {
    ("_compile", "cache_folder"),
    ("linear_forms", "FlatLayers"),
    ("linear_forms", "KnownBoxes"),
}


def stands_on(start: Iterator[str]) -> set[str]:
    """Modules of tickets, subset sums and universal tickets that these import, and theirs."""
    files = {name: path for name, path in sources() if path.name != "__init__.py"}
    parts = re.compile(r"slt_theory\.(tickets|subset_sum|universal)\.")
    seen: set[str] = set()
    ahead = list(start)
    while ahead:
        module = ahead.pop()
        if module not in seen:
            seen.add(module)
            found = (name for _, name in imported(module, files[module]))
            ahead += [name for name in found if name in files and parts.match(name)]
    return seen


def modules_in(*prefixes: str) -> Iterator[str]:
    for module, path in sources():
        if path.name != "__init__.py" and module.removeprefix("slt_theory.").startswith(prefixes):
            yield module


def test_checker_and_builders_share_only_what_is_listed():
    checker = stands_on(modules_in("tickets.checking.", "universal.check", "universal.rules"))
    builders = stands_on(modules_in("tickets.building.", "universal.build"))
    shared = {name.removeprefix("slt_theory.") for name in checker & builders}
    # A builder may look at the checker; the checker never at a builder.
    assert {name for name in shared if not name.startswith("tickets.checking.")} == set(SHARED)
    assert not [name for name in checker if ".building" in name]


def test_compiled_code_of_the_checker_is_compared_before_it_counts():
    files = dict(sources())
    used = set()
    for module in stands_on(modules_in("tickets.checking.", "universal.check")):
        if ".subset_sum." in module:
            continue
        for node in ast.walk(parsed(files[module])):
            source = getattr(node, "module", None) if isinstance(node, ast.ImportFrom) else None
            if source and source.startswith("slt_theory.subset_sum.kernels."):
                used |= {(source.rpartition(".")[2], alias.name) for alias in node.names}
    assert used == COMPARED | NOT_COMPILED
    files = ("tickets/checking/compiled.py", "tickets/checking/neuron_ends.py", "tickets/source.py")
    compared = "".join((PACKAGE / file).read_text(encoding="utf-8") for file in files)
    assert all(name in compared for _, name in COMPARED)


def test_the_list_has_no_cycle():
    order = list(ALLOWED)
    for part, lower in ALLOWED.items():
        assert part not in lower
        for other in lower:
            assert other == "torch" or part not in ALLOWED[other], (part, other, order)


def test_the_package_never_imports_itself_by_the_root():
    for module, path in sources():
        if module == "slt_theory":
            continue
        for line, name in imported(module, path):
            assert name != "slt_theory", f"{path.relative_to(ROOT)}:{line}"


def test_heavy_imports_are_inside_functions_below_the_verbs():
    """At module level only the kernels may need numba; nobody needs matplotlib, sympy or torch."""
    wrong = []
    for module, path in sources():
        part = part_of(module)
        for node in parsed(path).body:
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                heavy = [
                    h
                    for h in ("numba", "matplotlib", "torch", "scipy.stats")
                    if name == h or name.startswith(h + ".")
                ]
                allowed = part in ("subset_sum.kernels", "torch") and heavy == ["numba"]
                if heavy and not allowed and part not in ("torch", "figures"):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
    assert not wrong, "\n".join(wrong)


def loaded_by(code: str) -> set[str]:
    """Heavy packages in sys.modules after running `code` in a fresh interpreter."""
    probe = f"""
import sys
{code}
print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules])
"""
    answer = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60
    )
    (line,) = [text for text in answer.stdout.splitlines() if text.startswith("loaded:")]
    return set(line.split()[1:])


def test_importing_the_package_imports_nothing_heavy():
    assert loaded_by("import slt_theory; dir(slt_theory)") == set()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["ticket", "build", "--help"], ["list", "--help"]]
)
def test_help_imports_nothing_heavy(arguments):
    code = f"""
import slt_theory.cli
sys.argv = ["slt", *{arguments!r}]
try:
    slt_theory.cli.main()
except SystemExit as end:
    assert not end.code
"""
    assert loaded_by(code) == set()


def test_help_needs_no_arrays():
    probe = "import slt_theory.cli, sys; sys.exit('numpy' in sys.modules)"
    assert not subprocess.run([sys.executable, "-c", probe], timeout=60).returncode


def test_the_catalogue_needs_no_compiler():
    code = """
from slt_theory.theorems import all_entries
for entry in all_entries():
    repr(entry)
"""
    assert "numba" not in loaded_by(code)
    assert "torch" not in loaded_by(code)


def test_every_package_is_listed_for_the_wheel():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = settings["tool"]["setuptools"]["packages"]
    assert len(set(listed)) == len(listed)
    existing = {module for module, path in sources() if path.name == "__init__.py"}
    assert set(listed) == existing


def test_every_folder_of_modules_is_a_package():
    for module, path in sources():
        assert (path.parent / "__init__.py").is_file(), module


def test_every_data_file_is_listed_for_the_wheel():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["slt_theory"]
    shipped = {p for pattern in patterns for p in PACKAGE.glob(pattern)}
    present = {p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
    assert present == shipped
    assert all(any(PACKAGE.glob(pattern)) for pattern in patterns), "a pattern matches nothing"


def test_no_source_asks_for_stale_or_inexact_compilation():
    for _, path in sources():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.keyword) and node.arg in ("cache", "fastmath"):
                literal = isinstance(node.value, ast.Constant) and node.value.value is True
                assert not literal, f"{path.relative_to(ROOT)}:{node.value.lineno}"


def test_library_code_never_prints():
    for module, path in sources():
        if part_of(module) == "cli":
            continue
        for node in ast.walk(parsed(path)):
            called = node.func if isinstance(node, ast.Call) else None
            assert getattr(called, "id", "") != "print", f"{path.relative_to(ROOT)}"
