"""The report: one self-contained page, readable without a network."""

from __future__ import annotations

import io
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

from slt_theory.errors import BadInput, MissingExtra
from slt_theory.report.main_job import MainJob

__all__ = ["write_page"]


def _svg(job: MainJob) -> str:
    from importlib import import_module

    import matplotlib

    from slt_theory.plotting import style

    with matplotlib.rc_context(style("plain")):
        figure = import_module("slt_theory.figures").load("success_vs_n").draw(job.figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _number(value: Any, digits: int = 3) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.{digits}g}"


def write_page(job: MainJob, out: Path) -> Path:
    """Write ``index.html`` and ``results.json`` into `out`; return the page's path.

    Raises
    ------
    MissingExtra
        Without jinja2.
    BadInput
        If the folder cannot be written.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise MissingExtra("report", "the report page") from None
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["num"] = _number
    template = environment.from_string(
        files("slt_theory").joinpath("report/page.html").read_text(encoding="utf-8")
    )
    html = template.render(job=job, figure=_svg(job), good=not job.surprises)
    page = out / "index.html"
    _write(page, html)
    _write(out / "results.json", json.dumps(job.to_dict(), indent=1) + "\n")
    return page


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise BadInput("out", str(path), f"cannot be written ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)
