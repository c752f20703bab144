"""The counts of tools/house.py on planted code."""

from __future__ import annotations

import ast
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

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
