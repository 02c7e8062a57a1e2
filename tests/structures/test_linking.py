import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.sequence import SequenceMap
from provis_core.structures.linking import LINKER, link_chains


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
