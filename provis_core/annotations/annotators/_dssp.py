"""The program mkdssp, and what it writes: the classic table or mmCIF.

DSSP: Kabsch & Sander, Biopolymers 22 (1983) 2577. Both the 4.x and the 3.x command lines are known.
"""

from __future__ import annotations

import dataclasses
import shutil
import string
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from ...errors import InputError, InstallError, StructureError
from ...structures.chain import Chain, ResidueId
from ...structures.files.cif import read_cif
from ...structures.files.text import load_structure_text
from ...structures.subject import SecondaryStructure

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
    text, file_format = load_structure_text(path)
    spare = _spare_letter(text) if file_format == "pdb" else ""
    version = _run([found, "--version"])
    words = (version.stdout or version.stderr).split()
    is_old = bool(words) and words[-1].startswith(("1.", "2.", "3."))
    # the classic table has one column for the chain
    output_format = "dssp" if len(chain.chain_id) <= 1 or is_old else "mmcif"
    with tempfile.TemporaryDirectory(prefix="provis_dssp_") as folder:
        source = Path(folder) / ("in.cif" if file_format == "mmcif" else "in.pdb")
        target = Path(folder) / f"out.{output_format}"
        source.write_text(text if file_format == "mmcif" else _for_mkdssp(text, spare), encoding="utf-8")
        if is_old:
            done = _run([found, "-i", str(source), "-o", str(target)])
        else:
            done = _run([found, "--output-format", output_format, str(source), str(target)])
        if not target.is_file():
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise StructureError(
                f"mkdssp failed on {Path(path).name}: {last[0].strip()}",
                "A structure with complete backbones is needed",
                "Use the whole file from the PDB, or «source=file» or «source=viewer»",
            )
        result = target.read_text(encoding="utf-8", errors="replace")
    named = chain if chain.chain_id else _with_chain_id(chain, spare)
    return parse_dssp(result, named, f"mkdssp {words[-1]}" if words else "mkdssp")


def _with_chain_id(chain: Chain, chain_id: str) -> Chain:
    ids = tuple(residue._replace(chain=chain_id) for residue in chain.residue_ids)
    return dataclasses.replace(chain, chain_id=chain_id, residue_ids=ids)


def _for_mkdssp(text: str, spare: str) -> str:
    """The coordinates of a PDB file under a HEADER, without which mkdssp 4 takes it for mmCIF.

    It knows no chain without id either: those get the spare letter.
    """
    lines = ["HEADER    PROTEIN                                 01-JAN-00   XXXX"]
    for line in text.splitlines():
        if line.startswith(("ATOM  ", "HETATM")):
            lines.append(line if line[21:22].strip() else f"{line[:21]}{spare}{line[22:]}")
        elif line.startswith(("CRYST1", "MODEL ", "END")):
            lines.append(line)
        elif line.startswith("TER"):
            lines.append("TER   ")  # behind a shorter one mkdssp 4.2.2 loses the next chain's first residue
    return "\n".join([*lines, ""])


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
    path = Path(path).expanduser()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as exc:
        raise InputError(
            f"{path} cannot be read ({exc.strerror or exc})", "Output of mkdssp is needed", "Check the path"
        ) from exc
    return parse_dssp(text, chain, path.name)


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
