"""The main job: check the catalogue, build and certify tickets, prove, draw, write the report."""

from __future__ import annotations

from slt_theory.report.job import MainJob
from slt_theory.report.main_job import run_main_job
from slt_theory.report.site import require_report, write_site

__all__ = ["MainJob", "require_report", "run_main_job", "write_site"]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
