"""The text of a PDB or mmCIF file, plain or compressed, and which of the two it is."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from ...errors import InputError, StructureError

__all__ = ["load_structure_text", "object_name"]

_PDB_STARTS = (
    "HEADER",
    "ATOM  ",
    "HETATM",
    "MODEL ",
    "CRYST1",
    "REMARK",
    "TITLE ",
    "COMPND",
    "SEQRES",
    "OBSLTE",
)


def load_structure_text(path: str | Path) -> tuple[str, str]:
    """Read a structure file.

    Parameters
    ----------
    path : str or pathlib.Path
        A PDB or mmCIF file, also ``.gz``. What it is is told by its content, not by its name.

    Returns
    -------
    text : str
    file_format : str
        ``"pdb"`` or ``"mmcif"``.

    Raises
    ------
    InputError
        If there is no such file.
    StructureError
        If it cannot be unpacked, or is neither of the two.
    """
    path = Path(path).expanduser()
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise StructureError(
            f"{path.name} is a damaged gzip file ({exc})",
            "A complete file is needed",
            "Download the file again",
        ) from exc
    except OSError as exc:
        raise InputError(
            f"{path} cannot be read ({exc.strerror or exc})",
            "The path of a PDB or mmCIF file is needed",
            "Check the path",
        ) from exc
    text = data.decode("utf-8", errors="replace").lstrip("\ufeff")
    lines = [line for line in text[:100_000].splitlines() if line.strip() and not line.startswith("#")]
    if lines and lines[0].lower().startswith("data_"):
        return text, "mmcif"
    if any(line.startswith(_PDB_STARTS) for line in lines):
        return text, "pdb"
    shown = repr(lines[0][:40]) if lines else "nothing"
    raise StructureError(
        f"{path.name} begins with {shown}",
        "A PDB or mmCIF file is needed",
        "Download the file again, or choose another",
    )


def object_name(path: str | Path) -> str:
    """Name of the object that a file becomes, like ``1hpv`` for ``1hpv.pdb.gz``.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    str
    """
    name = Path(path).name
    for ending in (".gz", ".pdb", ".ent", ".cif", ".mmcif"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name
