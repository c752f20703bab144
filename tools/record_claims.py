"""Go on with the record of claims: the table of the figure `claims`, and the page made from it.

python tools/record_claims.py                 # all that is missing or old, on all cores
python tools/record_claims.py --minutes 60 --processes 1
python tools/record_claims.py --minutes 0     # only parts that are finished already

Seeds that a claim lacks come first, then old ones: their name is not today's, see
`slt_theory.experiments.claim_names`. The table is written after every claim, so a run may be
stopped and gone on with, also by somebody else: a column of today's name is not run again.
`slt figure claims --recompute` runs all of them.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from slt_theory.figures import stored
from slt_theory.figures.claims import SEEDS
from slt_theory.figures.made_by import numbers_of

from slt_theory.experiments.claim_names import name_of
from slt_theory.experiments.claim_record import joined, row_of, seeds_of, standing
from slt_theory.experiments.claim_runs import finished_part, parts_folder, run_claims
from slt_theory.provenance import provenance
from slt_theory.theorems import all_claims
from slt_theory.theorems.claims_page import claims_markdown

ROOT = Path(__file__).parents[1]
CLAIMS = {claim.id: claim for claim in all_claims()}


def main() -> None:
    """Write the table and the page with what was run."""
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--processes", type=int)
    asked = parser.parse_args()
    record = stored("claims") or {"claims": [], "made": {}}
    rows = {row["claim"]: row for row in record["claims"] if row["claim"] in CLAIMS}
    until = time.monotonic() + 60 * asked.minutes
    for claim in CLAIMS.values():
        for seed in range(SEEDS):
            report = finished_part(claim, seed, folder=parts_folder())
            if report is not None:
                enter(rows, report)
    write(record, rows)
    for state in ("missing", "old"):
        for seed in range(SEEDS):
            if time.monotonic() < until:
                run(record, rows, state, seed, until, asked.processes)


def run(
    record: Any, rows: dict[str, Any], state: str, seed: int, until: float, processes: int | None
) -> None:
    """Run the claims that stand so with a seed, until the time is up."""
    done = [
        (claim.id, seed)
        for claim in CLAIMS.values()
        if standing(rows.get(claim.id), seed, name_of(claim)) != state
    ]
    reports = run_claims(
        [*CLAIMS.values()], (seed,), done=done, processes=processes, folder=parts_folder()
    )
    for report in reports:
        enter(rows, report)
        write(record, rows)
        if time.monotonic() > until:
            reports.close()


def enter(rows: dict[str, Any], report: Any) -> None:
    """Put a report in its row; say what came out other than recorded."""
    claim = CLAIMS[report.claim]
    rows[claim.id] = joined(rows.get(claim.id), row_of(claim, report, name_of(claim)))
    for check in report.surprises:
        print(f"{claim.id}, seed {report.seed}: {check.summary()}")


def write(record: dict[str, Any], rows: dict[str, Any]) -> None:
    """The table as it is, and its page."""
    found = [rows[claim] for claim in CLAIMS if claim in rows]
    made = record["made"] | provenance()
    if all(
        standing(rows.get(claim.id), seed, name_of(claim)) != "old"
        for claim in CLAIMS.values()
        for seed in range(SEEDS)
    ):
        # While a column is old the names stay: the table is stale where they are not today's.
        made["numbers"] = numbers_of("claims")
    table = {"claims": found, "made": made, "seeds": seeds_of(found)}
    text = json.dumps(table, indent=1, sort_keys=True) + "\n"
    (ROOT / "figures" / "tables" / "claims.json").write_text(text, encoding="utf-8")
    page = claims_markdown(table)
    (ROOT / "docs" / "claims.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
