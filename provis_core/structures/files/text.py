"""The text of a PDB or mmCIF file, plain or compressed, and which of the two it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...errors import InputError, StructureError
from ...system.given_files import find_path, load_bytes

__all__ = ["load_structure_text", "object_name"]

_LARGEST: Final = 10**9  # bytes; the largest of the archive, a virus of 2.4 million atoms, has 300 MB
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
    path = find_path(path)
    try:
        data = load_bytes(path, largest=_LARGEST)
    except OSError as exc:
        raise InputError(
            f"{path} cannot be read ({exc.strerror or exc})",
            "The path of a PDB or mmCIF file is needed",
            "Check the path",
        ) from exc
    except ValueError as exc:
        raise StructureError(
            f"{path.name} {exc}",
            "A complete PDB or mmCIF file is needed",
            "Download the file again, or check whether it is the one that was meant",
        ) from exc
    text = data.decode("utf-8-sig", errors="replace")
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
