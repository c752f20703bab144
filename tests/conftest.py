"""Verdicts of the checks that tests run are kept in a folder of their own."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("SLT_STATE", tempfile.mkdtemp(prefix="slt-state-"))
