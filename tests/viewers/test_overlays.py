"""provis_sites and provis_contacts in real PyMOL: what is found, shown, said, and given back."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.structures.files.subjects import load_subjects
from tests.data import HOW, find_structure
from tests.data import STRUCTURES as FOLDER

from .drawings import list_selected, read_cylinders, take_stock
from .structures import find_1hpv
from .test_layers import color_of, look

POCKET = "23+25+27-30+32+47-50+81+84"
ORANGE, SKY_BLUE, PURPLE = "e69f00", "56b4e9", "cc79a7"
Commands = dict[str, Callable[..., Any]]

needs_structures = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"structures are {HOW}")


def numbers(cmd: Any, selection: str) -> set[str]:
    found: set[str] = set()
    cmd.iterate(selection, "add(resi)", space={"add": found.add})
    return found


def test_a_ligand_site_as_colours_and_sticks(cmd: Any, hpv: str, commands: Commands) -> None:
    cmd.color("grey", "polymer")
    before, stock = look(cmd), take_stock(cmd)
    (shown,) = commands["provis_sites"]("chain A", "ligand", sele="pocket")
    near = "chain A and polymer and not hydro within 4 of (organic and not hydro)"
    assert numbers(cmd, near) == numbers(cmd, f"chain A and polymer and resi {POCKET}")
    assert numbers(cmd, f"color 0x{ORANGE} and name CA") == numbers(cmd, "pocket") == numbers(cmd, near)
    assert list_selected(cmd, "pocket") == {("1hpv", "1HPV", "A", resi) for resi in numbers(cmd, near)}
    assert shown.labels[:3] == ("A/LEU23", "A/ASP25", "A/GLY27")
    assert cmd.count_atoms("rep sticks and resi 25 and chain A and name CG+OD1+OD2") == 3
    assert color_of(cmd, "chain A and resi 25 and name OD1") == {str(cmd.get_color_index("oxygen"))}
    assert commands["provis_clear"]() == ["provis_1hpv_A_site-ligand"]
    cmd.delete("pocket")
    assert look(cmd) == before
    assert take_stock(cmd) == stock


def test_dashes_lead_to_the_ligand(cmd: Any, hpv: str, commands: Commands) -> None:
    commands["provis_sites"]("chain A", "ligand", show="dashes+labels")
    dashes = read_cylinders(cmd, "provis_1hpv_A_site-ligand")
    ligand = np.array(cmd.get_model("organic").get_coord_list())
    protein = np.array(cmd.get_model("chain A and polymer").get_coord_list())
    first = dashes.start[np.abs(dashes.start[:, None] - protein[None]).max(axis=-1).min(axis=1) < 1e-3]
    last = dashes.end[np.abs(dashes.end[:, None] - ligand[None]).max(axis=-1).min(axis=1) < 1e-3]
    assert len(first) == len(last) == 13
    assert (np.linalg.norm(first - last, axis=1) <= 4).all()
    labels: list[str] = []
    cmd.iterate("provis_1hpv_A_site-ligand_labels", "add(label)", space={"add": labels.append})
    assert labels[:3] == ["L23", "D25", "G27"]
    assert not cmd.count_atoms("rep sticks and chain A and polymer")
    commands["provis_clear"]()
    assert cmd.get_names("all") == ["1hpv"]


@needs_structures
def test_each_part_has_its_colour_and_the_report_says_it(cmd: Any, console: Callable[..., list[str]]) -> None:
    cmd.load(str(find_structure("mmcif/4hhb.cif.gz")), "4hhb", zoom=0)
    text = "\n".join(console("provis_sites chain A, by=chain"))
    assert "4hhb chain A, site:chain: " in text
    assert "orange site:chain:B (" in text and "purple site:chain:C (" in text
    text = "\n".join(console("provis_sites chain A, distance=4.5"))
    subjects = load_subjects(find_structure("mmcif/4hhb.cif.gz"))
    (subject,) = (one for one in subjects if one.chain.chain_id == "A")
    found = compute_annotations("site", subject, radius=4.5)[0]
    assert f"4hhb chain A, site: {len(found.residues)} residues, a heavy atom within 4.5 Å" in text
    assert " ".join(subject.chain.residue_label(index) for index in found.residues[:3]) in text
    assert "to select them: select site, /4hhb/A/A/" in text
    assert "Left out as crystallisation additives: PO4" not in text or "PO4" in text
    line = next(line for line in text.splitlines() if "select site" in line).split(", ")[1]
    assert len(numbers(cmd, line)) == len(found.residues)


@needs_structures
def test_records_are_read_from_a_file_that_is_named(
    cmd: Any, commands: Commands, refuse: Callable[..., Any], tmp_path: Path
) -> None:
    path = find_structure("pdb/4hhb.pdb.gz")
    # a file that is loaded would be remembered
    cmd.read_pdbstr(gzip.decompress(path.read_bytes()).decode("ascii"), "4hhb", zoom=0)
    sites = commands["provis_sites"]
    refuse(lambda: sites("chain A", "site_record"), "needs the structure file it came from")
    (shown,) = sites("chain A", "site_record", file=str(path))
    (subject,) = (one for one in load_subjects(path) if one.chain.chain_id == "A")
    expected = compute_annotations("site_record", subject)[0]
    assert list(shown.residues) == expected.residues.tolist() != []
    refuse(lambda: sites("chain A", "site_record", file=str(find_1hpv())), "does not have the residues of")
    refuse(lambda: sites("chain A", "site_record", file=str(tmp_path / "none.pdb")), "cannot be read")


def test_numbers_are_coloured_and_a_selection_is_a_site(cmd: Any, hpv: str, commands: Commands) -> None:
    before = look(cmd)
    a, b = commands["provis_sites"]("", "b_factor", show="color")
    assert a.legend == b.legend and len(a.residues) == 99
    assert len({next(iter(color_of(cmd, f"chain A and resi {k} and name CA"))) for k in range(1, 100)}) > 50
    (shown,) = commands["provis_sites"]("chain A", site="resi 25-27 and name CB", color="hotpink")
    assert shown.labels == ("A/ASP25", "A/THR26")
    rgb = "".join(f"{round(255 * value):02x}" for value in cmd.get_color_tuple("hotpink"))
    assert color_of(cmd, "chain A and resi 25+26 and elem C") == {rgb}
    commands["provis_clear"]()
    assert look(cmd) == before


def test_a_table_and_bad_tables(
    cmd: Any, hpv: str, commands: Commands, refuse: Callable[..., Any], tmp_path: Path
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("chain,resi,value\nA,25,0.9\nA,26,0.1\nB,25,0.5\n")
    a, b = commands["provis_sites"]("", "table", file=str(table))
    assert (a.labels, b.labels) == (("A/ASP25", "A/THR26"), ("B/ASP25",))
    commands["provis_clear"]()
    table.write_text("chain,resi\nA,25\nA,625\nA,626A\n")
    sites = commands["provis_sites"]
    refuse(
        lambda: sites("chain A", "table", file=str(table)),
        "626A (line 4) are not in 1hpv chain A",
    )
    table.write_text("chain,resi,resn\nA,25,GLY\n")
    refuse(lambda: sites("chain A", "table", file=str(table)), "25 (line 2) is ASP", "have another name")
    refuse(lambda: sites("chain A", "table", file=str(tmp_path / "none.csv")), "none.csv")
    refuse(lambda: sites("chain A", "table"), "Give file=")


def test_a_uniprot_file_and_that_of_another_protein(
    cmd: Any, hpv: str, commands: Commands, refuse: Callable[..., Any], tmp_path: Path
) -> None:
    from tests.annotations.builders import uniprot_text
    from tests.tiny_checkpoints import HIV_PROTEASE

    path = tmp_path / "mine.txt"
    path.write_text(uniprot_text(HIV_PROTEASE))
    (shown,) = commands["provis_sites"]("chain A", "uniprot", file=str(path), show="color")
    found = {name: n for _, name, n in shown.legend}
    assert found["uniprot:active_site"] == 1 and found["uniprot:binding_site"] == 4
    assert "uniprot:chain" not in found
    (shown,) = commands["provis_sites"]("chain A", "uniprot:active_site", file=str(path), show="color")
    assert shown.labels == ("A/LEU5",)
    path.write_text(uniprot_text("MVLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSH"))
    error = refuse(
        lambda: commands["provis_sites"]("chain A", "uniprot", file=str(path)),
        "is another protein than 1hpv chain A",
    )
    assert "an identity of" in error.got and "90%" in error.need


def test_contacts_are_drawn_as_dashes(cmd: Any, hpv: str, commands: Commands) -> None:
    before, stock = look(cmd), take_stock(cmd)
    (shown,) = commands["provis_contacts"]("chain A")
    ca = np.array(cmd.get_model("chain A and name CA and polymer").get_coord_list())
    apart = np.linalg.norm(ca[:, None] - ca[None], axis=-1)
    i, j = np.nonzero((apart < 8) & (np.subtract.outer(np.arange(99), np.arange(99)) <= -6))
    assert {tuple(pair) for pair in shown.pairs.tolist()} == set(zip(i.tolist(), j.tolist(), strict=True))
    assert shown.distances == pytest.approx(apart[shown.pairs[:, 0], shown.pairs[:, 1]], abs=1e-3)
    dashes = read_cylinders(cmd, shown.name)
    starts = {tuple(np.round(point, 2)) for point in dashes.start.tolist()}
    assert {tuple(np.round(ca[k], 2)) for k in set(i.tolist())} <= starts
    assert look(cmd) == before and take_stock(cmd) == stock
    (shown,) = commands["provis_contacts"]("chain A", top=7)
    assert len(shown.pairs) == 7 and shown.n_found == len(i)
    assert shown.distances.max() == pytest.approx(np.sort(apart[i, j])[6], abs=1e-3)
    (shown,) = commands["provis_contacts"]("chain A and resi 1-20")
    assert shown.n_found == np.count_nonzero((i < 20) & (j < 20))
    (shown,) = commands["provis_contacts"]("chain A", cutoff=3.9)
    assert (shown.name, shown.removed) == ("", "provis_1hpv_A_contacts")
    assert cmd.get_names("all") == ["1hpv"]


def test_contacts_between_chains_are_drawn_once(cmd: Any, hpv: str, commands: Commands) -> None:
    a, b = commands["provis_contacts"]("", between="only", atom="CB")
    assert b.name == "" and len(a.pairs) == a.n_found > 100
    assert {partner.label for partner in a.partners} == {"1hpv chain B"}
    colors = {tuple(np.round(255 * rgb).astype(int)) for rgb in read_cylinders(cmd, a.name).start_rgb}
    assert colors == {(213, 94, 0)}
    a, b = commands["provis_contacts"]("", between="chains")
    assert sum(partner is not None for partner in a.partners) > 0
    assert all(partner is None for partner in b.partners)
    (one,) = commands["provis_contacts"]("chain B", between="A")
    assert one.n_found == sum(partner is not None for partner in a.partners)


def test_contacts_as_colours_sticks_and_labels(cmd: Any, hpv: str, commands: Commands) -> None:
    before = look(cmd)
    (shown,) = commands["provis_contacts"]("chain A", show="colour+stick+label")
    assert cmd.get_names("all") == ["1hpv", "provis_1hpv_A_contacts_labels", "provis"]
    assert cmd.count_atoms("provis_1hpv_A_contacts_labels") == len(shown.residues)
    assert cmd.count_atoms("rep sticks and name CA and chain A") == len(shown.residues)
    commands["provis_clear"]()
    assert look(cmd) == before


def test_what_the_console_says_of_contacts(console: Callable[..., list[str]], hpv: str) -> None:
    lines = console("provis_contacts chain A, top=50, sele=touching")
    assert lines[0] == (
        " ProVis: 1hpv chain A: 191 contacts (CA-CA < 8 Å, |i-j| >= 6), the closest 50 shown as "
        "provis_1hpv_A_contacts (top=50; top=0 shows all)"
    )
    assert lines[1].startswith("   closest: A/MET46 - A/LYS55 4.1 Å, ")
    assert lines[2] == "   blue within the chain (50)"
    assert console("provis_clear") == [" ProVis: removed provis_1hpv_A_contacts"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("provis_contacts", {"atom": "CX"}), ["atom=CX"]),
        (("provis_contacts", {"cutoff": 0}), ["cutoff=0"]),
        (("provis_contacts", {"min_sep": 0}), ["min_sep=0"]),
        (("provis_contacts", {"between": "Q"}), ["no protein chain Q", "A, B"]),
        (("provis_contacts", {"show": "cloud"}), ["show=cloud", "color, sticks, labels, dashes"]),
        (("provis_contacts", {"top": -1}), ["top=-1"]),
        (("provis_contacts", {"selection": "chain Q"}), ["holds no atoms"]),
        (("provis_contacts", {"selection": "solvent"}), ["no protein"]),
        (("provis_sites", {"by": "contact"}), ["provis_contacts"]),
        (("provis_sites", {"by": "sight"}), ["by=sight", "Did you mean by=site"]),
        (("provis_sites", {"by": "ligand:HEM"}), ["has no site:ligand:HEM", "site:ligand:478"]),
        (("provis_sites", {"by": "amino_acid"}), ["amino_acid:charged"]),
        (("provis_sites", {"by": "turn"}), ["has no turn", "mkdssp"]),
        (("provis_sites", {"by": "helix", "show": "dashes"}), ["Dashed lines lead to what is bound"]),
        (("provis_sites", {"distance": 99}), ["distance=99", "up to 20 Å"]),
        (("provis_sites", {"distance": "far"}), ["distance=far"]),
        (("provis_sites", {"color": "no_such_colour"}), ["color=no_such_colour"]),
        (("provis_sites", {"palette": "viridiss"}), ["palette=viridis"]),
        (("provis_sites", {"site": "resi Q+"}), ["resi Q+"]),
        (("provis_sites", {"site": "resi 3", "by": "ligand"}), ["site=resi 3 together with by=ligand"]),
        (("provis_sites", {"sele": "1hpv"}), ["sele=1hpv", "an object of this name"]),
        (("provis_sites", {"additives": "/no/such/file"}), ["/no/such/file", "list of additives"]),
        (("provis_sites", {"column": "x"}), ["site has no option 'column'"]),
    ],
    ids=lambda value: str(value) if isinstance(value, tuple) else "",
)
def test_bad_input(
    hpv: str, commands: Commands, refuse: Callable[..., Any], call: Any, words: list[str]
) -> None:
    name, options = call
    refuse(lambda: commands[name](**{"selection": "1hpv", **options}), *words)


def test_the_list_of_additives_is_the_users(cmd: Any, hpv: str, commands: Commands, tmp_path: Path) -> None:
    own = tmp_path / "additives.json"
    own.write_text('{"additives": {"drugs": {"478": "amprenavir"}}}')
    (shown,) = commands["provis_sites"]("chain A", additives=str(own))
    assert shown.residues == () and "478" in shown.annotations[0].notes[0]
    (shown,) = commands["provis_sites"]("chain A", additives="none")
    assert len(shown.residues) == 13


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("provis_sites chain A, lig", "provis_sites chain A, ligand"),
        ("provis_sites chain A, by=site_", "provis_sites chain A, by=site_record"),
        ("provis_sites chain A, show=st", "provis_sites chain A, show=sticks"),
        ("provis_contacts chain A, between=on", "provis_contacts chain A, between=only"),
        ("provis_contacts chain A, min", "provis_contacts chain A, min_sep="),
        ("provis_si", "provis_sites "),
    ],
)
def test_completion(cmd: Any, hpv: str, commands: Commands, typed: str, completed: str) -> None:
    assert cmd._parser.complete(typed) == completed
