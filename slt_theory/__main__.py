"""``python -m slt_theory`` is the command ``slt``."""

from __future__ import annotations

from slt_theory.cli import main

if __name__ == "__main__":
    main()
