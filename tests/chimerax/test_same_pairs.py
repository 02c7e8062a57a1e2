"""The same command in PyMOL and in ChimeraX: the same pairs, weights, residues and ends of cylinders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.app import App
from provis_core.session.settings import Settings
from provis_core.worker.host.client import WorkerClient
from tests.data import HOW, STRUCTURES
from tests.patience import PATIENCE

from .library import ROOT, open_structure

WORKER = Path(os.environ.get("PROVIS_TEST_WORKER") or ROOT / ".venv-tests" / "bin" / "python")
NAMES = {
    "1hpv": "two chains and a ligand",
    "1a4w": "insertion codes and a peptide",
    "205l": "an mmCIF file with unresolved residues that have insertion codes",
    "1ejg": "microheterogeneity",
    "3tah": "alternate locations",
}
FILES = [
    path
    for name in NAMES
    for path in (STRUCTURES / "pdb" / f"{name}.pdb.gz", STRUCTURES / "mmcif" / f"{name}.cif.gz")
    if path.is_file()
]

pytestmark = [
    pytest.mark.skipif(not FILES, reason=f"structures are {HOW}"),
    pytest.mark.skipif(not WORKER.is_file(), reason="no Python with torch: PROVIS_TEST_WORKER names one"),
]


class _SharedWorker(WorkerClient):
    def close(self) -> None:
        """Stay: the other viewer asks it, too."""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVIS_HOME", str(tmp_path_factory.mktemp("home")))
        worker = _SharedWorker(str(WORKER), threads=1)
        yield worker
        worker.stop()


@pytest.fixture
def pymol() -> Any:
    from tests.viewers.programs import start_pymol

    cmd = start_pymol().cmd
    cmd.reinitialize()
    cmd.set("pdb_insure_orthogonal", 0)  # else PyMOL moves atoms of some files
    return cmd


def draw(viewer: Any, worker: WorkerClient, folder: Path, **typed: Any) -> list[Any]:
    from provis_core.actions import find_command
    from provis_core.commands.reading import run_command

    app = App(viewer, Settings(folder / "settings.json"), lambda _: worker)
    job = run_command(find_command("attn"), app, wait=0, top=80, min_attn=0.02, **typed)
    assert app.session.wait(job, timeout=PATIENCE)
    drawn: list[Any] = job.result()
    return drawn


def pairs(drawn: list[Any]) -> dict[tuple[Any, ...], float]:
    """Weight of each pair by chain, number with insertion code and name of its two residues."""
    found = {}
    for one in drawn:
        ids = [
            (one.chain.chain_id, residue.resi, name)
            for residue, name in zip(one.chain.residue_ids, one.chain.residue_names, strict=True)
        ]
        for i, j, weight in zip(one.edges.query, one.edges.key, one.edges.weight.tolist(), strict=True):
            found[ids[i], ids[j]] = weight
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_same_pairs_and_ends(
    path: Path, session: Any, pymol: Any, worker: WorkerClient, tmp_path: Path
) -> None:
    from plugin.viewers.chimerax_viewer import ChimeraxViewer
    from plugin.viewers.pymol_sources import remember_files
    from plugin.viewers.pymol_viewer import PymolViewer

    name = path.name.split(".")[0]
    remember_files(pymol, print)
    pymol.load(str(path), name)
    open_structure(session, path, name, tmp_path)
    for typed in ({"gaps": "observed"}, {"gaps": "auto", "direction": "directed", "min_sep": 2}):
        expected = pairs(draw(PymolViewer(pymol), worker, tmp_path, layer=12, head=4, **typed))
        drawn = draw(ChimeraxViewer(session), worker, tmp_path, layer=12, head=4, **typed)
        got = pairs(drawn)
        assert len(expected) > 10
        assert got.keys() == expected.keys()
        for pair, weight in expected.items():
            assert got[pair] == pytest.approx(weight, abs=1e-6)
        places = _places(pymol, name)
        for bond in (one for item in drawn if "direction" not in typed for one in _bonds(session, item.name)):
            pair = [_about(atom.residue) for atom in bond.atoms]
            assert bond.attention == pytest.approx(
                got[tuple(pair)] if tuple(pair) in got else got[tuple(pair[::-1])]
            )
            for atom, about in zip(bond.atoms, pair, strict=True):
                apart = np.abs(np.array(places[about]) - atom.scene_coord).max(axis=1)
                assert apart.min() < 1e-4


def _bonds(session: Any, name: str) -> Any:
    (group,) = (one for one in session.models.list() if one.name == name)
    return group.pseudobonds


def _about(residue: Any) -> tuple[str, str, str]:
    return residue.chain_id, f"{residue.number}{residue.insertion_code}", residue.name


def _places(cmd: Any, name: str) -> dict[tuple[str, str, str], list[Any]]:
    """Where PyMOL has the CA atoms of each residue, in all alternate locations."""
    found: dict[tuple[str, str, str], list[Any]] = {}

    def add(chain: str, resi: str, resn: str, *place: float) -> None:
        found.setdefault((chain, resi, resn), []).append(place)

    cmd.iterate_state(1, f"%{name} and name CA", "add(chain, resi, resn, x, y, z)", space={"add": add})
    return found
