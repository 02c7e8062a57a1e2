"""What every program must read, and read again after the user has changed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from provis_core.errors import StructureError
from provis_core.structures.chain import Chain
from provis_core.structures.linking import join_chains
from tests.tiny_checkpoints import HIV_PROTEASE

from .conftest import N_RESIDUES
from .worlds import SHIFT, World


def chains_of(viewer: Any) -> list[Chain]:
    return [one.chain for one in viewer.read_chains("")]


def test_every_chain_is_read_whole(reader: Any) -> None:
    selected = reader.read_chains("")
    names = {one.chain.object_name for one in selected}
    assert names in ({"toy"}, {"toy #1"})  # names are not unique in ChimeraX
    assert [one.chain.label for one in selected] == [f"{name} chain {one}" for name in names for one in "AB"]
    for one in selected:
        assert one.chain.sequence == HIV_PROTEASE[:N_RESIDUES]
        assert [residue.resi for residue in one.chain.residue_ids] == [str(k + 1) for k in range(N_RESIDUES)]
        assert one.inside.all()
        assert (one.chain.state, one.chain.n_states) == (1, 1)
    first = selected[0].chain.ca_coords[0]
    assert first == pytest.approx([2.29, 0, 0], abs=2e-3)


def test_a_chain_that_did_not_change_is_read_again_as_it_was(reader: Any) -> None:
    for chain in chains_of(reader):
        again = reader.read_again(chain)
        assert (again.residue_ids, again.residue_names) == (chain.residue_ids, chain.residue_names)
        np.testing.assert_array_equal(again.ca_coords, chain.ca_coords)


def test_a_subject_has_its_chain_and_its_partners(reader: Any) -> None:
    subjects = reader.read_subjects(chains_of(reader)[::-1])
    assert [subject.chain.chain_id for subject in subjects] == ["B", "A"]
    assert [[one.chain_id for one in subject.partners] for subject in subjects] == [["A"], ["B"]]


def test_a_moved_structure_is_read_where_it_is(world: World) -> None:
    viewer = world.viewer
    before = chains_of(viewer)
    world.move()
    for chain, now in zip(before, chains_of(viewer), strict=True):
        for moved in (now, viewer.read_again(chain), viewer.read_subjects([chain])[0].chain):
            np.testing.assert_allclose(moved.ca_coords, chain.ca_coords + np.array(SHIFT), atol=2e-3)
            assert moved.residue_ids == chain.residue_ids


CHANGES: dict[str, Callable[[World], None]] = {
    "deletion of a residue": lambda world: world.remove_residue(),
    "rename": lambda world: world.rename(),
    "deletion": lambda world: world.delete(),
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_chain_that_is_not_as_it_was_is_refused_in_words(world: World, how: str) -> None:
    viewer = world.viewer
    chain = chains_of(viewer)[0]
    CHANGES[how](world)
    if how == "rename" and world.follows_renames:
        assert viewer.read_again(chain).object_name.startswith("other")
        assert viewer.is_there(chain)
        return
    for read in (lambda: viewer.read_again(chain), lambda: viewer.read_subjects([chain])):
        with pytest.raises(StructureError) as caught:
            read()
        assert all((caught.value.got, caught.value.need, caught.value.do))
    assert viewer.is_there(chain) == (how == "deletion of a residue")


def test_what_is_there_after_a_change_is_read(world: World) -> None:
    world.remove_residue()
    assert [one.n_residues for one in chains_of(world.viewer)] == [N_RESIDUES - 1, N_RESIDUES]
    world.rename()
    chains = chains_of(world.viewer)
    assert [one.chain_id for one in chains] == ["A", "B"]
    assert all(one.object_name.split()[0] == "other" for one in chains)


def test_linked_chains_are_there_while_each_of_them_is(world: World) -> None:
    chain = join_chains(chains_of(world.viewer))
    assert world.viewer.is_there(chain)
    world.delete()
    assert not world.viewer.is_there(chain)
