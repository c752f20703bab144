"""Options of constructions on the command line, made from the fields of their classes."""

from __future__ import annotations

from functools import cache
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from slt_theory.tickets.building.options import Option

__all__ = ["ConstructionCommand", "asked_options"]

_KEY = "slt_theory.options"


class ConstructionCommand(TyperCommand):
    """Verb that takes the options of every construction besides its own.

    They are read from the papers when the verb runs or shows its help: no other verb pays for it.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the verb's own parameters and the constructions', ``--help`` last."""
        *own, last = super().get_params(ctx)
        return [*own, *_parameters(), last]

    def invoke(self, ctx: Any) -> Any:
        """Set the options of constructions aside, then run the verb."""
        ctx.meta[_KEY] = {name: ctx.params.pop(name) for name in _options()}
        return super().invoke(ctx)


def asked_options(ctx: typer.Context) -> dict[str, Any]:
    """Return the options of constructions that the command line names, as it writes them."""
    return {
        name: _options()[name][0][1].read(value) if isinstance(value, str) else value
        for name, value in ctx.meta[_KEY].items()
        if value not in (None, False)
    }


@cache
def _options() -> dict[str, list[tuple[str, Option]]]:
    """Every option by name, with the theorems that take it."""
    from slt_theory.tickets.building.construction import constructions

    found: dict[str, list[tuple[str, Option]]] = {}
    for theorem, construction in constructions().items():
        for name, option in construction.options().items():
            found.setdefault(name, []).append((theorem, option))
    return found


@cache
def _parameters() -> tuple[Any, ...]:
    """The same as parameters of a command, made by typer from the signature of a function."""

    def options() -> None:
        """Stand for a verb that takes nothing else."""

    described = [_described(name, taken) for name, taken in _options().items()]
    options.__signature__ = Signature(described)  # type: ignore[attr-defined]
    options.__annotations__ = {one.name: one.annotation for one in described}
    app = typer.Typer(add_completion=False)
    app.command()(options)
    return tuple(typer.main.get_command(app).params)


def _described(name: str, taken: list[tuple[str, Option]]) -> Parameter:
    words = " ".join(f"{option.help} ({theorem})" for theorem, option in taken)
    takes = taken[0][1].takes
    flag = f"--{name.replace('_', '-')}"
    if takes == "flag":
        kind: Any = Annotated[bool, typer.Option(flag, help=words)]
        return Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=kind)
    kind = Annotated[str | None, typer.Option(flag, help=words, metavar=f"<{takes}>")]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)
