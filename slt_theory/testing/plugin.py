"""The pytest plugin: a budget, a seed, a replay, and a summary of margins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

SHOWN = 40


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--slt-budget``, ``--slt-seed`` and ``--slt-replay``."""
    group = parser.getgroup("slt", "slt_theory: testing lemmas")
    group.addoption(
        "--slt-budget",
        type=float,
        default=None,
        metavar="SECONDS",
        help="search this long for a counterexample to each asserted lemma (default: a few "
        "thousand cases)",
    )
    group.addoption(
        "--slt-seed", type=int, default=0, metavar="SEED", help="seed of the searches (default 0)"
    )
    group.addoption(
        "--slt-replay",
        action="append",
        default=[],
        metavar="LEMMA=CASE",
        help="try only this case of a lemma, as printed with its failure",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take the options over into the settings that `assert_lemma` reads."""
    from slt_theory.testing.settings import current

    config.addinivalue_line("markers", "long: takes over a minute; run by `make long`")
    current.budget = config.getoption("--slt-budget")
    current.seed = config.getoption("--slt-seed")
    pairs = (text.partition("=") for text in config.getoption("--slt-replay"))
    current.replay = {lemma: case for lemma, _, case in pairs}
    if not hasattr(config, "slt_records"):
        config.slt_records = []  # type: ignore[attr-defined]


def _rows() -> list[tuple[str, float | None, str]]:
    from slt_theory.testing.settings import current

    return [(r.lemma_id, r.smallest_margin, r.counted) for r in current.records]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's margins to the process that reports."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:  # a worker of pytest-xdist
        output["slt_records"] = _rows()
    else:
        session.config.slt_records.extend(_rows())  # type: ignore[attr-defined]


def pytest_testnodedown(node: Any, error: Any) -> None:
    """Collect the margins of a worker that has finished."""
    node.config.slt_records.extend(getattr(node, "workeroutput", {}).get("slt_records", []))


pytest_testnodedown.pytest_impl = {"optionalhook": True}  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the smallest margin of every lemma that was asserted, tightest first."""
    closest: dict[str, tuple[str, float | None, str]] = {}
    for lemma_id, margin, counted in config.slt_records:  # type: ignore[attr-defined]
        before = closest.get(lemma_id)
        if before is None or (margin is not None and (before[1] is None or margin < before[1])):
            closest[lemma_id] = (lemma_id, margin, counted)
    if not closest:
        return
    rows = sorted(closest.values(), key=lambda r: (r[1] is None, r[1]))
    terminalreporter.section("margins: how close each lemma came to failing")
    for lemma_id, margin, counted in rows[:SHOWN]:
        shown = "-" if margin is None else f"{margin:.3g}"
        terminalreporter.line(f"{shown:>10}  {lemma_id}  ({counted})")
    if len(rows) > SHOWN:
        terminalreporter.line(f"... and {len(rows) - SHOWN} more")
