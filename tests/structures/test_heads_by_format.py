"""The same structure as PDB and as mmCIF gives the same table of heads, chain by chain, for every property.

The attention is made up from the sequence, so that it is the same for the same sequence and nothing else.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.errors import ProvisError
from provis_core.scoring.head_scores import HeadScores
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.files.subjects import load_subjects
from provis_core.structures.sequence import compute_sequence_map
from provis_core.structures.subject import Subject
from tests.core.toy_scans import make_scan
from tests.data import HOW
from tests.data import STRUCTURES as ROOT

PROPERTIES = ("contact", "site", "ptm", "amino_acid", "b_factor", "site_record", "helix")
LONGEST = 750  # residues; longer chains are the same code, and slow as whole maps

PAIRS = sorted(
    path.name.removesuffix(".cif.gz")
    for path in (ROOT / "mmcif").glob("*.cif.gz")
    if (ROOT / "pdb" / f"{path.name.removesuffix('.cif.gz')}.pdb.gz").exists()
)
_NO_POLYMER = (
    "mkdssp leaves residues out that are HETATM, or one of several in their place, where the file has no "
    "_entity_poly_seq"
)
DIFFERENT = {
    (name, "helix"): _NO_POLYMER for name in ("1a4w", "1a8o", "1cbn", "1en2", "1fdo", "2p0r", "5dx9")
}
"""What the two files do not tell alike: entry and property."""


def make_up_scan(sequence: str):
    """Sharp attention for a sequence: 2 layers of 3 heads, one of which follows the sequence."""
    n = len(sequence)
    rng = np.random.default_rng(zlib.crc32(sequence.encode()))
    logits = rng.normal(size=(2, 3, n, n)) * 2.5
    logits[1, 2] -= 0.5 * np.abs(np.abs(np.subtract.outer(np.arange(n), np.arange(n))) - 10)
    maps = np.exp(logits)
    return make_scan(maps / maps.sum(axis=3, keepdims=True), sequence)


def compute_tables(path: Path) -> dict[tuple[str, str, str], HeadScores | str]:
    """By chain, property and part of it; why there is none where there is none."""
    pytest.importorskip("Bio", reason="mmCIF files are read with Biopython")
    found: dict[tuple[str, str, str], HeadScores | str] = {}
    for index, subject in enumerate(load_subjects(path)):
        if subject.chain.n_residues > LONGEST or not subject.chain.sequence.strip("X"):
            continue
        sequence_map = compute_sequence_map(subject.chain, "observed")
        scan = make_up_scan(sequence_map.sequence)
        for name in PROPERTIES[: None if index < 2 else -1]:  # mkdssp runs on the whole file for each chain
            found |= _compute_some(subject, name, scan, sequence_map)
    return found


def _compute_some(subject: Subject, name: str, scan, sequence_map) -> dict:
    chain = subject.chain.chain_id
    try:
        annotations = compute_annotations(name, subject)
    except ProvisError as error:
        return {(chain, name, ""): type(error).__name__}
    return {
        (chain, name, item.name): compute_head_scores(scan, sequence_map, item, min_attn=0.05, min_arcs=5)
        for item in annotations[:4]
    }


@pytest.mark.skipif(not PAIRS, reason=f"structures are {HOW}")
@pytest.mark.parametrize("name", PAIRS)
def test_same_heads_from_both_formats(name: str) -> None:
    ours = compute_tables(ROOT / "pdb" / f"{name}.pdb.gz")
    theirs = compute_tables(ROOT / "mmcif" / f"{name}.cif.gz")
    different = []
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(key, "nothing"), theirs.get(key, "nothing")
        if not _is_same(one, other) and (name, key[1]) not in DIFFERENT:
            different.append(key)
    assert sum(isinstance(one, HeadScores) for one in ours.values()) > 0
    assert different == []


def _is_same(one: HeadScores | str, other: HeadScores | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one is other or (isinstance(one, str) and one == other)
    names = (
        "background",
        "n_arcs",
        "n_near",
        "hits",
        "share",
        "weighted_share",
        "expected",
        "low",
        "high",
        "p",
        "p_max",
    )
    return all(
        np.allclose(getattr(one, name), getattr(other, name), rtol=1e-6, atol=1e-9, equal_nan=True)
        for name in names
    )
