"""The main job: check the catalogue, build and certify tickets, prove, draw, write one page."""

from __future__ import annotations

from slt_theory.report.main_job import MainJob, run_main_job
from slt_theory.report.page import write_page

__all__ = ["MainJob", "run_main_job", "write_page"]
