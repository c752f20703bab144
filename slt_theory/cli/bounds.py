"""slt bound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Delta, Eps, Json, emit, number, number_if_given, table
from slt_theory.defaults import DELTA
from slt_theory.errors import BadInput, exactly_one
from slt_theory.user_files import is_reference

_HEAD = """# Bounds compared over one architecture

Written by `slt bound --all --param arch=ARCH (--eps E | --network-eps E) --out FILE`; do not edit.
n is the number of candidates of one subset sum, and "weights" are those of the random
network. *Certified*: proved to suffice for the whole network at delta. *Counting*: fewer cannot
suffice for one sum, whatever delta. *Necessary*: with fewer, one sum misses its target with
probability above delta. *Measured*: suffices for one sum, all targets of [-1, 1], at
the failure probability in the title, larger than its share of delta. *Stated*: the paper's own
number. Theorems with unnamed constants have no number of their own.

"""


def register(app: typer.Typer) -> None:
    """Add ``bound`` to the command line."""
    app.command("bound")(bound)


Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID|FILE.py:NAME]...")]
NetworkEps = Annotated[str | None, typer.Option(help="Sup-norm error of a network.")]
Lo = Annotated[str | None, typer.Option(help="Window of targets; default the statement's.")]
Hi = Annotated[str | None, typer.Option()]
AskedLaw = Annotated[
    str | None, typer.Option(help="Ask for this law (slt laws); without an ID, of it alone.")
]
Parameters = Annotated[
    list[str] | None, typer.Option(help="k=v: arch=784-500-10, arch=lenet5, or a symbol.")
]
Every = Annotated[bool, typer.Option("--all", help="Compare all theorems over one architecture.")]
Compare = Annotated[
    bool, typer.Option("--compare", help="Formulas of several IDs: which is smallest when.")
]
TableOut = Annotated[Path | None, typer.Option(help="With --all: append the table here.")]
MeasuredTrials = Annotated[int, typer.Option(help="Trials behind the measured number; 0: none.")]
PlainSeed = Annotated[int, typer.Option()]


def bound(
    ids: Ids = None,
    eps: Eps = None,
    network_eps: NetworkEps = None,
    delta: Delta = DELTA,
    lo: Lo = None,
    hi: Hi = None,
    law: AskedLaw = None,
    param: Parameters = None,
    every: Every = False,
    compare: Compare = False,
    out: TableOut = None,
    trials: MeasuredTrials = 2000,
    seed: PlainSeed = 0,
    json: Json = False,
) -> None:
    """Show a theorem's n: certified, measured, necessary and counting numbers.

    Also for your own bound (FILE.py:NAME), or for a law and no bound (--law).
    """
    parameters = _parameters(param)
    if compare:
        _regimes(ids or [], parameters, delta, json)
        return
    own = _is_own(ids or [], law)
    exactly_one(eps=eps, network_eps=network_eps)
    if trials < 0:
        raise BadInput("trials", trials, "must be at least 0", "with 0 nothing is measured")
    sizes: dict[str, Any] = {
        "eps": number_if_given("eps", eps),
        "network_eps": number_if_given("network_eps", network_eps),
        "delta": delta,
        "trials": trials,
        "seed": seed,
    }
    if every:
        _compare(parameters, sizes, out, json)
        return
    window: dict[str, Any] = {"lo": number_if_given("lo", lo), "hi": number_if_given("hi", hi)}
    theorem_id = ids[0] if ids else None
    if own:
        _own(theorem_id, law, {**sizes, **window, "parameters": parameters}, json)
        return
    if theorem_id is None:
        raise BadInput("ID", "missing", "is needed", "slt list shows the ids, --all compares")
    from slt_theory.experiments.bounds import bound_numbers

    report = bound_numbers(theorem_id, law=law, parameters=parameters, **window, **sizes)
    text = _text(report, delta, parameters.get("arch", ""))
    emit(report.to_dict(), text, as_json=json)


def _is_own(ids: list[str], law: str | None) -> bool:
    """True for a bound of one's own or a law alone, False for a theorem of the catalogue."""
    if len(ids) > 1:
        raise BadInput("ID", ids, "is one id", "--compare takes several")
    own = is_reference(ids[0]) if ids else law is not None
    if ids and not own:
        from slt_theory.theorems import get

        # A mistyped id is named before what else may be missing.
        get(ids[0])
    return own


def _own(reference: str | None, law: str | None, asked: dict[str, Any], json: bool) -> None:
    """The numbers of a bound of one's own, or of a law alone."""
    from slt_theory.experiments.claims import claim_of
    from slt_theory.experiments.own_bounds import law_numbers, own_numbers
    from slt_theory.experiments.question import Question
    from slt_theory.theorems import Bound

    for name in ("network_eps", "parameters"):
        if asked.pop(name):
            raise BadInput(name, "given", "is for theorems of the catalogue", "give --eps")
    delta, trials, seed = (asked[name] for name in ("delta", "trials", "seed"))
    if reference is None:
        ends = (("lo", -1), ("hi", 1))
        window = (usual if asked[end] is None else asked[end] for end, usual in ends)
        question = Question.of(law, asked["eps"], "all", *window)
        report = law_numbers(question, delta, name=str(law), trials=trials, seed=seed)
    else:
        bound = claim_of(reference, law)
        if not isinstance(bound, Bound):
            raise BadInput("ID", reference, "must name a slt_theory.Bound", "give a theorem's id")
        report = own_numbers(bound, **asked)
    emit(report.to_dict(), _text(report, delta), as_json=json)


def _regimes(ids: list[str], parameters: dict[str, str], delta: float, json: bool) -> None:
    """Print for which eps which of the bounds is smallest."""
    from slt_theory.theorems.regimes import compare_formulas, shown

    values = {name: float(number(name, text)) for name, text in parameters.items()}
    found = compare_formulas(ids, values, delta)
    units = set(found.units.values())
    best = "largest" if len(found.necessary) == len(found.units) else "smallest"
    lines = [
        table(["eps", best, *found.units], shown(found)),
        *(f"{name}: {unit}" for name, unit in found.units.items()),
        *(
            f"{name}: unnamed {', '.join(symbols)} set to {_set(symbols, found.values)}; an order"
            for name, symbols in found.unnamed.items()
            if symbols
        ),
        *(
            f"{name}: a bound from below, which wins over nothing that suffices"
            for name in found.necessary
        ),
        *(
            f"{name}: below {other}, which is necessary: so its constant is above 1"
            for name, other in found.below.items()
        ),
        *(
            f"{name}: says nothing where not {'; '.join(texts)}"
            for name, texts in found.broken.items()
            if texts
        ),
        *(["the units differ: the numbers are of different things"] if len(units) > 1 else []),
    ]
    emit(found.to_dict(), "\n".join(lines), as_json=json)


def _set(symbols: tuple[str, ...], values: dict[str, float]) -> str:
    return ", ".join(f"{values[name]:g}" for name in symbols)


def _parameters(items: list[str] | None) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for item in items or []:
        key, equals, value = item.partition("=")
        if not equals:
            raise BadInput("param", item, "must be k=v")
        parameters[key] = value
    return parameters


def _text(report: Any, delta: float, architecture: str = "") -> str:
    rows = _numbers(report)
    if report.fit is not None:
        rows.append(["fitted", f"{report.fitted:.1f}", _fit(report)])
    if report.stated is not None:
        rows.append(["stated", f"{report.stated:.6g}", "the formula of the statement itself"])
    broken = [a["text"] for a in report.assumptions if not a["holds"]]
    lines = [
        f"{report.id}: {report.unit}; window {list(report.window)}, delta {delta:g}",
        *(f"assumption fails: {text}" for text in broken),
        table(["number", "n", ""], rows),
    ]
    if report.network is not None:
        lines += [f"read: {line}" for line in _layers(architecture)]
        lines += _network(report.network)
    lines += report.notes
    return "\n".join(lines)


def _numbers(report: Any) -> list[list[str]]:
    from slt_theory.certified.statistical_table import WORDS

    never = report.trials and report.measured is None
    easier = ", a random target" if report.measured_targets == "random" else ""
    words = {
        "certified": _why(report.proof, "proved to suffice, proof {}"),
        "statistical": _why(report.statistical_row, f"certified by statistics, row {{}}: {WORDS}"),
        "measured": "not reached with 400"
        if never
        else _why(report.measured_interval, f"in {{}} at 95 %, {report.trials} trials{easier}"),
        "necessary": _why(report.necessary_proof, "fewer fail too often, proof {}"),
        "counting": _why(report.counting, "fewer have too few subsets"),
    }
    return [[name, _shown(getattr(report, name)), why] for name, why in words.items()]


def _fit(report: Any) -> str:
    value, low, high = report.fit["constants"]["C"]
    words = (
        f"{report.fit['model']}, C = {value:.3g} in [{low:.3g}, {high:.3g}], "
        f"worst residual {report.fit['worst']:.0%}"
    )
    poor = "" if report.fit["good"] else ": a poor fit"
    return words + poor + ("; below what is necessary" if report.fitted_excluded else "")


def _network(cost: Any) -> list[str]:
    lines = [
        f"network: {cost['target_weights']:,} target weights, {cost['sums']:,} sums, each at "
        f"eps = {cost['entry_eps']:.4g} ({cost['rule']}), delta = {cost['delta_per_sum']:.3g}"
    ]
    if cost["at_certified"] is not None:
        sizes = cost["at_certified"]
        lines.append(
            f"certified source: depth {sizes['depth']}, widths {sizes['widths']}, "
            f"{sizes['source_weights']:,} random weights, {sizes['mask_bits']:,} mask bits"
        )
    return lines


def _layers(architecture: str) -> list[str]:
    """The target network of a bound, a line a layer."""
    from slt_theory.theorems.networks import parse_architecture

    shapes = parse_architecture(architecture)
    return [
        f"layer {number}: {shape.inputs} -> {shape.outputs}"
        + (f", kernels of {shape.taps} taps" if shape.taps > 1 else "")
        for number, shape in enumerate(shapes, start=1)
    ]


def _shown(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def _why(value: Any, text: str) -> str:
    return "" if value is None else text.format(value)


def _compare(
    parameters: dict[str, str], sizes: dict[str, Any], out: Path | None, json: bool
) -> None:
    from slt_theory.experiments.comparison import ONE_SUM, compare_bounds, comparison_markdown
    from slt_theory.theorems.networks import parse_architecture

    if "arch" not in parameters:
        raise BadInput("arch", "missing", "is needed", "--param arch=784-500-10")
    rows = compare_bounds(parse_architecture(parameters["arch"]), **sizes)
    error = (
        f"per-weight eps = {_decimal(sizes['eps'])}"
        if sizes["eps"] is not None
        else f"network eps = {_decimal(sizes['network_eps'])}"
    )
    title = (
        f"{parameters['arch']}, {error}, delta = {sizes['delta']:g} "
        f"(measured: one sum at delta = {ONE_SUM:g}, {sizes['trials']} trials)"
    )
    text = comparison_markdown(title, rows)
    if out is not None:
        try:
            new = not out.exists()
            with out.open("a", encoding="utf-8") as handle:
                handle.write((_HEAD if new else "") + text + "\n")
        except OSError as failure:
            raise BadInput("out", str(out), f"cannot be written ({failure.strerror})") from failure
    emit({"rows": [row.to_dict() for row in rows], "title": title}, text, as_json=json)


def _decimal(value: Fraction) -> str:
    return f"{float(value):g}"
