"""All structures of the shared data through ChimeraX's readers: each difference to our own has a reason.

docs/chimerax.md lists them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.errors import ProvisError
from provis_core.structures.chain import Chain
from provis_core.structures.files.chains import load_chains
from provis_core.structures.sequence import SequenceMap, compute_sequence_map
from tests.data import HOW, STRUCTURES, check_count, check_explained, structure_files

from .library import open_structure

_SHOWN = "the alternate location that ChimeraX shows is not the most occupied one"
_ONE_NAME = "ChimeraX takes the first of several residues at one place in an mmCIF file"

# residue that ChimeraX shows in another alternate location than the most occupied one, by at most so many Å
FARTHEST = 1.1

EXPLAINED = {
    **{
        (f"mmcif/{name}.cif.gz", chain, "coordinates"): _SHOWN
        for name, chain in (
            *(("2w83", "D"), ("3ek3", "A"), ("3nzd", "A"), ("3o5r", "A"), ("3pqr", "A"), ("4gfo", "A")),
            *(("4i39", "A"), ("4wvp", "E"), ("6x3p", "A")),
        )
    },
    **{
        (f"pdb/{name}.pdb.gz", chain, "coordinates"): _SHOWN
        for name, chain in (
            *(
                ("1ejg", "A"),
                ("2efj", "A"),
                ("2pvb", "A"),
                ("2w83", "D"),
                ("2yex", "A"),
                ("3ems", "A"),
            ),
            *(("3hdb", "A"), ("3htn", "A"), ("3htn", "C"), ("3o5r", "A"), ("3pqr", "A"), ("3tah", "A")),
            *(("3tah", "B"), ("4alw", "A"), ("4gyt", "A"), ("4oyn", "A"), ("4rao", "B"), ("4y08", "A")),
            *(("4zjk", "A"), ("6flr", "A"), ("6x3p", "A")),
        )
    },
    ("mmcif/1cbn.cif.gz", "A", "names"): _ONE_NAME,
    ("mmcif/1cbn.cif.gz", "A", "whole sequence"): _ONE_NAME,
    ("mmcif/1en2.cif.gz", "A", "names"): _ONE_NAME,
    ("mmcif/1en2.cif.gz", "A", "coordinates"): _ONE_NAME,
    ("mmcif/1en2.cif.gz", "A", "whole sequence"): _ONE_NAME,
}

EVERY = 1 if os.environ.get("WHOLE_SURVEY") == "1" else 5  # of the files without a difference

pytestmark = pytest.mark.skipif(not STRUCTURES.is_dir(), reason=f"structures are {HOW}")


def test_every_chain_of_every_file(session: Any, tmp_path: Path) -> None:
    from plugin.viewers.chimerax_chains import read_structure_chains
    from plugin.viewers.chimerax_models import ChimeraxModels

    models, found, n_chains = ChimeraxModels(session), set(), 0
    different = {name for name, _, _ in EXPLAINED}
    for k, path in enumerate(structure_files()):
        if k % EVERY and f"{path.parent.name}/{path.name}" not in different:
            continue
        opened = open_structure(session, path, path.name.split(".")[0], tmp_path)
        read = read_structure_chains(models, opened[0])
        assert not [one for one in read if isinstance(one, ProvisError)], path
        name = f"{path.parent.name}/{path.name}"
        expected = load_chains(path)
        n_chains += len(expected)
        found |= {(name, *one) for one in _compare([one.chain for one in read], expected)}
        session.models.close(opened)
    if EVERY == 1:
        check_count(n_chains, 565)
    check_explained(found, EXPLAINED)


def _compare(read: list[Chain], expected: tuple[Chain, ...]) -> set[tuple[str, str]]:
    found = set()
    for chain_id in {one.chain_id for one in (*read, *expected)}:
        ours = [one for one in read if one.chain_id == chain_id]
        theirs = [one for one in expected if one.chain_id == chain_id]
        if len(ours) != len(theirs):
            found.add((chain_id, "number of chains"))
            continue
        for one, other in zip(ours, theirs, strict=True):
            found |= {(chain_id, what) for what in _differences(one, other)}
    return found


def _differences(one: Chain, other: Chain) -> list[str]:
    if one.residue_ids != other.residue_ids:
        return ["numbers"]
    what = [] if one.residue_names == other.residue_names else ["names"]
    if not np.allclose(one.ca_coords, other.ca_coords, atol=2e-3, equal_nan=True):
        assert np.nanmax(np.abs(one.ca_coords - other.ca_coords)) < FARTHEST
        what.append("coordinates")
    mine, wanted = _whole(one), _whole(other)
    if (mine is None) != (wanted is None):
        what.append("whole sequence")
    elif mine is not None and wanted is not None:
        is_same = mine.sequence == wanted.sequence
        is_same = is_same and np.array_equal(mine.residue_index, wanted.residue_index)
        what += [] if is_same else ["whole sequence"]
    return what


def _whole(chain: Chain) -> SequenceMap | None:
    try:
        return compute_sequence_map(chain, "full")
    except ProvisError:
        return None
