"""What the model sees of a chain in PyMOL: unresolved residues, the file of the object, given sequences."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.structures.chain import Chain
from provis_core.structures.files.chains import load_chain
from provis_core.structures.sequence import compute_sequence_map
from tests.data import find_structure
from tests.models.eager import compute_eager_attention
from tests.structures.files import THREE, seqres
from tests.tiny_checkpoints import HIV_PROTEASE

from .structures import at, change, drop, keep, protein, read_1hpv, to_mmcif

TAG = "MGSSHHHHHHSSG"
WHOLE = TAG + HIV_PROTEASE + "GGK"
NAMES = [THREE[letter] for letter in WHOLE]
UNRESOLVED = [*range(len(TAG)), *range(len(TAG) + 39, len(TAG) + 45), *range(len(WHOLE) - 3, len(WHOLE))]


@pytest.fixture
def read(cmd: Any) -> Callable[..., Chain]:
    """The one chain of a selection."""
    from plugin.viewers.pymol_chains import read_chains

    def read_one(selection: str = "all") -> Chain:
        ((selected,), problems) = read_chains(cmd, selection)
        assert problems == []
        return selected.chain

    return read_one


def resolved() -> list[str]:
    """1HPV's chain A with a gap of six residues."""
    return drop(protein(read_1hpv()), at(*range(40, 46)))


def with_gaps(chain: str = "A", asym: str = "A") -> str:
    """As an mmCIF file, with a tag in front that is not resolved."""
    lines = change(resolved(), chain=chain)
    return to_mmcif([(asym, 1, lines)], {1: NAMES}, lambda number: number + len(TAG))


@pytest.fixture
def toy(cmd: Any) -> str:
    """The mmCIF file, loaded."""
    cmd.load_raw(with_gaps(), "cif", "toy", 0, zoom=0)
    return "toy"


def whole_index() -> list[int]:
    index = np.full(len(WHOLE), -1)
    placed = np.setdiff1d(np.arange(len(WHOLE)), UNRESOLVED)
    index[placed] = np.arange(len(placed))
    return [int(k) for k in index]


def test_unresolved_residues_take_part_and_draw_nothing(
    toy: str, attn: Callable[..., Any], bert: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = compute_eager_attention(bert, WHOLE)[11, 3]
    index = np.array(whole_index())
    both = np.maximum(weights, weights.T)
    expected = {
        (int(index[i]), int(index[j])): float(both[i, j])
        for i in range(len(WHOLE))
        for j in range(i + 1, len(WHOLE))
        if both[i, j] >= 0.1 and index[i] >= 0 and index[j] >= 0
    }
    (drawn,) = attn("toy", top=0, quiet=0)
    pairs = zip(drawn.edges.query.tolist(), drawn.edges.key.tolist(), strict=True)
    assert dict(zip(pairs, drawn.edges.weight.tolist(), strict=True)) == pytest.approx(expected, abs=1e-5)
    assert drawn.sequence_map.sequence == WHOLE
    said = f"toy chain A, {len(WHOLE)} residues of the full sequence (PyMOL), {len(UNRESOLVED)} not resolved"
    assert said in capsys.readouterr().out
    (observed,) = attn("toy", gaps="observed", top=0, quiet=0)
    assert observed.sequence_map.sequence == HIV_PROTEASE[:39] + HIV_PROTEASE[45:]
    assert "toy chain A, 93 observed residues, tiny_bert" in capsys.readouterr().out
    assert observed.edges.n_edges != drawn.edges.n_edges


def test_a_pdb_file_in_the_working_folder_tells_its_seqres(
    cmd: Any, attn: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "\n".join([*seqres(NAMES), *resolved(), "END", ""])
    Path("mine.pdb").write_text(text)
    cmd.load("mine.pdb", zoom=0)
    (drawn,) = attn("mine")
    assert drawn.sequence_map.sequence == WHOLE
    assert drawn.sequence_map.residue_index.tolist() == whole_index()
    assert drawn.sequence_map.description == (
        f"{len(WHOLE)} residues of the full sequence (SEQRES of mine.pdb), {len(UNRESOLVED)} not resolved"
    )
    # a file of this name with another structure in it is not the object's
    other = change(resolved(), number=lambda number: number + 200)
    cmd.read_pdbstr("\n".join([*other, "END", ""]), "other", zoom=0)
    Path("other.pdb").write_text(text)
    (drawn,) = attn("other")
    assert drawn.sequence_map.description == "93 observed residues (full sequence not known)"


def test_a_file_that_was_opened_in_the_window_tells_its_seqres(
    cmd: Any, read: Callable[..., Chain], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pymol import gui

    class Window:
        recent_filenames = (str(tmp_path / "gone.pdb"), str(tmp_path / "far" / "mine.pdb"))

    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "mine.pdb").write_text("\n".join([*seqres(NAMES), *resolved(), "END", ""]))
    cmd.read_pdbstr((tmp_path / "far" / "mine.pdb").read_text(), "mine", zoom=0)  # by whatever way
    assert read().polymer is None
    monkeypatch.setattr(gui, "get_qtwindow", Window)
    polymer = read().polymer
    assert polymer is not None
    assert (polymer.source, polymer.sequence) == ("SEQRES of mine.pdb", WHOLE)
    with ThreadPoolExecutor(1) as others:  # PyMOL's database of these files is for its main thread alone
        assert others.submit(read).result().polymer is None


def test_seqres_as_letters_and_as_a_file(
    show: Callable[..., str], attn: Callable[..., Any], refuse: Callable[..., Any], tmp_path: Path
) -> None:
    show(resolved())
    (drawn,) = attn("toy", seqres=WHOLE)
    assert drawn.sequence_map.residue_index.tolist() == whole_index()
    assert drawn.sequence_map.source == "given sequence"
    fasta = tmp_path / "two.fasta"
    fasta.write_text(f">other\n{'ACDEFGHIKL' * 12}\n>mine of 1hpv\n{WHOLE[:60]}\n{WHOLE[60:]}\n")
    (drawn,) = attn("toy", seqres=str(fasta))
    assert drawn.sequence_map.residue_index.tolist() == whole_index()
    assert drawn.sequence_map.source == "given sequence mine"
    refuse(
        lambda: attn("toy", seqres="ACDEFGHIKL" * 12), "The seqres of 120 residues agrees with", "toy chain A"
    )
    refuse(lambda: attn("toy", seqres=str(tmp_path / "none.fasta")), "none.fasta cannot be read")
    refuse(lambda: attn("toy", seqres="MK-LV.fa"), "MK-LV.fa cannot be read")
    refuse(lambda: attn("toy", gaps="full"), "nothing tells the whole sequence of toy chain A", "seqres=")
    refuse(lambda: attn("toy", gaps="some"), "gaps=some", "observed, full, auto")


def test_typed_at_the_console(
    show: Callable[..., str], console: Callable[..., list[str]], bert: Path, tmp_path: Path
) -> None:
    show(resolved())
    fasta = tmp_path / "mine.fasta"
    fasta.write_text(f">mine\n{WHOLE}\n")
    said = console(f"provis_attn toy, 12, 4, {bert}, seqres={fasta}")
    assert f"toy chain A, {len(WHOLE)} residues of the full sequence (given sequence mine), " in said[0]
    said = console(f"provis_attn toy, 12, 4, {bert}, seqres={WHOLE[:40]} {WHOLE[40:]}")
    assert f"toy chain A, {len(WHOLE)} residues of the full sequence (given sequence), " in said[0]
    (line,) = console(f"provis_attn toy, 12, 4, {bert}, gaps=full")
    assert line.startswith(" Error: gaps=full, but nothing tells the whole sequence of toy chain A. ")


def test_what_the_user_did_to_the_object(cmd: Any, toy: str, read: Callable[..., Chain]) -> None:
    def describe() -> str:
        return compute_sequence_map(read("%toy"), "auto").description

    told = f"{len(WHOLE)} residues of the full sequence (PyMOL), {len(UNRESOLVED)} not resolved"
    assert describe() == told
    cmd.alter("toy", "chain='Q'")
    cmd.alter("toy", "resv += 500")
    cmd.sort("toy")
    assert (describe(), read("%toy").residue_label(0)) == (told, "Q/PRO501")
    cmd.alter("resi 525", "resn='ASN'")  # a mutation
    assert describe() == told
    assert compute_sequence_map(read("%toy"), "auto").sequence[len(TAG) + 24] == "N"
    cmd.remove("resi 560-563")
    assert describe() == "89 observed residues (full sequence not known)"
    given = compute_sequence_map(read("%toy"), seqres=WHOLE)
    assert given.n_unresolved == len(UNRESOLVED) + 4
    assert given.description.endswith("98.9 % of the observed residues agree")


def test_copies_and_sessions_keep_the_unresolved_residues(
    cmd: Any, toy: str, read: Callable[..., Chain], tmp_path: Path
) -> None:
    cmd.create("copy", "toy")
    session = tmp_path / "saved.pse"
    cmd.save(str(session))
    cmd.delete("all")
    cmd.load(str(session))
    for name in ("toy", "copy"):
        assert compute_sequence_map(read(f"%{name}"), "full").residue_index.tolist() == whole_index()
    # what was left out of a copy is unknown there
    cmd.create("part", "toy and not resi 10-20")
    assert read("%part").polymer is None


def test_chains_of_one_sequence_are_run_once(cmd: Any, attn: Callable[..., Any]) -> None:
    first = resolved()
    second = drop(change(protein(read_1hpv("A")), chain="B", shift=(40, 0, 0)), at(1, 2, 3, 98, 99))
    text = to_mmcif([("A", 1, first), ("B", 1, second)], {1: NAMES}, lambda number: number + len(TAG))
    cmd.load_raw(text, "cif", "dimer", 0, zoom=0)
    job = attn("dimer", wait=0)
    assert len(job.futures) == 1
    attn("dimer", gaps="observed", wait=0)
    job = attn("dimer", 3, 2, gaps="observed", wait=0)
    assert len(job.futures) == 2
    drawn = attn("dimer", 3, 2)
    assert [one.chain.chain_id for one in drawn] == ["A", "B"]
    assert [one.sequence_map.n_unresolved for one in drawn] == [len(UNRESOLVED), len(WHOLE) - 94]
    assert drawn[0].sequence_map.sequence == drawn[1].sequence_map.sequence == WHOLE


def test_a_file_that_lists_no_sequence(cmd: Any, read: Callable[..., Chain]) -> None:
    text = to_mmcif([("A", 1, resolved())], {1: NAMES}, lambda number: number + len(TAG))
    start, end = text.index("loop_\n_entity_poly_seq"), text.index("loop_\n_atom_site")
    cmd.load_raw(text[:start] + text[end:], "cif", "toy", 0, zoom=0)
    assert cmd.count_atoms("not present") == 0  # else this test shows nothing
    chain = read()
    assert chain.polymer is None
    assert compute_sequence_map(chain, "auto").description == "93 observed residues (full sequence not known)"


@pytest.mark.parametrize("state", [1, 2, 3])
def test_models_that_have_different_residues(cmd: Any, read: Callable[..., Chain], state: int) -> None:
    pytest.importorskip("Bio", reason="mmCIF files are read with Biopython")
    path = find_structure("mmcif/2ofg.cif.gz")
    cmd.load(str(path), "2ofg", zoom=0)
    cmd.set("state", state)
    mine, other = read(), load_chain(path, "X", state=state)
    assert (mine.residue_ids, mine.residue_names) == (other.residue_ids, other.residue_names)
    assert mine.n_residues == {1: 106, 2: 76, 3: 71}[state]
    found, exact = (compute_sequence_map(chain, "full") for chain in (mine, other))
    assert (found.sequence, found.residue_index.tolist()) == (exact.sequence, exact.residue_index.tolist())


def two_models(lines: list[str]) -> str:
    """An mmCIF file with chain A in the first model and chain B in the second."""
    parts = [("A", 1, lines), ("B", 1, change(lines, chain="B", shift=(40, 0, 0)))]
    rows = to_mmcif(parts, {1: NAMES}, lambda number: number + len(TAG)).split("\n")
    return "\n".join(f"{line[:-1]}2" if line.endswith(" B 1") else line for line in rows)


def test_a_chain_that_only_the_second_model_has(cmd: Any) -> None:
    from plugin.viewers.pymol_chains import read_chains

    cmd.load_raw(two_models(resolved()), "cif", "toy", 0, zoom=0)
    cmd.set("all_states", 1, "toy")
    chains = [one.chain for one in read_chains(cmd, "toy")[0]]
    assert [(chain.chain_id, chain.state) for chain in chains] == [("A", 1), ("B", 2)]
    for chain in chains:
        assert compute_sequence_map(chain, "full").sequence == WHOLE
        assert compute_sequence_map(chain, "full").residue_index.tolist() == whole_index()


def test_models_with_atoms_of_their_own_have_no_whole_sequence(cmd: Any, read: Callable[..., Chain]) -> None:
    # without a gap: nothing else shows that PyMOL has dropped the unresolved tag
    cmd.load_raw(two_models(protein(read_1hpv())), "cif", "toy", 0, zoom=0, discrete=1)
    assert cmd.count_discrete("toy") == 1
    cmd.set("state", 1)
    chain = read()
    assert (chain.chain_id, chain.n_residues, chain.polymer) == ("A", 99, None)


def test_seqres_is_not_given_to_chains_that_share_an_id(
    cmd: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plugin.viewers.pymol_chains import read_chains

    monkeypatch.chdir(tmp_path)
    first, second = (change(resolved(), segment=name) for name in ("ONE", "TWO"))
    second = change(second, shift=(40, 0, 0), number=lambda number: number + 100)
    Path("mine.pdb").write_text("\n".join([*seqres(NAMES), *first, "TER", *second, "END", ""]))
    cmd.load("mine.pdb", zoom=0)
    chains = [one.chain for one in read_chains(cmd, "mine")[0]]
    assert [(chain.label, chain.polymer) for chain in chains] == [
        ("mine chain A segment ONE", None),
        ("mine chain A segment TWO", None),
    ]


def test_states_with_atoms_of_their_own(cmd: Any, read: Callable[..., Chain], tmp_path: Path) -> None:
    path = tmp_path / "two.pdb"
    models = [resolved(), keep(change(protein(read_1hpv()), shift=(1, 0, 0)), at(*range(1, 31)))]
    path.write_text(
        "\n".join(line for k, lines in enumerate(models, 1) for line in [f"MODEL {k}", *lines, "ENDMDL"])
    )
    cmd.load(str(path), "both", discrete=1, zoom=0)
    assert cmd.count_discrete("both") == 1
    for state, n_residues in ((1, 93), (2, 30)):
        cmd.set("state", state)
        chain = read()
        assert (chain.state, chain.n_residues) == (state, n_residues)
        assert chain.sequence == (HIV_PROTEASE[:39] + HIV_PROTEASE[45:])[:n_residues]
        assert chain.polymer is None
