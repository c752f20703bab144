"""Where a run took place: versions, machine, and the commit if the package is a checkout."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from slt_theory.provenance import provenance

__all__ = ["commit", "origin"]


def commit() -> str | None:
    """The checked-out commit, with a "+" if files differ from it; None outside a checkout."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    try:
        head, changed = (
            subprocess.run(
                ["git", "-C", str(root), *arguments],
                capture_output=True,
                text=True,
                check=True,
                timeout=10,
            ).stdout.strip()
            for arguments in (
                ("rev-parse", "HEAD"),
                ("--no-optional-locks", "status", "--porcelain", "--untracked-files=no"),
            )
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return head + "+" if changed else head


def origin() -> dict[str, str | int | None]:
    """The record that is stored with each run."""
    return {
        **provenance("distributed"),
        "host": platform.node(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "commit": commit(),
    }
