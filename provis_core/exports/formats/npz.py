"""NPZ: the arrays of a table, or else its columns as arrays; without pickle."""

from __future__ import annotations

from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from ..record import Record, record_text
from ..tables import Table

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".npz",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write the arrays; of a column with unknown values numbers are NaN there, and words empty."""
    columns = zip(table.columns, zip(*table.rows, strict=True), strict=True) if table.rows else ()
    given = table.arrays or {name: _column(values) for name, values in columns}
    note = {name: value for name, value in table.about.items() if name == "model_note"}
    if isinstance(known := table.about.get("record"), dict):
        note["record"] = record_text(Record.from_values(known))
    arrays: dict[str, Any] = {name: np.asarray(values) for name, values in {**given, **note}.items()}
    if objects := [name for name, values in arrays.items() if values.dtype.hasobject]:
        raise TypeError(f"{', '.join(objects)} would need pickle")
    np.savez_compressed(file, **arrays)


def _column(values: tuple[Any, ...]) -> npt.NDArray[Any]:
    if any(isinstance(value, str) for value in values):
        return np.array(["" if value is None else str(value) for value in values])
    if any(value is None for value in values):
        return np.array([np.nan if value is None else float(value) for value in values])
    return np.array(values)
