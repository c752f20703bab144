"""Makes the slow references importable; tickets that several tests look at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def powers():
    """The published family at the smallest published error."""
    from slt_theory.universal import build_universal

    return build_universal("powers:1-4", eps=5.8e-4, seed=1)
