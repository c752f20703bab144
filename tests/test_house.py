"""The counts of tools/house.py on planted code."""

from __future__ import annotations

import ast
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

spec = spec_from_file_location("house", Path(__file__).parents[1] / "tools" / "house.py")
house = module_from_spec(spec)
spec.loader.exec_module(house)

LONG = "def long():\n" + "    x = 1\n" * 50
PLANTED = {
    "slt_theory/one/a.py": '''"""Module."""
from slt_theory.one import b


class Pair:
    """How it is."""


def run(a, b, c, d, e, f, g, h, i, **others):
    """Whether it runs."""
''',
    "slt_theory/one/b.py": "def late():\n    from slt_theory.one.a import Pair\n    return Pair\n",
    "slt_theory/two/c.py": 'class Pair:\n    def open(self):\n        pass\n\n\nRUN = "a:run"\n',
    "slt_theory/two/d.py": f'"""Module."""\nOWN = "c:none"\n{LONG}',
}


def test_planted_faults_are_counted():
    found = house.counts({path: ast.parse(text) for path, text in PLANTED.items()})
    assert found["files"] == 4
    assert found["statements"] - found["statements, docstrings left out"] == 4
    assert found["class names defined twice"] == 1
    assert found["import circles"] == 1
    assert found["functions over 50 lines"] == 1
    assert found["functions with more than 8 parameters"] == 1
    assert found["functions with **kwargs"] == 1
    assert found["public names"] == 6
    assert found["public names without docstring"] == 4
    assert found["docstrings that open with what, how, ..."] == "2 (100.0%)"
    assert found["strings that name code of another folder"] == 1


TREE = house.trees(None)


def test_no_two_classes_share_a_name():
    # Two readers refuse operators alike; each has its own exception.
    names = [node.name for _, node in house.nodes(TREE, ast.ClassDef)]
    assert {name for name in names if names.count(name) > 1} <= {"Refused"}


def test_no_import_circles():
    assert house.circles(house.imports(TREE)) == 0


def test_the_quick_run_takes_a_part_of_every_folder():
    tests = Path(__file__).parent
    listed = (tests / "quick.txt").read_text(encoding="utf-8").splitlines()
    paths = [tests.parent / line.partition("::")[0] for line in listed]
    assert all(path.is_file() for path in paths)
    for line, path in zip(listed, paths, strict=True):
        name = line.partition("::")[2].partition("[")[0]
        assert f"def {name}(" in path.read_text(encoding="utf-8") or not name, line
    folders = {path.relative_to(tests).parts[0] for path in tests.rglob("test_*.py")}
    # The report is read in a browser: no part of it is quick.
    assert {path.relative_to(tests).parts[0] for path in paths} == folders - {"report"}


def test_functions_stay_short_and_name_their_parameters():
    found = house.counts(TREE)
    assert found["functions over 50 lines"] <= 20
    assert found["functions with **kwargs"] <= 21
    assert found["public names without docstring"] == 0
    assert found["places that name one construction, at most"] == 2


def test_an_unknown_revision_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["house.py", "no-such-revision"])
    with pytest.raises(SystemExit) as stopped:
        house.main()
    assert stopped.value.code == 2
    assert "'no-such-revision' names no revision" in capsys.readouterr().err
