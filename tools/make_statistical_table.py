"""Run every plan of `slt_theory.certified.statistical_table` and write its table.

Rows that are stored with their plan unchanged are kept. About 25 minutes on one core:

    python tools/make_statistical_table.py
"""

from __future__ import annotations

import json
from pathlib import Path

from slt_theory.certified.statistical_table import PLANS, Profile
from slt_theory.experiments.statistical import run_plan

TABLE = Path(__file__).parents[1] / "slt_theory" / "tables" / "statistical.json"


def main() -> None:
    """Run the plans that have no stored trials, and write the table after each."""
    records = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else []
    stored = {profile.plan: profile for profile in map(Profile.of, records)}
    for plan in PLANS:
        if plan not in stored:
            stored[plan] = run_plan(plan)
            print(f"{plan.key}: {plan.trials:,} trials, {stored[plan].seconds:.0f} s", flush=True)
        rows = [stored[p].to_dict() for p in PLANS if p in stored]
        lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        TABLE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
