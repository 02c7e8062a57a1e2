"""``provis replay`` typed in ChimeraX: of its own table, of PyMOL's, and of a structure that is not open."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin.viewers.chimerax_commands import register_command
from plugin.viewers.chimerax_viewer import ChimeraxViewer
from provis_core.actions import find_command
from provis_core.app import App
from provis_core.commands.reading import run_command
from provis_core.exports.record import load_record
from provis_core.session.settings import Settings
from provis_core.worker.host.client import WorkerClient

from .library import ROOT
from .toy import write_toy

WORKER = Path(os.environ.get("PROVIS_TEST_WORKER") or ROOT / ".venv-tests" / "bin" / "python")
pytestmark = pytest.mark.skipif(
    not WORKER.is_file(), reason="no Python with torch: PROVIS_TEST_WORKER names one"
)
NAMES = ("provis explain", "provis export", "provis replay")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVIS_HOME", str(tmp_path_factory.mktemp("home")))
        worker = WorkerClient(str(WORKER), threads=1)
        yield worker
        worker.close()


@pytest.fixture
def type_line(session: Any, worker: WorkerClient, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Type a line of ours."""
    from chimerax.core.commands import run
    from chimerax.core.commands.cli import deregister

    app = App(ChimeraxViewer(session), Settings(tmp_path / "settings.json"), lambda _: worker)
    for name in NAMES:
        register_command(name, lambda _: app, session.logger)
    yield lambda text: run(session, text, log=False)
    for name in NAMES:
        deregister(name)


def test_a_table_is_made_again_of_the_structure_that_is_open_now(
    session: Any, show: Any, said: Any, type_line: Any, tmp_path: Path
) -> None:
    from chimerax.core.errors import UserError

    file, table = write_toy(tmp_path / "toy.pdb"), tmp_path / "why.json"
    show(file)
    type_line(f'provis explain #1/B target likelihood steps 2 out "{table}" wait true')
    said()
    type_line(f'provis replay "{table}" wait true')
    first = tmp_path / "why_replayed.json"
    assert f"why.json made again, written to {first}: the same, byte by byte" in said()[-1][1]
    assert first.read_bytes() == table.read_bytes()
    for suffix in (".json", ".pb", ".html"):
        drawn = tmp_path / f"pairs{suffix}"
        type_line(f'provis export "{drawn}" #1/A layer 1 head 1 minAttn 0.05 wait true')
        type_line(f'provis replay "{drawn}" wait true')
        assert drawn.with_name(f"pairs_replayed{suffix}").read_bytes() == drawn.read_bytes()
    session.models.close(session.models.list())
    with pytest.raises(UserError, match=r"shows .*toy.* chain B \(10 residues\), which is not here"):
        type_line(f'provis replay "{table}"')
    show(write_toy(tmp_path / "other.pdb"), "other")
    said()
    type_line(f'provis replay "{table}" out "{tmp_path}/again.json" wait true')
    told = [text for level, text in said() if level == "warning"]
    assert any("chain B: in the place of" in text for text in told)
    assert not any("coordinates" in text or "numbers" in text for text in told)
    rows = [json.loads(path.read_text(encoding="utf-8"))["rows"] for path in (table, tmp_path / "again.json")]
    assert rows[0] and [row["relevance"] for row in rows[0]] == [row["relevance"] for row in rows[1]]


def test_a_table_of_pymol_is_made_again(
    show: Any, said: Any, type_line: Any, worker: WorkerClient, tmp_path: Path
) -> None:
    from plugin.viewers.pymol_viewer import PymolViewer
    from tests.viewers.programs import start_pymol

    cmd, file, table = start_pymol().cmd, write_toy(tmp_path / "toy.pdb"), tmp_path / "why.json"
    cmd.reinitialize()
    cmd.load(str(file), "toy")
    pymol = App(PymolViewer(cmd), Settings(tmp_path / "settings.json"), lambda _: worker)
    options = {"selection": "chain B", "target": "likelihood", "steps": 2, "out": str(table), "wait": 1}
    run_command(find_command("explain"), pymol, **options)
    show(file)
    said()
    type_line(f'provis replay "{table}" wait true')
    told = [text for level, text in said() if level == "warning"]
    assert any("version of viewer: ChimeraX now, PyMOL in the file" in text for text in told)
    assert not any("coordinates" in text or "residues" in text for text in told)
    old, new = (load_record(path) for path in (table, tmp_path / "why_replayed.json"))
    assert [one.coordinates for one in old.chains] == [one.coordinates for one in new.chains]
