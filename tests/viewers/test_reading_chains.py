"""What is read of an object: residues, letters, coordinates, the state and the place on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from provis_core.errors import StructureError
from provis_core.structures.chain import Chain
from provis_core.structures.sequence import compute_sequence_map
from provis_core.viewers.viewer import Viewer
from tests.tiny_checkpoints import HIV_PROTEASE

from .structures import at, ca_of, change, drop, keep, protein, read_1hpv


@pytest.fixture
def viewer(cmd: Any) -> Viewer:
    """PyMOL, as ProVis sees it."""
    from plugin.viewers.pymol_viewer import PymolViewer

    return PymolViewer(cmd)


@pytest.fixture
def read(viewer: Viewer, show: Callable[..., str]) -> Callable[..., Chain]:
    """Load lines and read the one chain that they have."""

    def load_and_read(lines: list[str], selection: str = "all") -> Chain:
        show(lines)
        (selected,) = viewer.read_chains(selection)
        return selected.chain

    return load_and_read


def letters(chain: Chain) -> str:
    return compute_sequence_map(chain).sequence


def numbers(chain: Chain) -> list[str]:
    return [residue.resi for residue in chain.residue_ids]


def test_waters_and_ligand_are_no_residues(read: Callable[..., Chain]) -> None:
    chain = read(read_1hpv("A"))
    assert letters(chain) == HIV_PROTEASE
    assert numbers(chain) == [str(number) for number in range(1, 100)]
    assert (chain.object_name, chain.chain_id, chain.n_states) == ("toy", "A", 1)
    assert np.isfinite(chain.ca_coords).all()


def test_a_selection_touches_whole_residues_of_its_chains_alone(viewer: Viewer, hpv: str) -> None:
    (selected,) = viewer.read_chains("chain A and resi 25+50 and name CB")
    assert selected.chain.n_residues == 99
    assert np.flatnonzero(selected.inside).tolist() == [24, 49]
    both = viewer.read_chains("(chain A and resi 3) or (chain B and resi 4)")
    assert [one.chain.chain_id for one in both] == ["A", "B"]
    assert [np.flatnonzero(one.inside).tolist() for one in both] == [[2], [3]]


def test_a_residue_without_ca_keeps_its_letter_and_has_no_place(read: Callable[..., Chain]) -> None:
    chain = read(drop(protein(read_1hpv()), at(50, name="CA")))
    assert letters(chain) == HIV_PROTEASE
    assert np.flatnonzero(~np.isfinite(chain.ca_coords).all(axis=1)).tolist() == [49]


def test_a_gap_is_closed(read: Callable[..., Chain]) -> None:
    chain = read(drop(protein(read_1hpv()), at(40, 41, 42)))
    assert letters(chain) == HIV_PROTEASE[:39] + HIV_PROTEASE[42:]
    assert numbers(chain)[38:40] == ["39", "43"]


@pytest.mark.parametrize(
    ("resn", "letter"), [("MSE", "M"), ("SEP", "S"), ("XYZ", "X")], ids=["MSE", "SEP", "unknown"]
)
@pytest.mark.parametrize("number", [1, 36, 99])
def test_modified_residues_stay_in_their_place(
    read: Callable[..., Chain], resn: str, letter: str, number: int
) -> None:
    chain = read(change(protein(read_1hpv()), at(number), record="HETATM", resn=resn))
    assert letters(chain) == HIV_PROTEASE[: number - 1] + letter + HIV_PROTEASE[number:]


def test_a_modified_residue_between_two_gaps_is_kept(read: Callable[..., Chain]) -> None:
    lines = drop(protein(read_1hpv()), at(35, 37))
    chain = read(change(lines, at(36), record="HETATM", resn="MSE"))
    assert letters(chain)[33:36] == HIV_PROTEASE[33] + "M" + HIV_PROTEASE[37]


def test_a_free_amino_acid_is_a_ligand(viewer: Viewer, read: Callable[..., Chain]) -> None:
    lines = protein(read_1hpv())
    ligand = change(keep(lines, at(34)), record="HETATM", number=401, shift=(60, 0, 0))
    assert letters(read([*lines, "TER", *ligand])) == HIV_PROTEASE
    with pytest.raises(StructureError, match="holds no protein: 1 residue of ligand or ion"):
        viewer.read_chains("resi 401")


def test_caps_are_no_residues(read: Callable[..., Chain]) -> None:
    lines = protein(read_1hpv())
    first = change(keep(lines, at(1, name="N")), name=" C  ", resn="ACE", number=0, shift=(0, 0, 1.33))
    last = change(keep(lines, at(99, name="C")), name=" N  ", resn="NME", number=100, shift=(0, 0, 1.33))
    assert letters(read(first + lines + last)) == HIV_PROTEASE


def test_a_chain_of_ca_atoms_alone(read: Callable[..., Chain]) -> None:
    lines = protein(read_1hpv())
    chain = read(keep(lines, lambda line: line[12:16].strip() == "CA"))
    assert letters(chain) == HIV_PROTEASE
    assert chain.ca_coords[24] == pytest.approx(ca_of(lines, 25), abs=1e-3)


def test_calcium_is_no_ca_atom(read: Callable[..., Chain]) -> None:
    lines = protein(read_1hpv())
    ion = change(keep(lines, at(99, name="CA")), record="HETATM", name="CA  ", resn="CA", number=301)
    assert letters(read([*lines, "TER", *ion])) == HIV_PROTEASE


def test_a_ca_atom_that_pymol_takes_for_calcium(cmd: Any, read: Callable[..., Chain]) -> None:
    lines = protein(read_1hpv())
    shifted = change(lines, lambda line: line[12:16] == " CA ", name="CA  ")  # as some programs write it
    chain = read(shifted)
    assert cmd.count_atoms("elem Ca") == 99  # else this test shows nothing
    assert letters(chain) == HIV_PROTEASE
    assert chain.ca_coords[24] == pytest.approx(ca_of(lines, 25), abs=1e-3)


@pytest.mark.parametrize(("first", "second", "winner"), [(0.4, 0.6, "B"), (0.6, 0.4, "A"), (0.5, 0.5, "A")])
def test_of_alternate_locations_the_fuller_one_counts(
    read: Callable[..., Chain], first: float, second: float, winner: str
) -> None:
    lines = protein(read_1hpv())
    one = change(keep(lines, at(25)), alt="A", occupancy=first)
    other = change(keep(lines, at(25)), alt="B", occupancy=second, shift=(3, 0, 0), resn="ASN")
    start = lines.index(keep(lines, at(25))[0])
    rest = drop(lines, at(25))
    # B is written before A: the order of the file decides nothing
    chain = read(rest[:start] + other + one + rest[start:])
    x, y, z = ca_of(lines, 25)
    assert chain.n_residues == 99
    assert chain.ca_coords[24] == pytest.approx([x + 3 * (winner == "B"), y, z], abs=1e-3)
    assert letters(chain)[24] == {"A": "D", "B": "N"}[winner]


def test_alternate_locations_at_the_end_of_the_file_keep_their_place(read: Callable[..., Chain]) -> None:
    lines = change(protein(read_1hpv()), at(25), alt="A", occupancy=0.3)
    others = change(keep(lines, at(25)), alt="B", occupancy=0.7, shift=(3, 0, 0))
    chain = read(lines + others)
    assert numbers(chain) == [str(number) for number in range(1, 100)]
    x, y, z = ca_of(protein(read_1hpv()), 25)
    assert chain.ca_coords[24] == pytest.approx([x + 3, y, z], abs=1e-3)


def test_insertion_codes_and_negative_numbers(read: Callable[..., Chain]) -> None:
    lines = change(protein(read_1hpv()), number=lambda number: number - 3)
    lines = change(lines, at(50), number=49, code="A")
    lines = change(lines, at(51), number=49, code="B")
    chain = read(lines)
    assert letters(chain) == HIV_PROTEASE
    assert numbers(chain)[:4] == ["-2", "-1", "0", "1"]
    assert numbers(chain)[51:55] == ["49", "49A", "49B", "52"]
    assert chain.residue_ids[52].insertion_code == "A"


def test_numbers_that_do_not_rise_keep_the_order_of_the_file(read: Callable[..., Chain]) -> None:
    lines = change(protein(read_1hpv()), lambda line: int(line[22:26]) > 60, number=lambda n: n - 60 + 1000)
    lines = change(lines, lambda line: int(line[22:26]) <= 60, number=lambda number: number + 2000)
    chain = read(lines)
    assert letters(chain) == HIV_PROTEASE
    assert numbers(chain)[59:61] == ["2060", "1001"]


def test_a_number_used_twice_is_refused_in_words(
    cmd: Any, viewer: Viewer, read: Callable[..., Chain]
) -> None:
    lines = protein(read_1hpv())
    again = change(lines, shift=(60, 0, 0))  # a dimer that a simulation wrote without chains
    with pytest.raises(StructureError, match="toy chain A has two residues numbered 1 ") as caught:
        read([*lines, "TER", *again])
    assert all((caught.value.got, caught.value.need, caught.value.do))
    command = caught.value.do.split("Name them apart: ")[1].split(" (then: sort)")[0]
    cmd.do([command, "sort"])  # what it says helps
    found = [selected.chain for selected in viewer.read_chains("all")]
    assert [(one.chain_id, one.sequence) for one in found] == [("A", HIV_PROTEASE), ("B", HIV_PROTEASE)]


def test_segments_without_chain_ids_are_apart(viewer: Viewer, show: Callable[..., str]) -> None:
    lines = change(protein(read_1hpv()), chain=" ", segment="PROA")
    other = change(lines, segment="PROB", shift=(60, 0, 0))
    show(lines + keep(other, lambda line: int(line[22:26]) < 50))
    chains = [selected.chain for selected in viewer.read_chains("all")]
    assert [(chain.segment_id, chain.n_residues) for chain in chains] == [("PROA", 99), ("PROB", 49)]
    assert chains[0].label == "toy segment PROA"


def test_the_shown_state_is_read(cmd: Any, viewer: Viewer, show: Callable[..., str]) -> None:
    for step in range(3):
        cmd.read_pdbstr("\n".join(change(protein(read_1hpv()), shift=(step, 0, 0))), "toy", state=step + 1)
    show(protein(read_1hpv()), "single")
    x, _, _ = ca_of(read_1hpv(), 25)
    for state in (1, 3):
        cmd.set("state", state)
        chains = {one.chain.object_name: one.chain for one in viewer.read_chains("all")}
        assert chains["toy"].ca_coords[24, 0] == pytest.approx(x + state - 1, abs=1e-3)
        assert chains["toy"].label == f"toy chain A state {state} of 3"
        assert chains["single"].label == "single chain A"
    cmd.set("state", 2, "toy")
    assert viewer.read_chains("toy")[0].chain.state == 2
    cmd.set("all_states", 1)
    assert viewer.read_chains("toy")[0].chain.state == 1


def test_an_object_that_shows_no_state_is_left_out_in_words(
    cmd: Any, viewer: Viewer, show: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = protein(read_1hpv())
    for state in (1, 2):
        cmd.read_pdbstr("\n".join(lines), "two", state=state)
    show(lines, "one")
    cmd.set("state", 5)
    assert [selected.chain.object_name for selected in viewer.read_chains("all")] == ["one"]
    assert "two has 2 states and none of them is shown: state 5 was chosen" in capsys.readouterr().out
    with pytest.raises(StructureError, match="two has 2 states"):
        viewer.read_chains("two")


def _moves() -> dict[str, Callable[[Any], None]]:
    turn = [0, -1, 0, 7, 1, 0, 0, 3, 0, 0, 1, -4, 0, 0, 0, 1]
    return {
        "not at all": lambda cmd: None,
        "translate": lambda cmd: cmd.translate([10, 0, 5], object="toy"),
        "rotate": lambda cmd: cmd.rotate("x", 40, object="toy"),
        "atoms": lambda cmd: cmd.translate([10, 0, 5], "toy"),
        "history": lambda cmd: cmd.transform_object("toy", turn, homogenous=1),
        "state matrix": lambda cmd: (
            cmd.set("matrix_mode", 1),
            cmd.transform_object("toy", turn, homogenous=1),
            cmd.translate([10, 0, 5], object="toy"),
        ),
    }


@pytest.mark.parametrize("how", _moves())
def test_a_moved_object_is_read_where_it_is_shown(
    cmd: Any, viewer: Viewer, show: Callable[..., str], how: str
) -> None:
    """PyMOL's own export of what is on the screen says where the atom is."""
    show(protein(read_1hpv()))
    cmd.rotate("y", 20, object="toy")
    _moves()[how](cmd)
    cmd.hide("everything")
    cmd.show("spheres", "resi 25 and name CA")
    atom = _sphere(cmd)
    cmd.hide("everything")
    chain = viewer.read_chains("toy")[0].chain
    cmd.load_cgo([7.0, *chain.ca_coords[24].tolist(), 1.0], "mark", state=1, zoom=0)
    assert _sphere(cmd) == pytest.approx(atom, abs=2e-3)


def _sphere(cmd: Any) -> list[float]:
    """Centre of the only sphere that is shown, as a ray tracer would get it."""
    (line,) = (line for line in cmd.get_povray()[1].splitlines() if line.startswith("sphere"))
    return [float(number) for number in line.split("<")[1].split(">")[0].split(",")]
