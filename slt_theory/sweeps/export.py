"""Tables of finished sweeps: CSV, Parquet, a pandas frame. The same sweep gives the same bytes."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.extras import optional
from slt_theory.sweeps.draws import Cell, Tally, blocks_of
from slt_theory.sweeps.keys import canonical
from slt_theory.sweeps.kinds import Asked, Missing
from slt_theory.sweeps.spec import Sweep
from slt_theory.sweeps.store import Store

__all__ = ["check_format", "export", "frame", "rows"]


def rows(sweep: Sweep, store: Store) -> list[dict[str, Any]]:
    """The table, in the order of the points; exact parameters as floats, None where there is none.

    Raises
    ------
    BadInput
        If the store does not hold all of it.
    """
    known: dict[Cell, Tally] = {}

    def counts(cell: Cell) -> Tally:
        if cell not in known:
            total = Counter[str]()
            for block in blocks_of(cell, sweep.trials, sweep.block_trials):
                stored = store.get(block)
                if stored is None:
                    raise Missing(cell)
                total.update(stored.tally)
            known[cell] = dict(total)
        return known[cell]

    table: list[dict[str, Any]] = []
    for number, point in enumerate(sweep.points):
        try:
            found = sweep.of.read(Asked(point, sweep.trials, sweep.seed, counts))
        except Missing:
            text = f"point {number + 1} of {len(sweep.points)} is not finished"
            raise BadInput("store", str(store.path), text, "run the sweep to its end") from None
        table += [sweep.row(point, measured) for measured in found]
    return table


def frame(sweep: Sweep, store: Store) -> Any:
    """The table as a pandas frame, with the sweep in its ``attrs``."""
    pandas = optional("pandas", "tables", "a pandas frame")
    table = pandas.DataFrame(rows(sweep, store), columns=list(sweep.columns))
    table.attrs["sweep"] = sweep.to_dict()
    return table


def export(sweep: Sweep, store: Store, path: Path) -> Path:
    """Write the table; the name says the format: ``.csv``, ``.parquet``.

    A file appears whole or not at all. Floats are written with all their digits.

    Raises
    ------
    BadInput
        For another format, an unfinished sweep, or a place that cannot be written.
    MissingExtra
        For Parquet without pyarrow.
    """
    path = Path(path)
    check_format(path)
    data = (_csv if path.suffix == ".csv" else _parquet)(sweep, rows(sweep, store))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise BadInput("export", str(path), f"cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return path


def check_format(path: Path) -> None:
    """Refuse a table that could not be written, before anything is computed for it."""
    if path.suffix not in (".csv", ".parquet"):
        raise BadInput("export", str(path), "must end in .csv or .parquet")
    if path.suffix == ".parquet":
        optional("pyarrow", "tables", "Parquet")


def _csv(sweep: Sweep, table: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, sweep.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().encode()


def _parquet(sweep: Sweep, table: list[dict[str, Any]]) -> bytes:
    arrow = optional("pyarrow", "tables", "Parquet")
    parquet = optional("pyarrow.parquet", "tables", "Parquet")
    columns = {name: [row[name] for row in table] for name in sweep.columns}
    made = arrow.table(columns).replace_schema_metadata({"sweep": canonical(sweep.to_dict())})
    buffer = io.BytesIO()
    parquet.write_table(made, buffer)
    return buffer.getvalue()
