"""What a residue profile and the thumbnails show, without matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations.annotation import Annotation
from provis_core.attention.arcs import ArcsBuilder
from provis_core.figures import (
    describe_residue,
    make_profile_view,
    make_site_strip,
    make_strip,
    make_thumbnails,
)
from provis_core.structures.sequence import SequenceMap, compute_sequence_map

from .fakes import make_chain


def test_a_profile_names_the_residues_that_receive_most() -> None:
    chain = make_chain("ACDEFG")
    site = Annotation("site:ligand:HEM", "residue", np.arange(6) == 4, np.ones(6, bool), "toy", "by hand")
    view = make_profile_view(
        np.array([0.5, 2.31, 0.02, 0.0, 3.0, 1.0]),
        chain,
        compute_sequence_map(chain),
        given=np.full(6, 0.98),
        strips=[make_site_strip(site)],
        n_top=3,
    )
    assert view.top == (4, 1, 5)
    assert describe_residue(view, 1) == "A/CYS2 received 2.31 · given 0.98 · no. 2"
    assert describe_residue(view, 4) == "A/PHE5 received 3.00 · given 0.98 · no. 1 · HEM"
    assert describe_residue(view, 2) == "A/ASP3 received 0.02 · given 0.98"


def test_what_the_model_did_not_read_has_no_profile() -> None:
    chain = make_chain("ACDEFG")
    sequence = SequenceMap("AXCDEF", np.array([0, -1, 1, 2, 3, 4]), gaps="full")
    view = make_profile_view(np.arange(6.0), chain, sequence)
    assert view.received[:5].tolist() == [0, 2, 3, 4, 5] and np.isnan(view.received[5])
    assert view.top == (4, 3, 2, 1)
    assert describe_residue(view, 5) == "A/GLY6 not known to the model"
    with pytest.raises(ValueError, match="6 positions"):
        make_profile_view(np.arange(5.0), chain, sequence)


def test_a_strip_of_numbers_leaves_the_unknown_blank() -> None:
    values = np.array([10.0, np.nan, 50.0], dtype=np.float32)
    strip = make_strip(Annotation("b_factor", "residue", values, np.isfinite(values), "toy", "CA"))
    assert np.isnan(strip.rgb[1]).all() and np.isfinite(strip.rgb[[0, 2]]).all()
    assert [word for word, _ in strip.legend] == ["b factor 10", "b factor 50"]
    assert strip.legend[0][1] == "#440154" and strip.legend[1][1] == "#fde725"


def random_arcs(n: int = 100):
    rng = np.random.default_rng(5)
    dense = np.where(rng.random((2, 3, n, n)) < 0.03, rng.random((2, 3, n, n)), 0).astype(np.float32)
    dense[dense < 0.05] = 0
    builder = ArcsBuilder(2, 3, n, 0.05)
    for layer in range(2):
        builder.add_heads(layer, [0, 1, 2])
        head, query, key = np.nonzero(dense[layer])
        builder.add(layer, head, query, key, dense[layer][head, query, key])
    return builder.build(), dense


def test_a_dot_of_a_thumbnail_is_the_strongest_pair_under_it() -> None:
    arcs, dense = random_arcs()
    found = make_thumbnails(arcs, size=25, high=0.8)
    largest = dense.reshape(2, 3, 25, 4, 25, 4).max(axis=(3, 5))
    expected = np.minimum(largest * np.float32(255 / 0.8), 255).astype(np.uint8)
    assert found.images.shape == (2, 3, 25, 25)
    assert (found.images == expected).all()
    assert (found.images > 0).sum() == (largest > 0).sum()


def test_thumbnails_of_residues_and_of_heads_that_were_not_computed() -> None:
    chain = make_chain("ACDEFG")
    sequence = SequenceMap("AXCDEF", np.array([0, -1, 1, 2, 3, 4]), gaps="full")
    builder = ArcsBuilder(1, 2, 6, 0.05)
    builder.add_heads(0, [0])
    builder.add(0, 0, np.array([1, 2, 5]), np.array([0, 0, 3]), np.full(3, 0.5, dtype=np.float32))
    found = make_thumbnails(builder.build(), chain=chain, sequence_map=sequence)
    assert found.size == 6 and found.known.tolist() == [[True, False]]
    assert np.argwhere(found.images[0, 0]).tolist() == [[1, 0], [4, 2]]
    assert not found.images[0, 1].any()
