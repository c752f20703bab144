"""The how-to runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "how-to-test-a-lemma.md"
PLUGIN = ("-p", "slt_theory.testing.plugin", "-p", "no:cacheprovider")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


def test_twenty_lines_test_a_lemma_about_a_custom_law(pytester: pytest.Pytester) -> None:
    first, second, third, *_ = blocks("python")
    assert len([line for line in first.splitlines() if line.strip()]) <= 20
    # The sharper claim of the second step is false, and the page shows its counterexample.
    (shown,) = blocks("text")
    pytester.makepyfile(test_lemma=first + "\n\n" + second)
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(passed=1, failed=1)
    for line in shown.strip().splitlines():
        assert line.strip() in result.stdout.str()
    pytester.makepyfile(test_lemma=first + "\n\n" + third)
    pytester.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=2)


def test_the_other_examples_run() -> None:
    namespace: dict[str, object] = {}
    for code in blocks("python")[3:]:
        exec(code, namespace)
