import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.structures.linking import LINKER, join_chains, link_chains, link_maps, split_residues
from provis_core.structures.sequence import SequenceMap, compute_sequence_map
from tests.core.fakes import make_chain


def test_the_linker_is_cut_out_again():
    linked = link_chains(["ACD", SequenceMap("EF", np.array([0, -1])), "G"], "ggs")
    assert linked.sequence == "ACDGGSEFGGSG"
    assert linked.part.tolist() == [0, 0, 0, -1, -1, -1, 1, 1, -1, -1, -1, 2]
    assert linked.position.tolist() == [0, 1, 2, -1, -1, -1, 0, 1, -1, -1, -1, 0]
    assert "".join(linked.sequence[k] for k in linked.kept) == "ACDEFG"
    weights = np.arange(144.0).reshape(12, 12)
    cut = linked.cut(weights)
    assert cut.shape == (6, 6)
    assert cut[0, 3] == weights[0, 6]
    assert cut[5, 4] == weights[11, 7]
    np.testing.assert_array_equal(linked.block(weights, 1, 0), cut[3:5, :3])
    np.testing.assert_array_equal(linked.block(weights[None], 0, 2), cut[None, :3, 5:])


def test_one_chain_and_no_linker():
    assert link_chains(["ACD"]).sequence == "ACD"
    assert link_chains(["AC", "D"], "").kept.tolist() == [0, 1, 2]
    assert link_chains(["AC", "D"]).sequence == f"AC{LINKER}D"
    assert link_chains(["AC", "D"]).n_positions == 28


def test_what_cannot_be_linked():
    with pytest.raises(InputError, match="nothing to link"):
        link_chains([])
    with pytest.raises(InputError, match="nothing to link"):
        link_chains(["AC", ""])
    with pytest.raises(InputError, match="linker=G-S"):
        link_chains(["AC", "D"], "G-S")
    with pytest.raises(ValueError, match="28 linked positions"):
        link_chains(["AC", "D"]).cut(np.zeros((3, 3)))
    with pytest.raises(ValueError, match="read-only"):
        link_chains(["AC"]).part[0] = 1


def test_a_joined_chain_keeps_the_names_of_its_members():
    first, second = make_chain("ACD", "A"), make_chain("EF", "B")
    joined = join_chains([first, second])
    assert (joined.object_name, joined.chain_id, joined.sequence) == ("toy", "A+B", "ACDEF")
    assert [joined.residue_label(k) for k in (0, 2, 3, 4)] == ["A/ALA1", "A/ASP3", "B/GLU1", "B/PHE2"]
    assert joined.label == "toy chains A + B"
    np.testing.assert_array_equal(joined.ca_coords, np.vstack([first.ca_coords, second.ca_coords]))
    assert split_residues(joined, [4, 0, 2]) == [(first, [0, 2]), (second, [1])]
    assert split_residues(first, [2]) == [(first, [2])]
    with pytest.raises(InputError, match="There is one chain to link, toy chain A"):
        join_chains([first])


def test_linked_maps_have_no_residue_in_the_linker_and_where_nothing_is_resolved():
    chains = [make_chain("ACD", "A"), make_chain("EF", "B")]
    maps = [compute_sequence_map(chains[0]), SequenceMap("GEF", [-1, 0, 1], gaps="full", source="SEQRES")]
    linked = link_maps(maps, [3, 2], "GG")
    assert linked.sequence == "ACDGGGEF"
    assert linked.residue_index.tolist() == [0, 1, 2, -1, -1, -1, 3, 4]
    assert (linked.n_linker, linked.n_unresolved, linked.gaps) == (2, 1, "full")
    assert linked.description == (
        "2 chains in one sequence with 2 linker residues, 3 observed residues; "
        "3 residues of the full sequence (SEQRES), 1 not resolved"
    )
    same = link_maps([maps[0], maps[0]], [3, 3])
    assert same.description == "2 chains in one sequence with 25 linker residues, each 3 observed residues"
