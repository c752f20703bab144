"""Times our solvers and the peers on the same instances in one run.

    python benchmarks/run.py SUITE [--json] [--write] [--weights FILE.npz]

SUITE is one, many, threads, cover, size, vector, peers or all. Times are CPU seconds of one call
unless a line says elapsed. `--write` puts the tables into docs/performance.md, of one suite its
section alone; `--weights` adds the published experiment on the weights of a network.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from cases import SUITES, published
from timing import load, machine

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

INTRODUCTION = """# Performance

Made by `python benchmarks/run.py all --write`; do not edit. Ratios come from one run on the same
instances; trust them more than the times. Every answer, ours and the peers', is summed again in
exact integers: the column "false" counts answers of a peer that are not what it claims, out of
those asked; "gave up" counts those it did not finish within its limit (8 s for an optimum, 3 s for
a decision). Mixed-integer solvers run on one thread with gap 0 and the tightest tolerance they
have.
"""


def human(seconds: float) -> str:
    """Seconds with three digits, in s, ms, us or ns."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def table(cases: list[dict[str, Any]]) -> str:
    """Markdown table of the cases, one row a peer."""
    lines = [
        "| case | ours (least .. largest) | peer | peer's time | ratio | false | gave up | notes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for c in cases:
        ours = human(c["ours"])
        if c["instances"] > 1 and c["largest"] > c["least"]:
            ours += f" ({human(c['least'])} .. {human(c['largest'])})"
        cells = [c["case"], ours, "", "", "", "", "", c.get("note", "")]
        if "peer" in c:
            asked = c.get("asked")
            cells[2:5] = c["peer"], human(c["peer_seconds"]), f"{c['ratio']:,.0f}"
            if "false" in c:
                cells[5] = f"{c['false']} of {asked}" if asked else str(c["false"])
            if asked:
                cells[6] = f"{c['gave_up']} of {asked}"
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def section(name: str, cases: list[dict[str, Any]], by: str = "") -> str:
    """The part of the page about one suite; `by` says what machine made it."""
    rows = table([c for c in cases if c["suite"] == name])
    parts = [f"## {name}", str(SUITES[name].__doc__), by, rows]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(cases: list[dict[str, Any]], by: str) -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, by, "", *(section(name, cases) for name in SUITES)])


def replaced(text: str, name: str, new: str) -> str:
    """A page with one section made new, or put where it belongs."""
    first, *rest = text.split("\n## ")
    found = {part.partition("\n")[0]: part.rstrip("\n") + "\n" for part in rest}
    found[name] = new.removeprefix("## ")
    return "\n## ".join([first, *(found[suite] for suite in SUITES if suite in found)])


def run(names: list[str], weights: str | None) -> Iterator[dict[str, Any]]:
    """Yield the records of the suites named; `weights` adds the published experiment."""
    for name in names:
        yield from SUITES[name]()
        if name == "many" and weights:
            yield from published(weights)


def main() -> int:
    """Run the suites named on the command line; print, or write docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", choices=[*SUITES, "all"])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--weights", metavar="FILE.npz", help="network of the published experiment")
    options = parser.parse_args()
    names = list(SUITES) if options.suite == "all" else [options.suite]
    where = machine()
    busy = where["load"] > 0.3 * (where["processors"] or 1)
    if busy:
        print(f"the machine is busy (load {where['load']:.2f}): times suffer", file=sys.stderr)
    cases = []
    for c in run(names, options.weights):
        cases.append(c)
        ratio = f"{c['ratio']:,.0f} times {c['peer']}" if "peer" in c else ""
        print(
            f"{c['suite']}: {c['case']}: {human(c['ours'])} {ratio} {c.get('note', '')}",
            file=sys.stderr,
        )
    where["load_after"] = load()
    if options.json:
        print(json.dumps({"machine": where, "cases": cases}, indent=1))
    by = "Machine: " + ", ".join(f"{k} {v}" for k, v in where.items()) + "."
    whole = options.suite == "all"
    text = page(cases, by) if whole else section(options.suite, cases, by)
    if options.write:
        before = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(text if whole else replaced(before, options.suite, text), encoding="utf-8")
    elif not options.json:
        print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
