"""A table as Parquet: typed columns; what the rows are about stands in the metadata of the schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import InstallError
from ..exports.tables import Table, plain_value
from ..system.whole_files import write_whole

__all__ = ["save_parquet"]


def save_parquet(path: Path, table: Table) -> None:
    """Write a table.

    Parameters
    ----------
    path : pathlib.Path
    table : Table

    Raises
    ------
    InstallError
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InstallError(
            "pyarrow is not installed in this Python",
            "The tables of a survey are written as Parquet, too",
            "Install what surveys need: pip install provis-attn[survey]",
        ) from error
    columns: dict[str, list[Any]] = {
        name: [plain_value(row[k]) for row in table.rows] for k, name in enumerate(table.columns)
    }
    about = {"about": json.dumps(dict(table.about), ensure_ascii=False)}
    with write_whole(path) as temporary:
        parquet.write_table(pyarrow.table(columns).replace_schema_metadata(about), temporary)
