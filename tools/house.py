"""Count what makes the code hard to read: for this tree, or for a git revision beside it.

python tools/house.py            # the working tree
python tools/house.py fb479a8    # a revision, and the working tree next to it
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
LONG, MANY = 50, 8
#: A docstring opens with a verb or a noun phrase.
OPENINGS = ("what", "how", "where", "which", "whether")
NAMED = re.compile(r"([a-z_][\w.]*):([a-z_]\w*)")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Trees = dict[str, ast.Module]


class UnknownRevisionError(ValueError):
    """No tree of files is called so in this repository."""

    def __str__(self) -> str:
        return f"{self.args[0]!r} names no revision of this repository; git log shows them"


def trees(revision: str | None) -> Trees:
    """Syntax trees of the Python files outside tests, by path."""
    if revision is None:
        listed = subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT, text=True)
        texts = {name: (ROOT / name).read_text("utf-8") for name in listed.splitlines()}
    else:
        made = subprocess.run(
            ["git", "archive", "--format=tar", f"{revision}^{{tree}}"],
            cwd=ROOT,
            capture_output=True,
        )
        if made.returncode:
            raise UnknownRevisionError(revision)
        with tarfile.open(fileobj=BytesIO(made.stdout)) as files:
            texts = {
                member.name: files.extractfile(member).read().decode("utf-8")
                for member in files
                if member.isfile() and member.name.endswith(".py")
            }
    return {name: ast.parse(text) for name, text in texts.items() if name[:6] != "tests/"}


def nodes(code: Trees, *kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Every node of some kinds, with its file."""
    for path, tree in code.items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, kinds))


def parameters(function: Function) -> int:
    """Parameters of a function, self and cls left out."""
    every = function.args
    names = [one.arg for one in (*every.posonlyargs, *every.args, *every.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def long_without_docstring(function: Function) -> bool:
    """True for a function with more than `LONG` lines besides its docstring."""
    first = function.body[0]
    text = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) else 0
    return function.end_lineno - function.lineno + 1 - text > LONG


def public(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """Functions and classes without underscore, and the methods of such classes."""
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            inner = (one for one in node.body if isinstance(one, Function))
            yield from (one for one in inner if not one.name.startswith("_"))


def undocumented(code: Trees) -> tuple[int, int]:
    """Public names, and those that neither have a docstring nor inherit one.

    A method that overrides one inherits its docstring, as in `inspect.getdoc`.
    """
    classes = {node.name: node for _, node in nodes(code, ast.ClassDef)}

    def documented(owner: ast.ClassDef, method: str) -> bool:
        own = [n for n in owner.body if isinstance(n, Function) and n.name == method]
        bases = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in owner.bases}
        return any(ast.get_docstring(n) for n in own) or any(
            documented(classes[base], method) for base in bases & classes.keys() - {owner.name}
        )

    count = bare = 0
    for tree in code.values():
        owner = None
        for node in public(tree):
            if isinstance(node, ast.ClassDef) or node in tree.body:
                owner, missing = node, ast.get_docstring(node) is None
            else:
                missing = not documented(owner, node.name)
            count, bare = count + 1, bare + missing
    return count, bare


#: Functions whose many parameters are the interface: one name an option, so that editors complete
#: them and mypy checks callers.
DOORS = {
    "slt_theory/experiments/bounds.py:bound_numbers",
    "slt_theory/experiments/check.py:check",
    "slt_theory/experiments/threshold.py:threshold",
    "slt_theory/tickets/building/build.py:build_ticket",
    "slt_theory/tickets/__init__.py:build_ticket",
    "slt_theory/torch/build.py:build_ticket",
    "slt_theory/torch/train/loop.py:fit",
    "slt_theory/universal/build.py:build_universal",
}


def sorts(code: Trees, chosen: Callable[[Function], bool]) -> Counter[str]:
    """Chosen functions: verbs of the command line, kernels, proofs, public doors, all others."""
    found: Counter[str] = Counter()
    for path, node in nodes(code, Function):
        if chosen(node):
            verb = "/cli/" in path and not node.name.startswith("_")
            proof = path.startswith("proofs/") and node.name == "build"
            door = f"{path}:{node.name}" in DOORS
            kernel = "/kernels/" in path
            found[
                "verbs"
                if verb
                else "kernels"
                if kernel
                else "proofs"
                if proof
                else "doors"
                if door
                else "others"
            ] += 1
    return found


def strings(code: Trees) -> int:
    """Strings "module:function" that name code of another folder."""
    defined = defaultdict(set)
    for path, tree in code.items():
        names = {node.name for node in tree.body if isinstance(node, Function)}
        defined[PurePosixPath(path).stem].add((str(PurePosixPath(path).parent), frozenset(names)))
    count = 0
    for path, node in nodes(code, ast.Constant):
        match = NAMED.fullmatch(node.value) if isinstance(node.value, str) else None
        if match:
            homes = defined.get(match[1].rpartition(".")[2], ())
            here = str(PurePosixPath(path).parent)
            count += any(folder != here and match[2] in names for folder, names in homes)
    return count


def rooms(code: Trees) -> dict[str, set[str]]:
    """Places in the package that name a construction: engines, doors, and the paper with its entry.

    A package of one paper is one place; the ids are those of the checker's table of rules. Other
    papers, proofs, figures and experiments may use a construction; they are not counted.
    """
    table = code.get("slt_theory/tickets/checking/rules.py")
    keys = [
        key.value
        for node in (ast.walk(table) if table else ())
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_RULES"
        for key in node.value.keys
    ]
    found = {key: set() for key in keys}
    for path, tree in code.items():
        parts = PurePosixPath(path).parts
        if parts[:2] in (("slt_theory", "papers"), ("slt_theory", "theorems")):
            calls = (one for one in ast.walk(tree) if isinstance(one, ast.keyword))
            named, place = [one.value for one in calls if one.arg == "id"], "/".join(parts[:3])
        elif parts[:2] in {("slt_theory", part) for part in ("cli", "tickets", "torch")}:
            named = [one for one in ast.walk(tree) if isinstance(one, ast.Constant)]
            place = path
        else:
            continue
        text = "\n".join(one.value for one in named if isinstance(getattr(one, "value", 0), str))
        for key in keys:
            if re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text):
                found[key].add(place)
    return found


def imports(code: Trees) -> dict[str, set[str]]:
    """The modules that each module imports, also inside functions, but for types alone."""
    names = {}
    for path in code:
        parts = PurePosixPath(path).with_suffix("").parts
        prefix = ("slt_theory",) if parts[0] in ("proofs", "figures") else ()
        names[".".join((*prefix, *(part for part in parts if part != "__init__")))] = path
    found: dict[str, set[str]] = {}
    for name, path in names.items():
        found[name] = set()
        skipped = {
            id(inner)
            for block in ast.walk(code[path])
            if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
            for inner in ast.walk(block)
        }
        for node in ast.walk(code[path]):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names} & names.keys()
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & names.keys()
                found[name] |= inner or {node.module} & names.keys()
        found[name].discard(name)
    return found


def circles(graph: dict[str, set[str]]) -> int:
    """Sets of modules that reach each other: strongly connected components of two or more."""
    reach: dict[str, set[str]] = {}
    for start in graph:
        seen, todo = set(), [start]
        while todo:
            new = graph[todo.pop()] - seen
            seen |= new
            todo += new
        reach[start] = seen
    return len({frozenset(b for b in reach[a] if a in reach[b]) for a in graph if a in reach[a]})


def counts(code: Trees) -> dict[str, int | str]:
    """The table's rows."""
    functions = [node for _, node in nodes(code, Function)]
    classes = Counter(node.name for _, node in nodes(code, ast.ClassDef))
    documented = [
        node for _, node in nodes(code, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    ]
    docs = [text for node in documented if (text := ast.get_docstring(node))]
    riddles = sum(text.split()[0].lower() in OPENINGS for text in docs)
    statements = sum(1 for _ in nodes(code, ast.stmt))
    places = rooms(code)
    headings = sum(ast.get_docstring(tree) is not None for tree in code.values())
    names, bare = undocumented(code)
    many = sorts(code, lambda f: parameters(f) > MANY)
    long = sorts(code, lambda f: f.end_lineno - f.lineno >= LONG)
    return {
        "files": len(code),
        "statements": statements,
        "statements, docstrings left out": statements - len(docs) - headings,
        "class names defined twice": sum(count > 1 for count in classes.values()),
        "import circles": circles(imports(code)),
        f"functions over {LONG} lines": sum(long.values()),
        "... of them without their docstring": sum(map(long_without_docstring, functions)),
        "... verbs of the command line": long["verbs"],
        "... kernels": long["kernels"],
        "... proofs written out step by step": long["proofs"],
        f"functions with more than {MANY} parameters": sum(many.values()),
        "... verbs": many["verbs"],
        "... compiled kernels": many["kernels"],
        "... public doors": many["doors"],
        "... all others": many["others"],
        "functions with **kwargs": sum(f.args.kwarg is not None for f in functions),
        "public names": names,
        "public names without docstring": bare,
        "docstrings that open with what, how, ...": f"{riddles} ({riddles / len(docs):.1%})",
        "strings that name code of another folder": strings(code),
        "places that name one construction, at most": max(map(len, places.values()), default=0),
        "... on average": f"{sum(map(len, places.values())) / max(1, len(places)):.1f}",
    }


def main() -> None:
    """Print one column a tree."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("revision", nargs="*", help="of git, such as HEAD, a tag or a hash")
    revisions: list[str | None] = [*parser.parse_args().revision, None]
    try:
        columns = [counts(trees(revision)) for revision in revisions]
    except UnknownRevisionError as error:
        parser.error(str(error))
    width = max(map(len, columns[0]))
    print(" " * width, *(f"{revision or 'this tree':>14}" for revision in revisions))
    for row in columns[0]:
        print(f"{row:<{width}}", *(f"{column[row]!s:>14}" for column in columns))


if __name__ == "__main__":
    main()
