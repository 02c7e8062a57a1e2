"""What PyMOL's editing commands make of a structure, in any PyMOL, also as a script (see the end)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["EDITS", "NAME", "read_edited"]

NAME = "edited"
EDITS: dict[str, Callable[[Any, Path, Path], object]] = {}


def edit(function: Callable[[Any, Path, Path], object]) -> Callable[[Any, Path, Path], object]:
    """Register a way of editing: of ``cmd``, the file of 1HPV, and a folder to write to."""
    EDITS[function.__name__] = function
    return function


def read_edited(cmd: Any, name: str, hpv: Path, folder: Path) -> dict[str, list[Any]]:
    """Edit a structure, and read its chains.

    Parameters
    ----------
    cmd : module
    name : str
        One of `EDITS`.
    hpv : pathlib.Path
        The file of 1HPV.
    folder : pathlib.Path
        For what is written on the way.

    Returns
    -------
    dict
        ``read``: object, chain, letters and numbers of each chain that ProVis reads; ``shown``: object, chain
        and letters as PyMOL's own ``get_fastastr`` has them.
    """
    from plugin.viewers.pymol_chains import read_chains

    cmd.reinitialize()
    cmd.set("defer_updates", 0)
    EDITS[name](cmd, hpv, folder)
    chains = [one.chain for one in read_chains(cmd, "all")[0]]
    read = [
        [one.object_name, one.chain_id, one.sequence, [residue.resi for residue in one.residue_ids]]
        for one in chains
    ]
    shown = []
    for object_name in cmd.get_object_list("all"):
        for chain in cmd.get_chains(object_name):
            text = cmd.get_fastastr(f'%{object_name} and chain "{chain}" and polymer')
            _, *lines = text.split("\n>")[0].split("\n")  # of the first state, where there are several
            if "".join(lines):
                shown.append([object_name, chain, "".join(lines)])
    return {"read": sorted(read), "shown": sorted(shown)}


def _mutate(cmd: Any, chain: str, resi: int, resn: str, name: str = NAME) -> None:
    cmd.wizard("mutagenesis")
    cmd.refresh_wizard()
    wizard = cmd.get_wizard()
    wizard.set_mode(resn)
    wizard.do_select(f"/{name}//{chain}/{resi}/")
    wizard.apply()
    cmd.set_wizard()


def _attach(cmd: Any, atom: str, *names: str) -> None:
    from pymol import editor

    cmd.edit(f"%{NAME} and {atom}")
    for name in names:
        editor.attach_amino_acid("pk1", name)
    cmd.unpick()


def _load(cmd: Any, hpv: Path, selection: str = "all", name: str = NAME) -> None:
    """Some of 1HPV as an object."""
    cmd.load(str(hpv), "whole")
    cmd.create(name, f"%whole and ({selection})")
    cmd.delete("whole")


@edit
def mutagenesis(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    _mutate(cmd, "A", 25, "TRP")


@edit
def mutagenesis_of_ends(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    for chain, resi, resn in (("A", 1, "TRP"), ("B", 1, "LYS"), ("B", 99, "GLY"), ("A", 98, "ALA")):
        _mutate(cmd, chain, resi, resn)


@edit
def mutagenesis_beside_a_gap(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A")
    cmd.remove("resi 1-3+40-45")
    for resi in (4, 39, 46):
        _mutate(cmd, "A", resi, "TRP")


@edit
def mutagenesis_with_hydrogens(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.h_add("all")
    _mutate(cmd, "A", 3, "TRP")


@edit
def mutagenesis_with_retain_order(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.set("retain_order", 1)
    _load(cmd, hpv, "chain A")
    _mutate(cmd, "A", 25, "TRP")


@edit
def mutagenesis_undone(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A")
    _mutate(cmd, "A", 25, "TRP")
    cmd.undo()


@edit
def fab(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("ACDEFGHIKLMNPQRSTVWY", NAME)


@edit
def fab_with_chain_and_number(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("ACDEFGH", NAME, chain="P", resi=-3, ss=1)


@edit
def build_peptide(cmd: Any, hpv: Path, folder: Path) -> None:
    from pymol import editor

    editor.build_peptide("ACDKW")


@edit
def capped_by_an_amine(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("AAPKW", NAME)
    _attach(cmd, "resi 5 and name C", "nhh")


@edit
def capped_at_both_ends(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("AAPKW", NAME)
    _attach(cmd, "resi 5 and name C", "nme")
    _attach(cmd, "resi 1 and name N", "ace")


@edit
def two_capped_peptides_in_one_chain(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("AAPKW", NAME)
    _attach(cmd, "resi 5 and name C", "nhh")
    cmd.fab("CDEFG", "other", resi=11)
    cmd.copy_to(NAME, "other", rename="")
    cmd.delete("other")


@edit
def builder(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer and resi 5-40")
    _attach(cmd, "resi 40 and name C", "trp", "lys")
    _attach(cmd, "resi 5 and name N", "met")


@edit
def builder_in_a_gap(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.remove("resi 20")
    _attach(cmd, "resi 19 and name C", "gly")


@edit
def replaced_atom(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A")
    cmd.edit("resi 25 and name CB")
    cmd.replace("S", 1, 2)
    cmd.unpick()


@edit
def created_from_two_parts(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and resi 1-40", "part1")
    _load(cmd, hpv, "chain A and polymer and resi 41-99", "part2")
    cmd.create(NAME, "%part2 or %part1")
    cmd.delete("part1 part2")


@edit
def created_from_two_files(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("ACDEFGHIKLMNPQRSTVWY", "part1", chain="A", resi=1)
    cmd.save(str(folder / "part1.pdb"), "part1")
    cmd.delete("part1")
    cmd.load(str(folder / "part1.pdb"))
    _load(cmd, hpv, "chain A and polymer and resi 21-60", "part2")
    cmd.alter("part2", "segi=''")
    cmd.create(NAME, "%part2 or %part1")
    cmd.delete("part1 part2")


@edit
def extracted(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.extract("out", "chain A and resi 10-30")


@edit
def chains_split(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.split_chains(NAME)


@edit
def fused(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer and resi 41-99")
    _load(cmd, hpv, "chain A and resi 1-40", "part1")
    cmd.fuse("%part1 and resi 40 and name C", f"%{NAME} and resi 41 and name N", 0)
    cmd.delete("part1")


@edit
def copied_to(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer and resi 41-99")
    _load(cmd, hpv, "chain A and resi 1-40", "part1")
    cmd.copy_to(NAME, "part1", rename="")
    cmd.delete("part1")


@edit
def copied_to_with_new_names(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.fab("ACDKW", "part1")
    cmd.copy_to(NAME, "part1")
    cmd.delete("part1")


@edit
def altered_chain(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.alter("chain A", 'chain="C"')
    cmd.sort()


@edit
def altered_numbers(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A")
    cmd.alter("polymer", "resi=str(int(resi) - 50)")
    cmd.sort()


@edit
def altered_numbers_of_the_first_residues(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.alter("resi 1-20", "resi=str(int(resi) + 200)")
    cmd.sort()


@edit
def numbers_turned_round_and_mutated(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.alter("all", "resi=str(300 - int(resi))")
    cmd.sort()
    _mutate(cmd, "A", 280, "TRP")


@edit
def removed(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.remove("resi 10-15+30")


@edit
def hydrogens_added(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.h_add("all")


@edit
def sorted_and_renamed(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.sort(NAME)
    cmd.set_name(NAME, "other")


@edit
def protected(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.protect("all")


@edit
def loaded_into_another_state(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer and not resi 10-15")
    _load(cmd, hpv, "chain A and polymer", "part1")
    cmd.save(str(folder / "part1.pdb"), "part1")
    cmd.delete("part1")
    cmd.load(str(folder / "part1.pdb"), NAME, state=2)
    cmd.set("state", 2)


@edit
def created_as_another_state(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A")
    _mutate(cmd, "A", 25, "TRP")
    cmd.create(NAME, NAME, 1, 2)
    cmd.set("state", 2)


@edit
def states_split(cmd: Any, hpv: Path, folder: Path) -> None:
    created_as_another_state(cmd, hpv, folder)
    cmd.split_states(NAME)


@edit
def trajectory(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A")
    _mutate(cmd, "A", 25, "TRP")
    coords = [list(atom.coord) for atom in cmd.get_model(NAME).atom]
    cmd.load_coordset(coords, NAME, 2)
    cmd.set("state", 2)


@edit
def symmetry_mates(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.load(str(hpv), NAME)
    _mutate(cmd, "A", 25, "TRP")
    cmd.symexp("mate", NAME, NAME, 2)


@edit
def ring(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("GACDKW", NAME)
    cmd.bond("resi 6 and name C", "resi 1 and name N")


@edit
def states_joined(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer", "part1")
    _mutate(cmd, "A", 25, "TRP", "part1")
    _load(cmd, hpv, "chain A and polymer and not resi 10-15", "part2")
    cmd.join_states(NAME, "part1 part2", mode=0)
    cmd.delete("part1 part2")


@edit
def updated_from_another_object(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A")
    _mutate(cmd, "A", 25, "TRP")
    cmd.copy("part1", NAME)
    cmd.rotate("x", 30, "part1", camera=0)
    cmd.update(NAME, "part1")
    cmd.delete("part1")


@edit
def copied_and_grouped(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    _mutate(cmd, "A", 25, "TRP")
    cmd.copy("other", NAME)
    cmd.group("both", f"{NAME} other")


@edit
def bonds_changed(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.unbond("resi 30 and name C", "resi 31 and name N")
    cmd.bond("resi 30 and name C", "resi 31 and name N", 2)
    cmd.valence("1", "resi 30 and name C", "resi 31 and name N")
    cmd.edit("resi 25 and name CG", "resi 25 and name OD1")
    cmd.cycle_valence()
    cmd.unpick()
    cmd.unbond("resi 67 and name CB", "resi 67 and name SG")
    if hasattr(cmd, "rebond"):  # not in 2.5
        cmd.rebond(NAME)
    if hasattr(cmd, "add_bond"):
        cmd.add_bond(NAME, 1, 3)


@edit
def chain_cut_by_unbonding(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    _mutate(cmd, "A", 25, "TRP")
    cmd.unbond("resi 30 and name C", "resi 31 and name N")


@edit
def hydrogens_filled_and_fixed(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.edit("resi 25 and name CB")
    cmd.h_fill()
    cmd.unpick()
    cmd.h_add("resi 20-30")
    cmd.h_fix("resi 20-30")
    cmd.remove("hydro")


@edit
def atoms_attached_and_picked_away(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.edit("resi 25 and name CB")
    cmd.attach("C", 4, 4)
    cmd.unpick()
    cmd.edit("resi 30 and name CB")
    cmd.remove_picked()
    cmd.unpick()
    cmd.set_geometry("resi 40 and name CA", 4, 4)


@edit
def fragment_attached(cmd: Any, hpv: Path, folder: Path) -> None:
    from pymol import editor

    _load(cmd, hpv, "chain A and polymer")
    cmd.edit("resi 16 and name CA")
    editor.attach_fragment("pk1", "methane", 1, 0)
    cmd.unpick()
    cmd.edit("resi 17 and name CA")
    editor.combine_fragment("pk1", "methane", 1, 0)
    cmd.unpick()


@edit
def ligand_beside_it(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.fragment("benzene", "part1")
    cmd.pseudoatom(NAME, pos=[0, 0, 0], chain="A", resi="500", resn="PSD")
    cmd.copy_to(NAME, "part1")
    cmd.delete("part1")


@edit
def torsions_turned(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    _mutate(cmd, "A", 25, "TRP")
    cmd.edit("resi 30 and name N", "resi 30 and name CA")
    cmd.torsion(60)
    cmd.unpick()
    atoms = (f"resi 41 and name {name}" for name in ("N", "CA", "CB", "CG"))
    cmd.set_dihedral(*atoms, 60)
    cmd.edit("resi 42 and name CA", "resi 42 and name N", "resi 42 and name C")
    cmd.invert()
    cmd.unpick()


@edit
def coordinates_moved(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    _mutate(cmd, "A", 25, "TRP")
    cmd.translate([30, 0, 0], "chain B and resi 50-60")
    cmd.rotate("y", 40, "chain A", camera=0)
    cmd.alter_state(1, "chain A", "x = x + 5")
    matrix = [1.0, 0.0, 0.0, 9.0, 0.0, 1.0, 0.0, 9.0, 0.0, 0.0, 1.0, 9.0, 0.0, 0.0, 0.0, 1.0]
    cmd.transform_selection("chain B", matrix)
    cmd.transform_object(NAME, matrix)
    cmd.sculpt_activate(NAME)
    cmd.sculpt_iterate(NAME, cycles=2)
    cmd.sculpt_deactivate(NAME)


@edit
def renamed_atoms(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.alter("resi 25 and not name N+CA+C+O", "name='C'")
    cmd.rename("resi 25", force=1)
    cmd.alter("resi 30 and name CB", "name='CX'")
    cmd.rename("resi 30")


@edit
def renamed_residues(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.alter("chain A and resi 36", "resn='MSE'")
    cmd.alter("chain B and resi 36", "resn='LEU'")
    cmd.sort()


@edit
def selenomethionine_changed(cmd: Any, hpv: Path, folder: Path) -> None:
    renamed_residues(cmd, hpv, folder)
    cmd.alter("resn MSE and name SD", "name, elem = 'SE', 'SE'")
    if hasattr(cmd, "mse2met"):  # not in 2.5
        cmd.mse2met("all")


@edit
def made_unique(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.copy("other", NAME)
    if hasattr(cmd, "uniquify"):
        cmd.uniquify("chain", "other", NAME)
    cmd.copy_to(NAME, "other", rename="")
    cmd.delete("other")


@edit
def discrete(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    _mutate(cmd, "A", 25, "TRP")
    if hasattr(cmd, "set_discrete"):
        cmd.set_discrete(NAME, 1)


@edit
def segments_altered(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv)
    cmd.alter("all", "segi='S' + chain; chain=''")
    cmd.sort()


@edit
def insertion_codes_altered(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.alter("resi 50-53", "resi='49' + 'ABCD'[int(resi) - 50]")
    cmd.sort()
    _mutate(cmd, "A", 30, "TRP")


@edit
def altered_by_a_list(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    indices = [atom.index for atom in cmd.get_model("resi 25").atom]
    cmd.alter_list(NAME, [[index, "resi='25'"] for index in indices])


@edit
def removed_in_the_middle_and_built_again(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer")
    cmd.remove("resi 99")
    _attach(cmd, "resi 98 and name C", "phe")
    cmd.fix_chemistry("resi 98", "resi 99")
    cmd.dss()


@edit
def read_as_text_into_it(cmd: Any, hpv: Path, folder: Path) -> None:
    _load(cmd, hpv, "chain A and polymer and resi 41-99")
    _load(cmd, hpv, "chain A and polymer and resi 1-40", "part1")
    text = cmd.get_pdbstr("part1")
    cmd.delete("part1")
    cmd.read_pdbstr(text, NAME, state=1)


@edit
def model(cmd: Any, hpv: Path, folder: Path) -> None:
    cmd.fab("ACDEFGHIKLMNPQRSTVWY", "part1")
    found = cmd.get_model("part1")
    cmd.delete("all")
    cmd.load_model(found, NAME)


def _pass_through(ending: str) -> Callable[[Any, Path, Path], object]:
    def pass_through(cmd: Any, hpv: Path, folder: Path) -> None:
        _load(cmd, hpv, "chain A" if ending == "pqr" else "all")  # it loses the ids of chains
        _mutate(cmd, "A", 25, "TRP")
        if ending != "pqr":
            _mutate(cmd, "B", 1, "LYS")
        path = folder / f"{NAME}.{ending}"
        cmd.save(str(path), "" if ending == "pse" else NAME)
        cmd.delete("all")
        cmd.load(str(path))

    return pass_through


for one in ("pdb", "cif", "mol2", "pqr", "pkl", "pse"):
    EDITS[f"saved_as_{one}"] = _pass_through(one)


if __name__ in ("__main__", "pymol"):  # as PyMOL runs a script
    import sys

    from pymol import cmd

    sys.path.insert(0, os.environ["PROVIS_EDITING_ROOT"])
    out = Path(os.environ["PROVIS_EDITING_OUT"])
    wanted = Path(os.environ["PROVIS_EDITING_HPV"])
    out.write_text(json.dumps({name: read_edited(cmd, name, wanted, out.parent) for name in EDITS}))
