"""Unresolved residues find their places from the breaks and the numbers, without any name or sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.unresolved import merge_unresolved
from tests.data import check_count


def ids(text: str) -> list[ResidueId]:
    return [ResidueId.from_resi("A", word) for word in text.split()]


def line(*breaks: int, n: int) -> np.ndarray:
    """CA atoms 3.8 Å apart, and far apart before some residues."""
    steps = np.full(n, 3.8)
    steps[list(breaks)] = 15.0
    return np.stack([np.cumsum(steps), np.zeros(n), np.zeros(n)], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("observed", "breaks", "unresolved", "before"),
    [
        ("3 4 5", (), "1 2 6 7", [0, 0, 3, 3]),
        ("1 2 5 6 9", (2, 4), "3 4 7 8 10", [2, 2, 4, 4, 5]),
        # numbers that count backwards: thrombin's light chain begins with 1H
        ("1A 1 2", (), "1H 1G 1F 1E 1D 1C 1B", [0] * 7),
        ("146 150", (1,), "147 148 149 149A 149B 149C 149D 149E", [1] * 8),
        # a break without missing residues is left alone
        ("1 2 3 6", (1, 3), "4 5", [3, 3]),
        ("-3 -2 4 5", (2,), "-5 -4 -1 0 1 2 3 6", [0, 0, 2, 2, 2, 2, 2, 4]),
        ("1 2", (), "", []),
    ],
)
def test_places(observed: str, breaks: tuple[int, ...], unresolved: str, before: list[int]) -> None:
    residues = ids(observed)
    found, is_complete = merge_unresolved(residues, line(*breaks, n=len(residues)), ids(unresolved))
    assert found.tolist() == before
    assert is_complete


def test_what_is_not_known_is_told_apart() -> None:
    residues = ids("1 2 9 10")
    assert not merge_unresolved(residues, line(2, n=4), [])[1]
    assert not merge_unresolved(residues, line(2, n=4), ids("0 11"))[1]
    assert merge_unresolved(residues, line(2, n=4), ids("3 4 5 6 7 8"))[1]
    assert merge_unresolved(residues, line(n=4), [])[1]  # bonded: the numbers jump as in chymotrypsin
    coords = line(2, n=4)
    coords[2] = np.nan  # a residue without CA says nothing
    assert merge_unresolved(residues, coords, [])[1]


def test_all_chains_of_the_shared_data(loaded: dict[Path, tuple[Chain, ...]]) -> None:
    """The mmCIF files tell the numbers of unresolved residues, and where they are."""
    gemmi = pytest.importorskip("gemmi")
    columns = ["pdb_strand_id", "seq_id", "mon_id", "pdb_seq_num", "pdb_ins_code"]
    n_chains = n_unresolved = 0
    for path, chains in loaded.items():
        if not path.name.endswith(".cif.gz"):
            continue
        table = gemmi.cif.read(str(path))[0].find("_pdbx_poly_seq_scheme.", columns)
        numbers = {(row[0], int(row[1])): row[3] + row[4].strip(".") for row in table}
        for chain in chains:
            assert chain.polymer is not None
            index = chain.polymer.residue_index
            # caps are no positions of ours
            if index is None or (chain.chain_id, len(index)) not in numbers:
                continue
            if (chain.chain_id, len(index) + 1) in numbers:
                continue
            unresolved = [
                ResidueId.from_resi("", numbers[chain.chain_id, k + 1]) for k in np.flatnonzero(index < 0)
            ]
            before, is_complete = merge_unresolved(chain.residue_ids, chain.ca_coords, unresolved)
            merged = np.insert(np.arange(chain.n_residues), before, -1)
            np.testing.assert_array_equal(merged, index, err_msg=f"{path.name} {chain.chain_id}")
            assert is_complete
            n_chains += 1
            n_unresolved += len(unresolved)
    check_count(n_chains, 100, at_least=True)
    check_count(n_unresolved, 1000, at_least=True)
