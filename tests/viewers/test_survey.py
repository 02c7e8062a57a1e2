"""All structures of the shared data through real PyMOL: every chain equals that of the file.

The file is read without PyMOL, by what `tests/structures` compares with gemmi. With
``WHOLE_SURVEY=1`` all files go through Debian's PyMOL, too, instead of every tenth.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.structures.chain import Chain
from provis_core.structures.files.chains import load_chains
from provis_core.structures.sequence import compute_sequence_map
from tests.data import HOW, check_count, check_explained, structure_files
from tests.data import STRUCTURES as FOLDER
from tests.patience import PATIENCE

from .programs import ROOT, needs_debians
from .survey import read_files

# (file, chain, what differs): the rule that explains it. Fewer than 1 % of the chains may be here.
EXPLAINED: dict[tuple[str, str, str], str] = {}

# PyMOL moves the atoms of these files, unless pdb_insure_orthogonal is off
MOVED = {"1k6p": 0.1, "4hhb": 40.0}  # by at least so many Å

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"structures are {HOW}")
Read = dict[str, Any]


@pytest.fixture(scope="module")
def loaded() -> dict[str, tuple[Chain, ...]]:
    """All protein chains of every file, read without PyMOL."""
    pytest.importorskip("Bio", reason="mmCIF files are read with Biopython")
    return {f"{path.parent.name}/{path.name}": load_chains(path) for path in structure_files()}


@pytest.fixture(scope="module")
def survey(pymol_process: Any) -> Read:
    """All files through the PyMOL that runs the tests; SEQRES is found in the working folder."""
    before = Path.cwd()
    pymol_process.cmd.reinitialize()
    try:
        os.chdir(FOLDER / "pdb")
        return read_files(pymol_process.cmd, list(structure_files()))
    finally:
        os.chdir(before)


def _differences(read: Read, loaded: dict[str, tuple[Chain, ...]]) -> set[tuple[str, str, str]]:
    found = set()
    for name, content in read.items():
        assert content["problems"] == [], name
        got: dict[str, list[Any]] = {}
        expected: dict[str, list[Chain]] = {}
        for one in content["chains"]:
            got.setdefault(one["chain"], []).append(one)
        for chain in loaded[name]:
            expected.setdefault(chain.chain_id, []).append(chain)
        for chain_id in got.keys() | expected.keys():
            pairs = got.get(chain_id, []), expected.get(chain_id, [])
            if len(pairs[0]) != len(pairs[1]):
                found.add((name, chain_id, "number of chains"))
                continue
            found |= {(name, chain_id, what) for pair in zip(*pairs, strict=True) for what in _compare(*pair)}
    return found


def _compare(one: Any, chain: Chain) -> list[str]:
    if one["numbers"] != [residue.resi for residue in chain.residue_ids]:
        return ["numbers"]
    if one["names"] != list(chain.residue_names):
        return ["names"]
    places = np.array([place or (np.nan,) * 3 for place in one["ca"]])
    return [] if np.allclose(places, chain.ca_coords, atol=2e-3, equal_nan=True) else ["coordinates"]


def test_every_chain_of_every_file_is_read_as_the_file_has_it(
    survey: Read, loaded: dict[str, tuple[Chain, ...]]
) -> None:
    check_count(len(survey), 299)
    check_count(sum(len(content["chains"]) for content in survey.values()), 565)
    found = _differences(survey, loaded)
    check_explained(found, EXPLAINED)


def test_whole_sequences_are_those_of_the_file(survey: Read, loaded: dict[str, tuple[Chain, ...]]) -> None:
    sources: dict[str, int] = {}
    for name, content in survey.items():
        by_id = {chain.chain_id: chain for chain in loaded[name]}
        for one in content["chains"]:
            chain = by_id[one["chain"]]
            if isinstance(one["full"], str):  # of unknown residues alone, or of a file without SEQRES
                assert chain.polymer is None or not chain.sequence.strip("X"), (name, one["chain"])
                sources["none"] = sources.get("none", 0) + 1
                continue
            source, sequence, index = one["full"]
            whole = compute_sequence_map(chain, "full")
            assert (sequence, index) == (whole.sequence, whole.residue_index.tolist()), (name, one["chain"])
            sources[source.split()[0]] = sources.get(source.split()[0], 0) + 1
    # two chains of mmCIF files and two of PDB files are of unknown residues alone; 71 have no SEQRES
    for source, n_chains in (("PyMOL", 129), ("SEQRES", 361), ("none", 75)):
        check_count(sources.get(source, 0), n_chains)


def test_pymol_moves_the_atoms_of_two_entries_unless_it_is_told_not_to(
    cmd: Any, loaded: dict[str, tuple[Chain, ...]]
) -> None:
    from plugin.viewers.pymol_chains import read_chains

    moved = [name for name in loaded if name.split("/")[1].split(".")[0] in MOVED]
    check_count(len(moved), 4)
    for name in moved:
        cmd.delete("all")
        cmd.load(str(FOLDER / name), "loaded", zoom=0)
        for one in read_chains(cmd, "loaded")[0]:
            (chain,) = (chain for chain in loaded[name] if chain.chain_id == one.chain.chain_id)
            assert one.chain.residue_ids == chain.residue_ids
            step = np.abs(one.chain.ca_coords - chain.ca_coords).max()
            assert step > MOVED[name.split("/")[1].split(".")[0]]
            atoms: list[Any] = []
            shown = f"chain {chain.chain_id} and name CA"
            cmd.iterate_state(1, shown, "add((resi, x, y, z))", space={"add": atoms.append})
            for residue, place in zip(one.chain.residue_ids, one.chain.ca_coords, strict=True):
                places = np.array([atom[1:] for atom in atoms if atom[0] == residue.resi])
                assert np.abs(places - place).max(axis=1).min() < 1e-3


def test_the_other_models_of_a_file(cmd: Any, loaded: dict[str, tuple[Chain, ...]]) -> None:
    from plugin.viewers.pymol_chains import read_chains

    n_chains = 0
    for name, chains in loaded.items():
        n_states = chains[0].n_states
        if n_states == 1:
            continue
        cmd.delete("all")
        cmd.load(str(FOLDER / name), "loaded", zoom=0)
        assert cmd.count_states("loaded") == n_states
        for state in sorted({2, 3, n_states} & set(range(n_states + 1))):
            cmd.set("state", state)
            selected, problems = read_chains(cmd, "loaded")
            assert problems == []
            by_id = {one.chain.chain_id: one.chain for one in selected}
            expected = load_chains(FOLDER / name, state=state)
            assert by_id.keys() == {chain.chain_id for chain in expected}
            for chain in expected:
                mine = by_id[chain.chain_id]
                n_chains += 1
                assert (mine.state, mine.n_states) == (state, n_states)
                assert (mine.residue_ids, mine.residue_names) == (chain.residue_ids, chain.residue_names)
                np.testing.assert_allclose(mine.ca_coords, chain.ca_coords, atol=2e-3)
                if mine.polymer is not None:
                    wholes = [compute_sequence_map(one, "full") for one in (mine, chain)]
                    assert wholes[0].sequence == wholes[1].sequence
                    np.testing.assert_array_equal(wholes[0].residue_index, wholes[1].residue_index)
    check_count(n_chains, 40)


@needs_debians
def test_debians_pymol_reads_the_same(tmp_path: Path, loaded: dict[str, tuple[Chain, ...]]) -> None:
    paths = list(structure_files())
    if os.environ.get("WHOLE_SURVEY") != "1":
        paths = [path for k, path in enumerate(paths) if k % 10 == 0 or path.name == "1a4w.cif.gz"]
    listed, out = tmp_path / "files.txt", tmp_path / "read.json"
    listed.write_text("\n".join(map(str, paths)))
    environ = {
        "PATH": "/usr/bin:/bin",  # Debian's takes python3 from there
        "HOME": str(tmp_path),
        "PROVIS_SURVEY_ROOT": str(ROOT),
        "PROVIS_SURVEY_FILES": str(listed),
        "PROVIS_SURVEY_OUT": str(out),
    }
    command = ["/usr/bin/pymol", "-cqk", str(ROOT / "tests" / "viewers" / "survey.py")]
    subprocess.run(
        command, env=environ, cwd=FOLDER / "pdb", capture_output=True, timeout=PATIENCE, check=True, text=True
    )
    read = json.loads(out.read_text())
    assert len(read) == len(paths)
    assert _differences(read, loaded) == set()
    lost = set()
    for name, content in read.items():
        by_id = {chain.chain_id: chain for chain in loaded[name]}
        for one in content["chains"]:
            chain = by_id[one["chain"]]
            if chain.polymer is not None and chain.sequence.strip("X"):
                whole = compute_sequence_map(chain, "full")
                if one["full"][1:] != [whole.sequence, whole.residue_index.tolist()]:
                    assert "nothing tells the whole sequence" in one["full"]
                    lost.add((name, one["chain"]))
    assert (
        lost == set()
    )  # unresolved residues with insertion codes, which PyMOL 2.5 loses, the file tells (205L)
