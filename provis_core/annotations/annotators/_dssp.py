"""The program mkdssp, and what it writes: the classic table or mmCIF.

DSSP: Kabsch & Sander, Biopolymers 22 (1983) 2577. Both the 4.x and the 3.x command lines are known.
"""

from __future__ import annotations

import dataclasses
import functools
import shutil
import string
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ...errors import InstallError, StructureError
from ...structures.chain import Chain, ResidueId
from ...structures.files.cif import read_cif
from ...structures.files.text import load_structure_text
from ...structures.subject import SecondaryStructure
from ...system.given_files import find_path, has_file, load_text

__all__ = ["load_dssp", "parse_dssp", "run_dssp"]

_TIMEOUT: Final = 600  # s; a ribosome takes some minutes

_CONF_TYPES: Final = {
    "HELX_RH_AL_P": "H", "HELX_RH_3T_P": "G", "HELX_RH_PI_P": "I", "HELX_LH_PP_P": "P",
    "STRN": "E", "TURN_TY1_P": "T", "BEND": "S", "HELX_P": "H",
}  # fmt: skip


def run_dssp(path: str | Path, chain: Chain, *, program: str = "mkdssp") -> SecondaryStructure:
    """Assign the secondary structure of a chain with mkdssp.

    Parameters
    ----------
    path : str or pathlib.Path
        The structure file that the chain is from.
    chain : Chain
    program : str
        Name or path of mkdssp.

    Returns
    -------
    SecondaryStructure

    Raises
    ------
    InstallError
        If there is no mkdssp.
    StructureError
        If it fails, or assigns nothing to the chain.
    """
    found = shutil.which(program)
    if found is None:
        raise InstallError(
            f"The program {program} is not installed",
            "mkdssp (DSSP) is needed for helix, strand, turn and other",
            "Install it (conda-forge and Debian have it as dssp), or give «file=» with its output",
        )
    path = find_path(path, "«file=»")
    changed = path.stat().st_mtime_ns if has_file(path) else 0
    result, source, spare = _assign(found, path, changed, len(chain.chain_id) > 1)
    return parse_dssp(result, chain if chain.chain_id else _with_chain_id(chain, spare), source)


@functools.lru_cache(maxsize=4)
def _assign(program: str, path: Path, changed: int, has_long_ids: bool) -> tuple[str, str, str]:
    """What mkdssp writes of a file, who it is, and the letter that chains without id got.

    All chains of a file are assigned at once. `changed` is its time stamp: an edited file is read again.
    """
    text, file_format = load_structure_text(path)
    is_mmcif = file_format == "mmcif"
    spare = "" if is_mmcif else _spare_letter(text)
    version = _run([program, "--version"])
    words = (version.stdout or version.stderr).split()
    is_old = bool(words) and words[-1].startswith(("1.", "2.", "3."))
    # the classic table has one column for the chain
    output_format = "mmcif" if has_long_ids and not is_old else "dssp"
    done = None
    for content in [text] if is_mmcif else _for_mkdssp(text, spare):
        with tempfile.TemporaryDirectory(prefix="provis_dssp_") as folder:
            source = Path(folder) / ("in.cif" if is_mmcif else "in.pdb")
            target = Path(folder) / f"out.{output_format}"
            source.write_text(content, encoding="utf-8")
            if is_old:
                done = _run([program, "-i", str(source), "-o", str(target)])
            else:
                done = _run([program, "--output-format", output_format, str(source), str(target)])
            if target.is_file():
                result = target.read_text(encoding="utf-8", errors="replace")
                return result, f"mkdssp {words[-1]}" if words else "mkdssp", spare
    last = ["it wrote nothing"]
    if done is not None:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    raise StructureError(
        f"mkdssp failed on {path.name}: {last[0].strip()}",
        "A structure with complete backbones is needed",
        "Use the whole file from the PDB, or «source=file» or «source=viewer»",
    )


def _with_chain_id(chain: Chain, chain_id: str) -> Chain:
    ids = tuple(residue._replace(chain=chain_id) for residue in chain.residue_ids)
    return dataclasses.replace(chain, chain_id=chain_id, residue_ids=ids)


_CHAIN_COLUMN: Final = {"ATOM  ": 21, "HETATM": 21, "SEQRES": 11, "MODRES": 16, "HET   ": 12}
_RECORDS: Final = (*_CHAIN_COLUMN, "HETNAM", "HETSYN", "FORMUL", "CRYST1", "MODEL ", "END")


def _for_mkdssp(text: str, spare: str) -> Iterator[str]:
    """What mkdssp needs of a PDB file, and where that fails the file as it is.

    Without SEQRES, MODRES, HET and HETNAM it leaves out modified residues, and what is around them changes.
    mkdssp 4 stumbles over remarks, and checking all records takes it ten times as long as what is kept here;
    it takes a file without HEADER for mmCIF, knows no chain without id (those get the spare letter), and
    behind a TER without blanks it loses the next chain's first residue.
    """
    kept = ["HEADER    PROTEIN                                 01-JAN-00   XXXX"]
    for line in text.splitlines():
        if line.startswith(_RECORDS):
            column = _CHAIN_COLUMN.get(line[:6], 0)
            is_blank = column and not line[column : column + 1].strip()
            kept.append(f"{line[:column]}{spare}{line[column + 1 :]}" if is_blank else line)
        elif line.startswith("TER"):
            kept.append("TER   ")
    yield "\n".join([*kept, ""])
    yield text


def _spare_letter(text: str) -> str:
    used = {line[21:22] for line in text.splitlines() if line.startswith(("ATOM  ", "HETATM"))}
    return next((letter for letter in string.ascii_uppercase + string.digits if letter not in used), "z")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise StructureError(
            f"{command[0]} did not finish ({type(exc).__name__})",
            f"mkdssp must run, within {_TIMEOUT} s",
            "Try it by hand, and give «file=» with its output",
        ) from exc


def load_dssp(path: str | Path, chain: Chain) -> SecondaryStructure:
    """Read the output of mkdssp from a file.

    Parameters
    ----------
    path : str or pathlib.Path
        Classic (``.dssp``) or mmCIF.
    chain : Chain

    Returns
    -------
    SecondaryStructure

    Raises
    ------
    InputError
        If the file cannot be read.
    StructureError
        If it is no output of mkdssp, or has nothing about the chain.
    """
    path = find_path(path, "«file=»")
    return parse_dssp(load_text(path, "Output of mkdssp is needed"), chain, path.name)


def parse_dssp(text: str, chain: Chain, source: str) -> SecondaryStructure:
    """Read the output of mkdssp.

    Parameters
    ----------
    text : str
        The classic table, or mmCIF.
    chain : Chain
    source : str
        For messages.

    Returns
    -------
    SecondaryStructure
        None for residues that DSSP left out, which is those with an incomplete backbone. Of mmCIF, which
        lists what it found only, nothing is None.

    Raises
    ------
    StructureError
        If it is no output of mkdssp, or has nothing about the chain.
    """
    is_table = "#  RESIDUE AA" in text
    if not is_table and not text.lstrip().lower().startswith("data_"):
        raise StructureError(
            f"{source} is no output of mkdssp", "Its classic table or its mmCIF is needed", "Run mkdssp again"
        )
    codes = _read_table(text) if is_table else _read_mmcif(text, chain, source)
    wanted = [codes.get(residue) for residue in chain.residue_ids]
    if not any(code is not None for code in wanted):
        raise StructureError(
            f"{source} has nothing about {chain.label}",
            "Output of mkdssp for the same structure, with the same chain ids, is needed",
            "Run mkdssp on the file that the chain is from",
        )
    return SecondaryStructure(tuple(wanted), "dssp", source)


@functools.lru_cache(maxsize=1)
def _read_table(text: str) -> dict[ResidueId, str]:
    codes: dict[ResidueId, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("  #  RESIDUE AA"):
            break
    for line in lines:
        number = line[5:10].strip()
        if len(line) > 16 and line[13] != "!" and number.lstrip("-").isdigit():
            codes.setdefault(ResidueId(line[11].strip(), int(number), line[10].strip()), line[16])
    return codes


def _read_mmcif(text: str, chain: Chain, source: str) -> dict[ResidueId, str]:
    items = (
        "conf_type_id", "beg_auth_asym_id", "beg_auth_seq_id", "pdbx_beg_PDB_ins_code",
        "end_auth_asym_id", "end_auth_seq_id", "pdbx_end_PDB_ins_code",
    )  # fmt: skip
    table = read_cif(text, source, atoms=False)[0].columns("_struct_conf", items)
    n_rows = len(next(iter(table.values()), []))
    place = {residue: index for index, residue in enumerate(chain.residue_ids)}
    codes: dict[ResidueId, str] = {}
    for kind, *ends in zip(*(table.get(item, [""] * n_rows) for item in items), strict=True):
        if not ends[1].lstrip("-").isdigit() or not ends[4].lstrip("-").isdigit():
            continue
        first = ResidueId(ends[0], int(ends[1]), ends[2])
        last = ResidueId(ends[3], int(ends[4]), ends[5])
        if first in place and last in place:
            for index in range(place[first], place[last] + 1):
                codes[chain.residue_ids[index]] = _CONF_TYPES.get(kind.upper(), " ")
    return {residue: codes.get(residue, " ") for residue in chain.residue_ids} if codes else {}
