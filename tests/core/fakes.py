"""A viewer and a worker that live in memory, for tests of use cases."""

from __future__ import annotations

import fnmatch
import sys
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np

from provis_core.attention.arcs import Arcs, ArcsBuilder
from provis_core.commands.dialect import PYMOL
from provis_core.errors import InputError, JobCancelledError, StructureError
from provis_core.scenes.colors import CATEGORY_RGB
from provis_core.structures.chain import Chain, ResidueId, SelectedChain
from provis_core.structures.linking import split_residues
from provis_core.structures.subject import Subject
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.tasks.attention import AttentionResult
from provis_core.worker.tasks.doctor import DoctorReport
from provis_core.worker.tasks.preparation import PreparationReport
from provis_core.worker.tasks.scan import ScanResult
from provis_core.worker.wire.result_files import write_result
from provis_core.worker.wire.worker_messages import Notice, Progress

_NAMES = "ALA CYS ASP GLU PHE GLY ILE MET GLN ARG UNK"
_THREE = dict(zip("ACDEFGIMQRX", _NAMES.split(), strict=True))


def make_chain(letters: str, chain_id: str = "A", object_name: str = "toy", **kwargs) -> Chain:
    """A chain on the x axis, 4 Å from CA to CA, numbered from 1."""
    n_residues = len(letters)
    coords = np.zeros((n_residues, 3), dtype=np.float32)
    coords[:, 0] = 4.0 * np.arange(n_residues)
    return Chain(
        object_name=object_name,
        chain_id=chain_id,
        residue_ids=tuple(ResidueId(chain_id, number + 1) for number in range(n_residues)),
        residue_names=tuple(_THREE[letter] for letter in letters),
        ca_coords=coords,
        **kwargs,
    )


class FakeViewer:
    """Keeps what is drawn and said in lists."""

    name = "a test"
    dialect = PYMOL

    def __init__(self, *chains: Chain) -> None:
        self.chains = [SelectedChain(chain, np.ones(chain.n_residues, dtype=bool)) for chain in chains]
        self.objects = {chain.object_name for chain in chains}
        self.colored: dict[str, str] = {}  # labels of coloured chains, by the name of the colouring
        self.now = {}  # chains that have moved, by their label
        self.scenes = {}
        self.hidden: set[str] = set()
        self.overlays = {}
        self.residue_colors = {}
        self.residue_values = []
        self.selections = {}
        self.subjects: dict[str, Subject] = {}  # by the label of the chain; the bare chain by default
        self.marked = {}  # by the label of the chain
        self.kept: dict[str, str] = {}
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def is_interactive(self, *, typed: bool) -> bool:
        return typed

    def read_chains(self, selection: str):
        """All, whatever is selected, but of the name of an object."""
        return [
            one for one in self.chains if selection not in self.objects or one.chain.object_name == selection
        ]

    def read_again(self, chain: Chain) -> Chain:
        if chain.object_name not in self.objects:
            raise StructureError(f"{chain.object_name} was deleted", "It is needed", "Load it")
        now = self.now.get(chain.label, chain)
        if now.residue_ids != chain.residue_ids:
            raise StructureError(
                f"The residues of {chain.label} have changed", "They are needed", "Ask again"
            )
        return now

    def read_all_again(self, chains):
        found = []
        for chain in chains:
            try:
                found.append(self.read_again(chain))
            except StructureError as error:
                found.append(error)
        return found

    def read_subject(self, chain: Chain) -> Subject:
        now = self.read_again(chain)
        given = self.subjects.get(now.label, Subject(now))
        partners = tuple(one.chain for one in self.chains if one.chain is not now)
        return replace(given, chain=now, partners=given.partners or partners)

    def read_subjects(self, chains):
        return [self.read_subject(chain) for chain in chains]

    def check_names(self, name: str, sele: str) -> None:
        if sele in self.objects:
            raise InputError(f"sele={sele}", "Another name is needed", f"Try {sele}_ends")

    def object_names(self, chains, head: str, base: str = ""):
        return [base or f"provis_{chain.object_name}_{chain.chain_id}_{head}" for chain in chains]

    def draw_scene(self, scene) -> list[str]:
        was_seen = scene.name in self.scenes and scene.name not in self.hidden
        alike = [
            name
            for name, one in self.scenes.items()
            if scene.look and one.look == scene.look and {*one.chain.singles} & {*scene.chain.singles}
        ]
        hidden = [] if was_seen else [name for name in alike if name not in {*self.hidden, scene.name}]
        self.hidden = {*self.hidden, *hidden} - {scene.name}
        self.scenes[scene.name] = scene
        return hidden

    def show_overlay(self, overlay) -> None:
        self.overlays[overlay.name] = overlay

    def color_residues(self, chain: Chain, rgb, values=None) -> list[str]:
        if values:
            self.residue_values.append((chain.label, values))
        if chain.members:
            rows = np.split(rgb, np.cumsum([one.n_residues for one in chain.members])[:-1])
            return [self.color_residues(one, own)[0] for one, own in zip(chain.members, rows, strict=True)]
        self.residue_colors[chain.label] = np.array(rgb)
        name = f"provis_{chain.object_name}_{chain.chain_id}_profile"
        self.colored[name] = chain.label
        return [name]

    def read_color(self, name: str):
        if name not in CATEGORY_RGB:
            raise InputError(f"color={name}", "The name of a colour is needed", "Try color=orange")
        return CATEGORY_RGB[name]

    def select_residues(self, name: str, parts) -> str:
        split = [one for part in parts for one in split_residues(*part)]
        self.selections[name] = {(chain.label, index) for chain, indices in split for index in indices}
        return name

    def drop_selections(self, names) -> None:
        for name in names:
            self.selections.pop(name, None)

    def name_residues(self, chain: Chain, indices=None) -> str:
        if chain.members:
            split = split_residues(chain, range(chain.n_residues) if indices is None else indices)
            words = [self.name_residues(one, None if indices is None else own) for one, own in split if own]
            return " or ".join(words)
        name = f"/{chain.object_name}//{chain.chain_id}"
        if indices is None:
            return name
        return f"{name}/{'+'.join(chain.residue_ids[index].resi for index in indices)}"

    def list_objects(self) -> dict[str, str]:
        return {name: name for name in sorted(self.objects)}

    def is_there(self, chain: Chain) -> bool:
        return chain.object_name in self.objects

    def read_marked(self, chain: Chain):
        members = chain.singles
        return np.concatenate(
            [self.marked.get(one.label, np.zeros(one.n_residues, dtype=bool)) for one in members]
        )

    def center_residues(self, chain: Chain, indices, zoom: bool = False) -> str:
        return f"{'zoom' if zoom else 'center'} {self.name_residues(chain, indices)}"

    def save_image(self, path: Path, width: int, height: int, is_clear: bool = False) -> str:
        path.write_bytes(b"PNG")
        return f"png {path}, {width}, {height}, ray=1"

    def keep_state(self, key: str, text: str) -> None:
        self.kept[key] = text

    def kept_state(self, key: str) -> str:
        return self.kept.get(key, "")

    def stale_drawings(self) -> list[str]:
        return [
            name
            for name, scene in self.scenes.items()
            if any(
                not np.array_equal(self.now.get(one.label, one).ca_coords, one.ca_coords)
                for one in scene.chain.singles
            )
        ]

    def clear(self, pattern: str = ""):
        def matches(name: str) -> bool:
            return not pattern or fnmatch.fnmatch(name.lower(), pattern.lower())

        names = [name for name in [*self.scenes, *self.overlays] if matches(name)]
        for name in names:
            self.scenes.pop(name, None)
            self.overlays.pop(name, None)
        for name in [name for name in self.colored if matches(name)]:
            del self.residue_colors[self.colored.pop(name)]
            names.append(name)
        return names

    def call_soon(self, callback) -> None:
        pass  # as without a window: whoever waits looks into the mailbox

    def process_events(self) -> None:
        pass

    def find_problems(self) -> list[str]:
        return []

    def write(self, text: str) -> None:
        self.lines.append(self.dialect.render(text))

    def warn(self, text: str) -> None:
        self.warnings.append(self.dialect.render(text))

    def echo(self, line: str) -> None:
        self.write(f" {line}")

    def tell_progress(self, text: str) -> None:
        self.write(f" {text}")

    def report_bug(self) -> None:
        raise AssertionError("a bug was reported") from sys.exception()


class FakeWorker:
    """Answers at once with maps that it is given, or when `release` is called."""

    def __init__(self, folder: Path, answers=None, *, held: bool = False) -> None:
        self.folder = folder
        self.answers = answers or {}
        self.held = held
        self.cached = False
        self.requests = []
        self.scans = []
        self.sparse = []
        self.futures: list[Future] = []
        self.stage = WorkerStage.READY
        self.crash_report = ""
        self.is_closed = False

    def submit(self, request, *, on_progress=None, on_notice=None) -> Future:
        """Answer as the kind of the request wants it."""
        return getattr(self, f"_{request.kind}")(request, on_progress, on_notice)

    def _attention(self, request, on_progress, on_notice) -> Future:
        number, sequence = len(self.requests), request.sequence
        self.requests.append((sequence, request.checkpoint, request.model, (request.head,), request.device))
        self.sparse.append((request.min_weight, request.window))
        future: Future = Future()
        self.futures.append(future)
        on_progress(Progress(number, "layer 1 of 2", 0.5))
        answer = self.answers.get(sequence)
        if isinstance(answer, Exception):
            future.set_exception(answer)
        elif not self.held:
            on_notice(Notice(number, f"noticed {len(sequence)}"))
            future.set_result(self.result(number, sequence, answer))
        return future

    def result(self, number: int, sequence: str, weights=None) -> AttentionResult:
        """Write a map as the worker does and say where it is."""
        if weights is None:
            weights = np.full((len(sequence),) * 2, 0.01, dtype=np.float32)
        min_weight, _ = self.sparse[number]
        path = self.folder / f"{number}.{'npz' if min_weight else 'npy'}"
        write_result(path, self._select_arcs(number, weights, min_weight) if min_weight else weights)
        return AttentionResult(str(path), sequence, False, 0.1, "cpu", "float32", job=number)

    def _select_arcs(self, number: int, weights, min_weight: float) -> Arcs:
        ((layer, head),) = self.requests[number][3]
        builder = ArcsBuilder(layer + 1, head + 1, len(weights), min_weight)
        query, key = np.nonzero(weights >= np.float32(min_weight))
        builder.add_heads(layer, [head])
        builder.add(layer, head, query, key, weights[query, key])
        return builder.build()

    def _scan(self, request, on_progress, on_notice) -> Future:
        number, sequence = len(self.scans), request.sequence
        asked = (request.checkpoint, request.model, request.metrics, request.device, request.window or None)
        self.scans.append((sequence, *asked))
        future: Future = Future()
        self.futures.append(future)
        on_progress(Progress(number, "layer 1 of 2", 0.5))
        answer = self.answers[sequence]
        if isinstance(answer, Exception):
            future.set_exception(answer)
        elif not self.held:
            future.set_result(self.scan_result(number, sequence, answer))
        return future

    def scan_result(self, number: int, sequence: str, scan) -> ScanResult:
        """Write a scan as the worker does and say where it is."""
        path = self.folder / f"scan{number}.npz"
        write_result(path, scan)
        return ScanResult(str(path), sequence, self.cached, 0.1, "cpu", "float32", job=number)

    def release(self) -> None:
        """Answer what was held back."""
        for number, future in enumerate(self.futures):
            future.set_result(self.result(number, self.requests[number][0]))

    def _prepare(self, request, on_progress, on_notice) -> Future:
        future: Future = Future()
        future.set_result(PreparationReport())
        return future

    def _doctor(self, request, on_progress, on_notice) -> Future:
        future: Future = Future()
        future.set_result(
            DoctorReport(
                "3.11", {"torch": "2.13", "transformers": ""}, ("cpu",), 1, "/cache", 0, ("no model",)
            )
        )
        return future

    def cancel_all(self) -> int:
        for future in self.futures:
            future.set_exception(JobCancelledError("The job was stopped", "", "Give the command again"))
        return len(self.futures)

    def close(self) -> None:
        self.is_closed = True
