"""The table of `slt_theory.experiments.window_trials` as Markdown, whole and one line a sample."""

from __future__ import annotations

from typing import Any

__all__ = ["summary_markdown", "trials_markdown"]


def trials_markdown(table: dict[str, Any]) -> str:
    """The table of the figure `window_trials` as Markdown, one line a claim."""
    names = ["law, targets", "(eps, delta)", "bound", "n", "probability", "trials", "seen", "p"]
    lines = [
        f"| {' | '.join([*names, 'detects', 'refused at'])} |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for sample in table["samples"]:
        law, _, end = sample["key"].split(":")
        place = [f"{law}, ±{end}", f"({sample['eps']:g}, {sample['delta']:g})"]
        for one in sample["claims"]:
            cells = [
                *place,
                one["kind"],
                str(one["n"]),
                f"{'≥' if one['side'] == 'below' else '≤'} {one['chance']:.5g}",
                f"{sample['trials']:,}",
                f"{one['failures']:,}",
                f"{one['p']:.2g}",
                f"{one['detects']:.3g}",
                "–" if one["refused"] is None else str(one["refused"]),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


_SHORT = ("necessary", "floor", "by statistics", "certified")


def summary_markdown(table: dict[str, Any]) -> str:
    """One line a sample: shares of trials beside their bounds, and n refused on either side."""
    names = ["law", "(ε, δ)", "trials", *_SHORT, "necessary refused", "enough refused"]
    lines = [f"| {' | '.join(names)} |", f"|---|---|{'--:|' * 7}"]
    for sample in table["samples"]:
        rows = {kind: [c for c in sample["claims"] if c["kind"] == kind] for kind in _SHORT}
        # Of the floors the one at the necessary n.
        shown = [rows[kind][len(rows[kind]) // 2] if rows[kind] else None for kind in _SHORT]
        cells = [
            sample["law"],
            f"({sample['eps']:g}, {sample['delta']:g})",
            f"{sample['trials']:,}",
        ]
        cells += ["" if one is None else _seen(one, sample["trials"]) for one in shown]
        refused = [None if one is None else one["refused"] for one in (shown[0], shown[3])]
        cells += ["" if n is None else f"{sign} {n}" for sign, n in zip("≥≤", refused, strict=True)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _seen(one: dict[str, Any], trials: int) -> str:
    """Number of items, the share that missed, and its bound: ``"9: 0.189 ≥ 0.148"``."""
    share = one["failures"] / trials
    shown = f"{share:.3g}" if share else "0"
    return f"{one['n']}: {shown} {'≥' if one['side'] == 'below' else '≤'} {one['chance']:.3g}"
