"""Heads of AntiBERTy's real weights on a real antibody: the numbers are those of transformers' own maps.

1A0Q: the Fab of a catalytic antibody with its hapten.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.models import load_model
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.files.subjects import load_subjects
from provis_core.structures.sequence import compute_sequence_map
from tests.data import find_structure
from tests.models.eager import compute_eager_attention

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

MIN_ATTN = 0.1


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """The heavy chain, a scan of it by ours, and all maps by transformers, special tokens cut out."""
    spec = importlib.util.find_spec("antiberty")
    if spec is None or spec.origin is None:
        pytest.skip("antiberty is not installed")
    structure = find_structure("pdb/1a0q.pdb.gz")
    trained = Path(spec.origin).parent / "trained_models"
    folder = tmp_path_factory.mktemp("antiberty")  # the package keeps the vocabulary one folder up
    for name in ("vocab.txt", "AntiBERTy_md_smooth/config.json", "AntiBERTy_md_smooth/pytorch_model.bin"):
        (folder / Path(name).name).symlink_to(trained / name)
    subject = load_subjects(structure)[1]
    sequence_map = compute_sequence_map(subject.chain, "full")
    scan = load_model(folder, device="cpu").scan(sequence_map.sequence)
    return subject, sequence_map, scan, compute_eager_attention(folder, sequence_map.sequence)


def test_contacts(case):
    subject, sequence_map, scan, maps = case
    positions = sequence_map.positions_of(subject.chain.n_residues)  # the separation is that of the sequence
    contacts = compute_annotations("contact", replace(subject, positions=positions))[0]
    table = compute_head_scores(scan, sequence_map, contacts, min_attn=MIN_ATTN)
    index = sequence_map.residue_index
    assert (index < 0).sum() > 0  # residues that the model sees and the structure does not have
    distance = np.linalg.norm(
        subject.chain.ca_coords[index][:, None] - subject.chain.ca_coords[index][None], axis=2
    )
    n = len(index)
    place = np.arange(n)
    known = (index >= 0) & np.isfinite(subject.chain.ca_coords[index]).all(axis=1)
    counts = known[:, None] & known & (np.abs(place[:, None] - place) >= 6)
    is_contact = counts & (distance < 8)
    strong = (maps >= MIN_ATTN) & counts
    np.testing.assert_array_equal(table.n_arcs, strong.sum(axis=(2, 3)))
    np.testing.assert_array_equal(table.hits, (strong & is_contact).sum(axis=(2, 3)))
    assert table.background == is_contact.sum() / counts.sum()
    scores = maps + maps.transpose(0, 1, 3, 2)
    i, j = np.nonzero(np.triu(counts))
    for head in np.ndindex(8, 8):
        order = np.argsort(-scores[head][i, j], kind="stable")[: known.sum() // 5]
        expected = is_contact[i[order], j[order]].mean()
        assert abs(table.precision_plain["L/5"][head] - expected) < 2 / len(order)  # ranks may tie
    np.testing.assert_allclose(table.special_share, 1 - maps.sum(axis=(2, 3)) / n, atol=1e-4)


def test_a_site(case):
    subject, sequence_map, scan, maps = case
    site = compute_annotations("site:ligand", subject, radius=5)[0]
    table = compute_head_scores(scan, sequence_map, site, min_attn=MIN_ATTN)
    index = sequence_map.residue_index
    known = index >= 0
    inside = known & site.values[index]
    assert inside.sum() > 5
    strong = maps >= MIN_ATTN
    np.testing.assert_array_equal(table.n_arcs, strong[..., known].sum(axis=(2, 3)))
    np.testing.assert_array_equal(table.hits, strong[..., inside].sum(axis=(2, 3)))
    expected = maps[..., inside].sum(axis=(2, 3)) / maps[..., known].sum(axis=(2, 3))
    np.testing.assert_allclose(table.weighted_share, expected, rtol=1e-3)
