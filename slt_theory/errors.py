"""One tree of errors: each names what is wrong, with which value, and the way out.

Every error carries the exit code that the command line returns for it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

__all__ = [
    "BadInput",
    "KernelMismatch",
    "MissingExtra",
    "MissingProgram",
    "NeedsMemory",
    "NotFoundWithinLimits",
    "SltError",
    "Stopped",
    "TimeIsUp",
    "UnreadableFile",
    "exactly_one",
    "gibibytes",
]


class SltError(Exception):
    """Root of all errors raised on purpose by this package."""

    exit_code = 2


def _shown(value: Any) -> str:
    """Return text as it is, an exact number as a person would write it, the rest by ``repr``."""
    if isinstance(value, str):
        return value
    if isinstance(value, Fraction):
        written = str(float(value)) if value.denominator > 1 and abs(value) < 1e16 else str(value)
        return written if Fraction(written) == value else str(value)
    if type(value) is tuple and any(isinstance(one, Fraction) for one in value):
        return f"({', '.join(map(_shown, value))})"
    return repr(value)


class BadInput(SltError, ValueError):
    """An argument that cannot be used.

    Parameters
    ----------
    argument : str
        Name of the argument, as the caller wrote it.
    value : object
        What was given.
    constraint : str
        What it has to satisfy.
    way_out : str
        What to do instead.
    """

    def __init__(self, argument: str, value: Any, constraint: str, way_out: str = "") -> None:
        self.argument = argument
        self.value = value
        self.constraint = constraint
        self.way_out = way_out
        shown = _shown(value)
        if len(shown) > 200:
            shown = shown[:200] + "..."
        text = f"{argument} = {shown}: {constraint}"
        super().__init__(f"{text}; {way_out}" if way_out else text)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.argument, self.value, self.constraint, self.way_out)


def exactly_one(**given: Any) -> None:
    """Refuse alternatives of which none, or more than one, is given (is not None).

    Examples
    --------
    >>> exactly_one(eps=None, network_eps=0.1)
    """
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        options = " or ".join(f"--{name.replace('_', '-')}" for name in given)
        what = "both given" if names else "not given"
        raise BadInput(", ".join(given), what, "exactly one is needed", f"give {options}")


class UnreadableFile(BadInput):
    """A file that is missing, truncated, or not what it should be."""


class NotFoundWithinLimits(SltError):
    """The search ended at its limits with neither an answer nor a proof of absence."""

    exit_code = 3


class TimeIsUp(KeyboardInterrupt):
    """The time that a command may take is over: it ends as Ctrl-C ends it, with exit code 5."""

    exit_code = 5

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the {seconds:g} s of --max-time are over")


class Stopped(KeyboardInterrupt):
    """A computation that Ctrl-C or a limit of time ended, with the answer from what was done.

    Attributes
    ----------
    partial : object
        A result like that of the whole computation, from the finished part; it says so.
    exit_code : int
        130, or 5 for a limit of time.
    """

    def __init__(self, cause: BaseException, partial: Any) -> None:
        self.partial = partial
        self.exit_code = getattr(cause, "exit_code", 130)
        super().__init__(str(cause) or "interrupted")


class MissingExtra(SltError, ImportError):
    """An optional part that is not installed."""

    exit_code = 4

    def __init__(self, extra: str, what: str) -> None:
        self.extra = extra
        self.what = what
        index, checkout = f"'slt-theory[{extra}]'", f"'.[{extra}]'"
        self.way_out = f"pip install {checkout} in a checkout, else pip install {index}"
        super().__init__(f"{what} needs the extra '{extra}': {self.way_out}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.extra, self.what)


class KernelMismatch(SltError):
    """Compiled code that does not give what its slow reference gives: a fault of the machine."""

    exit_code = 70

    def __init__(self, what: str, folder: str) -> None:
        self.given = (what, folder)
        super().__init__(
            f"{what}: the compiled code differs from its reference on this machine, so nothing was "
            f"decided; remove the compiled kernels in {folder} and try again"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.given


class MissingProgram(SltError):
    """A program outside Python that is not on the PATH."""

    exit_code = 4

    def __init__(self, program: str, what: str, install: str) -> None:
        self.given = (program, what, install)
        self.way_out = install
        super().__init__(f"{what} needs {program}, which is not on the PATH; install it: {install}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.given


def gibibytes(size: int) -> str:
    """A number of bytes as people read it, 1.25 GiB."""
    # Beyond 2^80 bytes a quotient may be no float, and says no more than the power.
    return f"{size / 2**30:.2f} GiB" if size < 1 << 80 else f"2^{size.bit_length() - 1} bytes"


class NeedsMemory(SltError, MemoryError):
    """A request beyond the memory that may be taken; raised before anything is allocated."""

    exit_code = 5

    def __init__(self, what: str, needed_bytes: int, allowed_bytes: int, way_out: str) -> None:
        self.given = (what, needed_bytes, allowed_bytes, way_out)
        self.way_out = way_out
        self.needed_bytes = needed_bytes
        self.allowed_bytes = allowed_bytes
        super().__init__(
            f"{what} needs {gibibytes(needed_bytes)}, more than the "
            f"{gibibytes(allowed_bytes)} allowed; {way_out}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.given
