"""The front door: a ticket of a target, by a construction, with its certificate."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from slt_theory.errors import BadInput
from slt_theory.networks import Attention, Network, Target
from slt_theory.progress import Progress, shown
from slt_theory.tickets.building.construction import Construction, constructions, find
from slt_theory.tickets.building.options import Number, refuse_unknown
from slt_theory.tickets.building.request import BuildSettings, PairSolver
from slt_theory.tickets.checking.attention_check import certify_attention
from slt_theory.tickets.checking.certificate import certify
from slt_theory.tickets.checking.transformer_check import certify_transformer
from slt_theory.tickets.domain import Domain
from slt_theory.tickets.keeping import keeping_of
from slt_theory.tickets.ticket import Ticket

__all__ = ["build_ticket", "chosen", "construction_of", "options_by_name"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def construction_of(
    theorem: str | None, options: Mapping[str, Any], also: frozenset[str] = frozenset()
) -> Construction:
    """Return the construction of a theorem with options by name.

    Parameters
    ----------
    theorem : str or None
        None takes the one that the papers name as default.
    options : mapping
    also : frozenset of str
        Names that the caller knows besides; they help to say the nearest.

    Raises
    ------
    BadInput
        If the theorem has no construction, it does not take an option, or a value is out of range.
    """
    made = find(theorem)
    takers: dict[str, str] = {}
    for other in constructions().values():
        for name in other.options():
            takers[name] = f"{takers[name]}, {other.theorem}" if name in takers else other.theorem
    known = {*made.options(), *also}
    refuse_unknown(options, known, made.theorem, takers)
    return made(**options)


def options_by_name(door: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a door take options of a construction by their names, beside its ``theorem``.

    The signature that editors and mypy see is the door's own; a name that is neither its nor the
    construction's raises `BadInput`, with the nearest one.
    """
    own = frozenset(inspect.signature(door).parameters)

    @wraps(door)
    def opened(*args: Arguments.args, **given: Arguments.kwargs) -> Result:
        loose = {name: value for name, value in given.items() if name not in own}
        if not loose:
            return door(*args, **given)
        if len(args) > 1 or given.get("construction") is not None:
            raise BadInput(
                ", ".join(loose), "given", "goes with theorem=...", "or is a field of it"
            )
        theorem: Any = given.pop("theorem", None)
        known = own - {"target", "module", "construction"}
        given["construction"] = construction_of(
            theorem, {name: value for name, value in loose.items() if value is not None}, known
        )
        for name in loose:
            del given[name]
        return door(*args, **given)

    return opened


def chosen(construction: Construction | None, theorem: str | None) -> Construction:
    """Return the construction that was given, or that of a theorem with its defaults.

    Raises
    ------
    BadInput
        If it is no construction, or both are given and differ.
    """
    if construction is None:
        return construction_of(theorem, {})
    if not isinstance(construction, Construction):
        shown = construction if isinstance(construction, str) else type(construction).__name__
        way_out = "name one as theorem='...'"
        if isinstance(construction, type):
            shown, way_out = construction.__name__, f"make one: {construction.__name__}()"
        raise BadInput("construction", shown, "is no construction", way_out)
    if theorem not in (None, construction.theorem):
        raise BadInput("theorem", theorem, f"is not that of {construction!r}", "give one of them")
    return construction


@options_by_name
def build_ticket(
    target: Target,
    construction: Construction | None = None,
    *,
    theorem: str | None = None,
    eps: Number | None = None,
    network_eps: Number | None = None,
    seed: int = 0,
    n: int | None = None,
    objective: str = "eps",
    signs: str = "both",
    domain: str | Domain | None = None,
    threads: int | None = None,
    progress: Progress = None,
    solver: PairSolver | None = None,
    expect: Callable[[int], None] | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    max_memory: int | None = None,
) -> Ticket:
    """Find a target network inside a random one, by a theorem's construction.

    Parameters
    ----------
    target : Network, Attention or PlainTransformer
    construction : Construction, optional
        A class of `slt_theory.papers` with its options, such as
        ``FrozenSource(prune=Fraction(1, 4))``; default: two random layers for each of the target's.
    theorem : str, optional
        The same by catalogue id; options then go by their names, ``theorem="...", prune="1/4"``.
    eps, network_eps : number
        Error allowed per weight, or sup-norm error allowed for the network; exactly one.
    seed : int
        Of the source network.
    n : int, optional
        Candidates of one sum, dead neurons included; default: the smallest n whose
        estimated chance of any failure is at most 1 %, and a tenth more should a sum fail.
    objective : "eps" or "best"
        Any subset within eps, or the exact optimum of every sum.
    signs : "both" or "needed"
        Build both halves of every gadget, or only those that non-negative inputs leave.
    domain : str, optional
        Inputs: ``box:lo,hi`` (every coordinate) or ``ball:radius``; default: ``box:0,1``, for the
        tokens of an attention layer ``box:-1,1``, of a transformer ``ball:1``.
    solver : PairSolver, optional
        Solves the sums of gadget pairs, such as ``slt_theory.torch.OnDevice("cuda")``; default:
        compiled code. The masks are the same, bit for bit.
    threads, progress, expect
        Default: all cores. `progress` is called with the number of finished sums, or True for a
        line on stderr; `expect` with that of all sums.
    out : path, optional
        Where the ticket will be written. Masks are then kept in ``OUT.partial`` beside it as they
        are built, and a build that was broken off goes on there; its result is the same to the
        byte. `write_ticket` removes the file.
    fresh : bool
        Begin again, whatever ``OUT.partial`` holds.
    max_memory : int, optional
        Bytes that a build may take; default: what is free.

    Returns
    -------
    Ticket
        With its certificate. Sums that no subset reaches are listed in ``unreached``; the ticket is
        then incomplete and `verify` says so.

    Raises
    ------
    BadInput
        If an argument is out of range, unknown, or the theorem does not cover the target.
    NeedsMemory
        If the masks would not fit; nothing is allocated.

    Examples
    --------
    >>> from slt_theory.networks import Dense
    >>> ticket = build_ticket(Dense([[[0.5, -0.25]]]), eps=0.05, seed=1)
    >>> ticket.complete, ticket.certificate["max_weight_error"] <= 0.05
    (True, True)
    """
    made = chosen(construction, theorem)
    if not isinstance(target, Target):
        kinds = "must be a network, an attention layer or a transformer of such"
        raise BadInput("target", type(target).__name__, kinds)
    if solver is not None and not callable(solver):
        way_out = "e.g. slt_theory.torch.OnDevice('cpu')"
        raise BadInput("solver", solver, "must be a solver of gadget pairs", way_out)
    settings = BuildSettings(
        eps, network_eps, seed, n, objective, signs, domain, threads, None, solver
    )
    asked = {one.name: getattr(settings, one.name) for one in fields(settings)}
    # These do not decide the ticket.
    asked |= dict.fromkeys(("threads", "progress", "solver", "first_stream"))
    asked |= {**asdict(made), "theorem": made.theorem, "domain": domain or made.domain}
    keeping = keeping_of(target, asked, out=out, fresh=fresh, max_memory=max_memory, expect=expect)
    with shown(progress, "sums", None) as advance:
        ticket = made.ticket(target, replace(settings, progress=advance), keeping)
    if isinstance(target, Network):
        return certify(ticket, target)
    if isinstance(target, Attention):
        return certify_attention(ticket, target)
    return certify_transformer(ticket, target)
