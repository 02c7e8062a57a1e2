"""Chains that the panel offers follow the viewer's objects, without a word of the user."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.structures.chain import SelectedChain

from .fakes import FakeViewer, make_chain
from .inspecting import EIGHT, TWENTY, wait


def _load(viewer: FakeViewer, letters: str, name: str, chain_id: str = "A") -> None:
    chain = make_chain(letters, chain_id, name)
    viewer.chains.append(SelectedChain(chain, np.ones(len(letters), dtype=bool)))
    viewer.objects.add(name)


def _rename(viewer: FakeViewer, old: str, new: str) -> None:
    def renamed(chain):
        return replace(chain, object_name=new) if chain.object_name == old else chain

    viewer.chains = [SelectedChain(renamed(one.chain), one.inside) for one in viewer.chains]
    viewer.objects = {new if name == old else name for name in viewer.objects}


def _remove(viewer: FakeViewer, name: str) -> None:
    viewer.chains = [one for one in viewer.chains if one.chain.object_name != name]
    viewer.objects.discard(name)


def _offered(inspector) -> list[str]:
    return [part.chain.label for part in inspector.chains]


def test_what_comes_and_goes_is_offered_or_no_longer(inspector, viewer, worker):
    here, n_scans = inspector.target, len(worker.scans)
    told = []
    inspector.listen("chain", lambda: told.append(1))
    inspector.read_marks()
    assert told == []
    _load(viewer, EIGHT, "more")
    inspector.read_marks()
    inspector.read_marks()
    assert told == [1]
    assert _offered(inspector) == ["toy chain A", "toy chain B", "more chain A"]
    assert inspector.state.chains == ("/toy//A", "/toy//B", "/more//A")
    inspector.choose.chain(2)
    assert inspector.target.chain.object_name == "more"
    inspector.choose.chain(0)
    _remove(viewer, "more")
    inspector.read_marks()
    assert _offered(inspector) == ["toy chain A", "toy chain B"]
    assert inspector.target.chain is here.chain
    wait(inspector.session)
    assert viewer.warnings == []
    assert list(viewer.scenes) == ["provis_toy_A_2-1"]
    assert n_scans < len(worker.scans)


@pytest.mark.parametrize("link", [False, True])
def test_a_renamed_object_is_the_same_to_the_panel(inspector, viewer, worker, link):
    both = TWENTY + "G" * 25 + EIGHT
    worker.answers[both] = np.full((2, 2, len(both), len(both)), 0.01, dtype=np.float32)
    if link:
        inspector.choose.link(True)
        wait(inspector.session)
    inspector.choose.head(HeadId(0, 1))
    inspector.choose.options(min_attn=0.2)
    viewer.marked["toy chain A"] = np.arange(20) < 3
    inspector.choose.site("selection")
    inspector.choose.box(slice(0, 3), slice(4, 9))
    inspector.choose.profile("received")
    wait(inspector.session)
    before, sequence = inspector.state, inspector.target.sequence_map.sequence
    n_problems = inspector.status.problem
    _rename(viewer, "toy", "mine")
    inspector.read_marks()
    wait(inspector.session)
    after = inspector.state
    assert inspector.target.chain.object_name == "mine"
    assert inspector.target.sequence_map.sequence == sequence
    assert after.link is link
    names = ("head", "heads", "options", "metric", "box", "colored_by", "gaps", "model", "window")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]
    assert after.site.residues == before.site.residues == (0, 1, 2)
    assert inspector.readings.sites.residues.tolist() == [0, 1, 2]
    assert all("mine" in str(name) and "toy" not in str(name) for name in after.chains)
    assert len(after.chains) == len(before.chains)
    assert inspector.status.problem == n_problems
    assert "/mine//A" in inspector.command()
    assert all("mine" in name for name in viewer.scenes)


def test_what_is_deleted_leaves_the_others_to_choose_from(inspector, viewer):
    _load(viewer, EIGHT, "more")
    inspector.read_marks()
    _remove(viewer, "toy")
    inspector.read_marks()
    assert inspector.target is None
    assert _offered(inspector) == ["more chain A"]
    assert "toy chain A was deleted" in inspector.status.problem
    assert viewer.kept_state("panel") == ""
    inspector.choose.chain(0)
    wait(inspector.session)
    assert list(viewer.scenes) == ["provis_more_A_2-1"]
    assert inspector.status.problem == ""


def test_the_first_chain_that_comes_is_looked_at(app, viewer):
    chains, viewer.chains = viewer.chains, []
    viewer.objects.clear()
    inspector = app.inspector
    inspector.read_marks()
    assert inspector.target is None
    viewer.chains = chains
    viewer.objects.add("toy")
    inspector.read_marks()
    wait(app.session)
    assert inspector.target.chain.label == "toy chain A"
    assert _offered(inspector) == ["toy chain A", "toy chain B"]
    assert list(viewer.scenes) == ["provis_toy_A_2-1"]
