"""All structures of the shared data against gemmi, and against the tables in the files themselves."""

from __future__ import annotations

import gzip
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from provis_core.structures.chain import Chain
from provis_core.structures.files.chains import load_chains
from provis_core.structures.sequence import compute_sequence_map
from tests.data import check_count, check_explained

Loaded = dict[Path, tuple[Chain, ...]]

# (file, chain, what differs): the rule that explains it. Fewer than 1 % of the chains may be here.
EXPLAINED: dict[tuple[str, str, str], str] = {}

# Letters of the whole sequence against the file's own pdbx_seq_one_letter_code_can
OTHER_LETTERS = {
    ("1ema", "A", "CRO"): "a chromophore of three residues has no single parent: X, where the file says GYG",
    ("1en2", "A", "PCA"): "the component dictionary's parent of PCA is GLN, the file says E",
}

# Files of the archive whose REMARK 465 was cut off by those who passed them on, or written per model
NO_REMARK_465 = {"1tii", "2beg", "3cdl", "3cfy"}


def stem(path: Path) -> str:
    return path.name.split(".")[0]


def test_every_file_is_read(loaded: Loaded) -> None:
    check_count(len(loaded), 299)
    check_count(sum(map(len, loaded.values())), 565)
    for path, chains in loaded.items():
        assert len({(chain.chain_id, chain.segment_id) for chain in chains}) == len(chains), path
        for chain in chains:
            assert len(set(chain.residue_ids)) == chain.n_residues == len(chain.sequence)
            assert np.isfinite(chain.ca_coords).any()


def test_every_chain_agrees_with_an_independent_reader(loaded: Loaded) -> None:
    from .independent import protein_chains

    found = set()
    for path, chains in loaded.items():
        theirs = {chain.chain_id: chain for chain in protein_chains(path)}
        ours = {chain.chain_id: chain for chain in chains}
        for chain_id in ours.keys() | theirs.keys():
            key = (path.name, chain_id)
            if chain_id not in ours or chain_id not in theirs:
                found.add((*key, "missing"))
                continue
            mine, other = ours[chain_id], theirs[chain_id]
            if [residue[1:] for residue in mine.residue_ids] != other.residue_ids:
                found.add((*key, "numbers"))
            elif list(mine.residue_names) != other.residue_names:
                found.add((*key, "names"))
            elif not np.allclose(mine.ca_coords, other.ca_coords, atol=1e-3, equal_nan=True):
                found.add((*key, "coordinates"))
            # gemmi knows fewer modified residues, and calls pyroglutamate a glutamate
            letters = zip(mine.sequence, other.letters.upper(), mine.residue_names, strict=True)
            if any(a != b for a, b, name in letters if b not in "?X" and name not in ("PCA", "CRO")):
                found.add((*key, "letters"))
            if mine.polymer and list(mine.polymer.residue_names) != other.polymer:
                found.add((*key, "polymer"))
    check_explained(found, EXPLAINED)
    assert len({key[:2] for key in found}) < 0.01 * sum(map(len, loaded.values()))


def test_the_first_second_and_last_model_agree(files: tuple[Path, ...]) -> None:
    from .independent import n_models, protein_chains

    several = [path for path in files if stem(path) in ("1l2y", "2jo4", "1lcd", "2ofg")]
    check_count(len(several), 4)
    for path in several:
        last = n_models(path)
        for state in (1, 2, last):
            chains = load_chains(path, state=state)
            for mine, other in zip(chains, protein_chains(path, state), strict=True):
                assert (mine.state, mine.n_states) == (state, last)
                assert list(mine.residue_names) == other.residue_names
                np.testing.assert_allclose(mine.ca_coords, other.ca_coords, atol=1e-3)


def test_the_same_entry_in_both_formats_gives_the_same_chains(loaded: Loaded) -> None:
    by_stem: dict[str, list[tuple[Chain, ...]]] = {}
    for path, chains in loaded.items():
        by_stem.setdefault(stem(path), []).append(chains)
    pairs = [(name, *both) for name, both in by_stem.items() if len(both) == 2]
    check_count(len(pairs), 42)
    for name, others, chains in pairs:
        by_id = {chain.chain_id: chain for chain in others}
        assert {chain.chain_id for chain in chains} == by_id.keys(), name
        for chain in chains:
            other = by_id[chain.chain_id]
            assert chain.object_name == other.object_name == name
            assert chain.residue_ids == other.residue_ids
            assert chain.residue_names == other.residue_names
            assert chain.sequence == other.sequence
            np.testing.assert_allclose(chain.ca_coords, other.ca_coords, atol=1e-3)
            # SEQRES is aligned, the mmCIF file tells each place
            for gaps in ("full", "auto"):
                if chain.sequence.strip("X"):
                    mine, exact = compute_sequence_map(chain, gaps), compute_sequence_map(other, gaps)
                    assert (mine.sequence, mine.source) == (exact.sequence, "SEQRES"), (name, chain.chain_id)
                    assert exact.source == "_entity_poly_seq"
                    np.testing.assert_array_equal(mine.residue_index, exact.residue_index)


def test_places_in_the_polymer_are_those_of_the_scheme(loaded: Loaded) -> None:
    from .independent import CAPS, columns, is_mmcif

    items = ("asym_id", "seq_id", "mon_id", "pdb_seq_num", "pdb_ins_code", "auth_seq_num", "pdb_strand_id")
    n_chains = 0
    for path, chains in loaded.items():
        table = columns(path, "_pdbx_poly_seq_scheme", *items) if is_mmcif(path) else []
        strands: dict[str, dict[int, list[tuple[str, ...]]]] = {}
        for row in table:
            strands.setdefault(row[6], {}).setdefault(int(row[1]), []).append(row)
        for chain in chains if strands else ():
            n_chains += 1
            places = [rows for _, rows in sorted(strands[chain.chain_id].items())]
            places = [rows for rows in places if rows[0][2] not in CAPS]
            assert chain.polymer is not None and chain.polymer.residue_index is not None
            for index, name, rows in zip(
                chain.polymer.residue_index, chain.polymer.residue_names, places, strict=True
            ):
                options = [row[2] for row in rows]
                assert name in options
                assert (index < 0) == all(row[5] == "?" for row in rows), (path.name, chain.chain_id, rows)
                if index >= 0:
                    residue = chain.residue_ids[index]
                    assert (residue.number, residue.insertion_code) == (
                        int(rows[0][3]),
                        rows[0][4].strip("."),
                    )
                    assert chain.residue_names[index] in options
    check_count(n_chains, 123)


@pytest.mark.parametrize("numbering", ["of the file", "lost"])
def test_alignment_finds_the_places_that_the_files_tell(loaded: Loaded, numbering: str) -> None:
    from dataclasses import replace

    from provis_core.structures.alignment import align_to_components

    n_chains = 0
    for path, chains in loaded.items():
        for chain in chains:
            if chain.polymer is None or chain.polymer.residue_index is None:
                continue
            n_chains += 1
            if numbering == "lost":
                ids = tuple(residue._replace(number=k) for k, residue in enumerate(chain.residue_ids))
                chain = replace(chain, residue_ids=ids)  # noqa: PLW2901
            places = align_to_components(chain, chain.polymer.residue_names)
            exact = np.full(chain.n_residues, -1)
            exact[chain.polymer.residue_index[chain.polymer.residue_index >= 0]] = np.flatnonzero(
                chain.polymer.residue_index >= 0
            )
            np.testing.assert_array_equal(places, exact, err_msg=f"{path.name} {chain.chain_id}")
    check_count(n_chains, 131)


def test_unresolved_residues_are_those_of_remark_465(loaded: Loaded) -> None:
    from .independent import is_mmcif

    n_chains = 0
    for path, chains in loaded.items():
        if is_mmcif(path) or stem(path) in NO_REMARK_465:
            continue
        missing = _remark_465(path)
        for chain in chains:
            if chain.polymer is None or not chain.sequence.strip("X"):
                continue
            n_chains += 1
            found = compute_sequence_map(chain, "full")
            names = [
                name
                for name, k in zip(chain.polymer.residue_names, found.residue_index, strict=True)
                if k < 0
            ]
            assert names == missing.get(chain.chain_id, []), (path.name, chain.chain_id)
            assert (found.identity, found.n_left_out) == (1, 0) or stem(path) in ("1cbn", "1en2")
    check_count(n_chains, 346)


def _remark_465(path: Path) -> dict[str, list[str]]:
    missing: dict[str, list[str]] = {}
    with gzip.open(path, "rt", errors="replace") as lines:
        remark = [line for line in lines if line.startswith("REMARK 465")]
    for line in itertools.dropwhile(lambda line: "SSSEQI" not in line, remark):
        match = re.match(r"REMARK 465\s+(?:\d+\s+)?(\w+) (\w)\s+-?\d+\w?\s*$", line)
        if match and match[1] not in ("ACE", "NH2"):
            missing.setdefault(match[2], []).append(match[1])
    return missing


def test_whole_sequences_have_the_letters_that_the_files_say(loaded: Loaded) -> None:
    from .independent import columns, is_mmcif

    found, n_chains = set(), 0
    for path, chains in loaded.items():
        if not is_mmcif(path):
            continue
        strands = columns(path, "_entity_poly", "pdbx_strand_id", "pdbx_seq_one_letter_code_can")
        letters = {
            chain_id: re.sub(r"\s", "", sequence)
            for ids, sequence in strands
            if ids not in "?." and sequence not in "?."
            for chain_id in ids.split(",")
        }
        for chain in chains:
            if chain.chain_id not in letters or chain.polymer is None or "X" in letters[chain.chain_id]:
                continue
            n_chains += 1
            theirs = letters[chain.chain_id]
            if "CRO" in chain.polymer.residue_names:
                place = chain.polymer.residue_names.index("CRO")
                theirs = theirs[:place] + "*" + theirs[place + 3 :]
            for name, mine, other in zip(
                chain.polymer.residue_names, chain.polymer.sequence, theirs, strict=True
            ):
                if mine != other:
                    found.add((stem(path), chain.chain_id, name))
    check_explained(found, OTHER_LETTERS)
    check_count(n_chains, 100, at_least=True)
