"""What the command line says when something fails: one line on stderr, or JSON, and a code."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import sys
import traceback
from typing import Any

import typer

from slt_theory.errors import SltError

__all__ = ["FAULT", "failure_record", "run_app"]

FAULT = 70
"""Exit code of a fault of this package: it must look neither like a verdict nor like bad input."""

_OF_THE_DISK = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), 5),
    **dict.fromkeys((errno.EROFS, errno.EACCES), 2),
}
"""Exit codes of a full disk or quota, and of a place that may not be written: no faults of ours."""

# Usage errors, wherever this version of typer keeps them.
_Wrong: type[Any] = typer.BadParameter.__mro__[2]


def failure_record(error: BaseException) -> dict[str, Any]:
    """An error as plain data: kind, argument, value, message, way_out; None where there is none."""
    value = getattr(error, "value", None)
    option = getattr(error, "param", None)
    plain = isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    return {
        "error": {
            "kind": type(error).__name__,
            "argument": getattr(error, "argument", getattr(option, "name", None)),
            "value": value if plain or value is None else str(value)[:200],
            "message": error.format_message() if isinstance(error, _Wrong) else str(error),
            "way_out": getattr(error, "way_out", None) or None,
        }
    }


def run_app(app: typer.Typer, *, as_json: bool) -> int:
    """Run the command line; errors become one line on stderr, with --json also one JSON object.

    Returns
    -------
    int
        The documented exit code.
    """
    try:
        # With --json a wrong use is an answer like any other; else typer shows its usage.
        return int(app(standalone_mode=not as_json) or 0)
    except SltError as error:
        return _failed(error, str(error), error.exit_code, as_json)
    except MemoryError as error:
        return _failed(error, f"out of memory ({error}); ask for less", 5, as_json)
    except KeyboardInterrupt as error:
        code = getattr(error, "exit_code", 130)
        return _failed(error, str(error) or "interrupted", code, as_json)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        code = _OF_THE_DISK.get(error.errno or 0, FAULT)
        if code == FAULT:
            traceback.print_exc()
            return _failed(error, "", FAULT, as_json)
        place = error.filename or "standard output"
        return _failed(error, f"{place} cannot be written: {error.strerror}", code, as_json)
    except Exception as error:
        if isinstance(error, _Wrong):
            # The parser of an option raised it: the argument, its value and the way out are there.
            cause = error.__cause__ or error.__context__
            if isinstance(cause, SltError):
                return _failed(cause, str(cause), 2, as_json)
            return _failed(error, error.format_message(), 2, as_json)
        traceback.print_exc()
        return _failed(error, "", FAULT, as_json)


def _failed(error: BaseException, line: str, code: int, as_json: bool) -> int:
    if line:
        typer.echo(f"slt: {line}", err=True)
    if as_json:
        with contextlib.suppress(OSError):  # standard output itself may be what has failed
            typer.echo(json.dumps(failure_record(error), ensure_ascii=False))
    return code
