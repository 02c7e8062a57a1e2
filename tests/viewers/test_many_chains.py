"""What is asked of PyMOL does not grow with the number of chains: each question costs a look at all atoms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.drawn import make_scene

from .many_chains import build_assembly


class Counting:
    """PyMOL's commands, counted."""

    def __init__(self, cmd: Any) -> None:
        self._cmd = cmd
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cmd, name)
        if name.startswith("_") or not callable(found):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls[name] += 1
            return found(*arguments, **options)

        return call


USES: dict[str, Callable[[Any, list[Any]], object]] = {
    "read": lambda viewer, chains: viewer.read_chains("all"),
    "read again": lambda viewer, chains: viewer.read_all_again(chains),
    "subjects": lambda viewer, chains: viewer.read_subjects(chains),
    "select": lambda viewer, chains: viewer.select_residues("ends", [(one, [0, 3]) for one in chains]),
    "names": lambda viewer, chains: viewer.object_names(chains, "12-4"),
    "drawings that do not fit": lambda viewer, chains: viewer.stale_drawings(),
}


@pytest.mark.parametrize("use", USES)
def test_ten_times_the_chains_ask_no_more(cmd: Any, use: str) -> None:
    from plugin.viewers.pymol_viewer import PymolViewer

    asked = []
    for n_chains in (10, 100):
        cmd.delete("all")
        cmd.load_raw(build_assembly(n_chains, 4), "cif", "many", 0, zoom=0)
        counting = Counting(cmd)
        viewer = PymolViewer(counting)
        chains = [one.chain for one in viewer.read_chains("all")]
        assert len(chains) == n_chains
        for chain in chains[:: n_chains // 10]:
            viewer.draw_scene(make_scene(f"provis_{chain.chain_id}", chain))
        counting.calls.clear()
        USES[use](viewer, chains)
        del counting.calls["get_legal_name"]  # which looks at no atom
        asked.append(counting.calls.copy())
    assert asked[0] == asked[1]


def test_naming_looks_at_no_atom_that_has_a_chain(cmd: Any) -> None:
    from plugin.viewers.pymol_viewer import PymolViewer

    cmd.load_raw(build_assembly(12, 6), "cif", "many", 0, zoom=0)
    cmd.pseudoatom("many", name="O", resn="HOH", resi="3", chain="A", segi="W", elem="O", pos=[90, 0, 0])
    cmd.alter("many and segi X3", "chain='b'")  # which PyMOL would take for B
    chains = [one.chain for one in PymolViewer(cmd).read_chains("many")]
    counting = Counting(cmd)
    names = PymolViewer(counting).object_names(chains, "12-4")
    words = [{"b": "b_2"}.get(chain.chain_id, chain.chain_id) for chain in chains]
    assert names == [f"provis_many_{word}_12-4" for word in words]
    assert counting.calls["iterate"] == 0
    cmd.alter("many and segi X5+X6", "chain=''")  # then segments tell chains apart
    cmd.alter("many and segi X6", "segi='x5'")
    chains = [one.chain for one in PymolViewer(cmd).read_chains("many") if not one.chain.chain_id]
    names = PymolViewer(cmd).object_names(chains, "12-4")
    assert names == ["provis_many_X5_12-4", "provis_many_x5_2_12-4"]


def test_residues_of_many_chains_are_the_same_as_one_by_one(cmd: Any) -> None:
    from plugin.viewers.pymol_viewer import PymolViewer

    cmd.load_raw(build_assembly(12, 6), "cif", "many", 0, zoom=0)
    cmd.pseudoatom("many", name="O", resn="HOH", resi="3", chain="A", segi="X0", elem="O", pos=[90, 0, 0])
    viewer = PymolViewer(cmd)
    chains = [one.chain for one in viewer.read_chains("many")]
    parts = [(chain, [k % 6, 2]) for k, chain in enumerate(chains)]
    together = viewer.select_residues("together", parts)
    for chain, indices in parts:
        viewer.select_residues("single", [(chain, indices)])
        cmd.select("one_by_one", "single", merge=1)
    assert cmd.index(together) == cmd.index("one_by_one") != []
    assert cmd.count_atoms(f"{together} and resn HOH") == 0
