"""Inputs of the field that ProVis once answered wrongly, in any PyMOL, also as a script (see the end)."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["CASES", "read_case"]

CASES: dict[str, Callable[[Any, dict[str, Any], Path], object]] = {}
"""By the start of the names of the folders of ``../shared/cases``."""


def case(name: str) -> Callable[..., Any]:
    """Register what is done with a folder: of ``cmd``, the commands, and the folder."""
    return lambda function: CASES.setdefault(name, function)


def read_case(cmd: Any, commands: dict[str, Any], name: str, folder: Path) -> Any:
    """Do what a case is about in a PyMOL that is empty; gives JSON values."""
    cmd.reinitialize()
    cmd.set("defer_updates", 0)
    return json.loads(json.dumps(CASES[name](cmd, commands, folder)))


def _refuse(call: Callable[[], object]) -> str:
    import pymol

    try:
        call()
    except pymol.CmdException as error:
        return str(error)
    return "not refused"


def _sequences(commands: dict[str, Any], selection: str) -> list[str]:
    return [one.chain.sequence for one in commands["provis_sites"](selection, by="amino_acid:A")]


@case("01")
def mutagenesis(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    cmd.load(str(folder.parent / "01_mutagenesis" / "1crn.pdb"), "crn")
    cmd.wizard("mutagenesis")
    cmd.refresh_wizard()
    wizard = cmd.get_wizard()
    wizard.set_mode("TRP")
    wizard.do_select("/crn//A/25/")
    wizard.apply()
    cmd.set_wizard()
    (found,) = commands["provis_contacts"]("crn")
    neighbours = {(23, 24), (24, 25)} & {*map(tuple, found.pairs.tolist())}
    return [_sequences(commands, "crn"), found.n_found, len(neighbours)]


@case("02")
def fab(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    cmd.fab("ACDEFGHIKLMNPQRSTVWY", "pep")
    (found,) = commands["provis_sites"]("pep", by="amino_acid:A")
    return [found.chain.sequence, [residue.resi for residue in found.chain.residue_ids]]


@case("03")
def builder(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    from pymol import editor

    cmd.load(str(folder.parent / "01_mutagenesis" / "1crn.pdb"), "crn")
    cmd.remove("name OXT")
    for place, names in (("46 and name C", ("trp", "lys")), ("1 and name N", ("met",))):
        cmd.edit(f"crn and resi {place}")
        for name in names:
            editor.attach_amino_acid("pk1", name)
        cmd.unpick()
    cmd.fab("AAPKW", "capped")
    cmd.edit("capped and resi 5 and name C")
    editor.attach_amino_acid("pk1", "nhh")
    cmd.unpick()
    return [_sequences(commands, "crn"), _sequences(commands, "capped")]


def _find_site(file: str) -> Callable[..., object]:
    """Chains with their lengths, and the residues of their sites, with what each site is of."""

    def find(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
        if file:
            cmd.load(str(folder / file), "mol")
        return [
            [
                one.chain.chain_id,
                one.chain.n_residues,
                "X" in one.chain.sequence,
                [label.split("/")[1] for label in one.labels],
                one.annotations[-1].name,
                [residue.resi for residue in one.chain.residue_ids if residue.insertion_code],
            ]
            for one in commands["provis_sites"]("mol")
        ]

    return find


@case("08 b")
def code_in_the_number(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    """PyMOL reads 19A as 19: what ProVis says of the two mends it."""
    cmd.load(str(folder / "code_in_number.cif"), "mol")
    command = _refuse(lambda: commands["provis_sites"]("mol")).split("Name them apart: ")[1]
    cmd.do([command.split(" (then: sort)")[0], "sort"])
    return _find_site("")(cmd, commands, folder)


for name, file in {
    "05 a": "dimer.pdb", "05 b": "saved_by_pymol.cif", "05 c": "saved_by_biotite.cif",
    "06": "converted_by_gemmi.cif", "07": "entity_unknown.cif", "08 a": "ligand_without_number.cif",
    "09": "lower_case.cif",
}.items():  # fmt: skip
    CASES[name] = _find_site(file)


@case("10")
def several_blocks(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    cmd.load(str(folder / "two_objects.cif"))
    read = [commands["provis_sites"](where, by="amino_acid:A") for where in ("", "chain B", "chain A")]
    return [[[one.chain.label, one.chain.n_residues] for one in found] for found in read]


@case("12")
def water_with_numbers_of_the_protein(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    cmd.load(str(folder / "frame.pdb"), "md")
    cmd.hide("everything")
    cmd.color("white", "md")
    commands["provis_attn"]("md", 12, 4, top=0, sele="ends")
    commands["provis_profile"]("md", 12, 4)
    colors: set[int] = set()
    cmd.iterate("resn SOL", "add(color)", space={"add": colors.add})
    selected, colored = cmd.count_atoms("ends and resn SOL"), len(colors - {cmd.get_color_index("white")})
    commands["provis_clear"]()
    commands["provis_sites"]("md", by="amino_acid:C")
    return [cmd.count_atoms("resn SOL") > 0, selected, colored, cmd.count_atoms("resn SOL and rep sticks")]


@case("13")
def chains_told_apart_by_their_ends(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    cmd.load(str(folder / "tleap.pdb"), "md")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        once = _sequences(commands, "md")
    command = said.getvalue().split("for example: ")[1].split(" (then: sort)")[0]
    cmd.do([command, "sort"])
    return [once, "md chain without id holds 2 molecules" in said.getvalue(), _sequences(commands, "md")]


@case("21")
def unclear_words(cmd: Any, commands: dict[str, Any], folder: Path) -> object:
    cmd.load(str(folder.parent / "01_mutagenesis" / "1crn.pdb"), "crn")
    read: list[str] = []

    def draw(**options: Any) -> None:
        read.extend(one.sequence_map.sequence for one in commands["provis_attn"]("crn", 12, 4, **options))

    gapped = "TTCCPSIVARSNFNVC----RLPGTPEAICATYTGCIIIPGATCPGDYAN"
    return [
        _refuse(lambda: draw(model=str(folder / "esm2_t6_8M_UR50D.pt"))),
        _refuse(lambda: draw(seqres=gapped)),
        _refuse(lambda: draw(seqres=str(folder / "crambin.pir"))),  # read where there is Biopython
        read,
    ]


if __name__ in ("__main__", "pymol"):  # as PyMOL runs a script
    import sys

    from pymol import cmd

    sys.path.insert(0, os.environ["PROVIS_CASES_ROOT"])
    from plugin.entry import commands

    folders = json.loads(os.environ["PROVIS_CASES"])
    found = {name: read_case(cmd, commands, name, Path(folders[name])) for name in CASES}
    Path(os.environ["PROVIS_CASES_OUT"]).write_text(json.dumps(found))
