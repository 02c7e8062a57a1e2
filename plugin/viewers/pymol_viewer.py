"""PyMOL as a `Viewer`: reads chains, draws CGO cylinders in one group."""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import importlib
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from provis_core.commands.dialect import PYMOL
from provis_core.errors import InstallError, JobCancelledError, StructureError
from provis_core.scenes.scene import Overlay, Scene
from provis_core.structures.chain import Chain, SelectedChain
from provis_core.structures.subject import Subject

from .pymol_atoms import read_subjects
from .pymol_chains import read_chains
from .pymol_drawings import PymolDrawings
from .pymol_layers import PymolLayers, check_there
from .pymol_link import PymolLink, keep_active
from .pymol_names import PymolNames
from .pymol_overlays import (
    draw_cylinders,
    draw_labels,
    draw_overlay,
    label_name,
    read_color,
    set_transparency,
)
from .pymol_remarks import find_remarks
from .pymol_sources import remember_files

__all__ = ["PymolViewer", "find_window"]

_GO_ON = 7  # what our event loop ends with, unless the whole program is to end


class PymolViewer:
    """The running PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    """

    name = "PyMOL"
    dialect = PYMOL

    def __init__(self, cmd: Any) -> None:
        self._cmd = cmd
        self._waker: Any = None
        self._names = PymolNames(cmd)
        self._link = PymolLink(cmd, self.warn)
        self._layers = PymolLayers(cmd, self.warn)
        self._drawings = PymolDrawings(cmd, self.warn)
        self._said: set[str] = set()
        remember_files(cmd, self.warn)

    # -- reading ---------------------------------------------------------------------------------------

    def is_interactive(self, *, typed: bool) -> bool:
        """See `Viewer`. A line of a script file (``@file.pml``) is not interactive."""
        if not typed or find_window() is None:
            return False
        parser = getattr(self._cmd, "_parser", None)
        if parser is None or parser.nest < 1:
            return True
        return all(parser.layer[level].sc_path == "toplevel" for level in range(1, parser.nest + 1))

    def read_chains(self, selection: str) -> list[SelectedChain]:
        """See `Viewer`."""
        self._drawings.look()
        chains, problems = read_chains(self._cmd, selection)
        remarks = find_remarks(self._cmd, [selected.chain for selected in chains])
        for text in [*map(str, problems), *(remark for remark in remarks if remark not in self._said)]:
            self.warn(text)
        self._said.update(remarks)
        return chains

    def read_again(self, chain: Chain) -> Chain:
        """See `Viewer`."""
        (now,) = self.read_all_again([chain])
        if isinstance(now, StructureError):
            raise now
        return now

    def read_all_again(self, chains: Sequence[Chain]) -> list[Chain | StructureError]:
        """See `Viewer`."""
        there = self._cmd.get_names("objects")
        found: dict[str, dict[tuple[str, str], Chain] | StructureError] = {}
        for name in dict.fromkeys(chain.object_name for chain in chains):
            try:
                selected = read_chains(self._cmd, f"%{name}")[0] if name in there else []
                found[name] = {(one.chain.chain_id, one.chain.segment_id): one.chain for one in selected}
            except StructureError as error:
                found[name] = error
        return [_same_chain(chain, found[chain.object_name]) for chain in chains]

    def read_subjects(self, chains: Sequence[Chain]) -> list[Subject]:
        """See `Viewer`."""
        return read_subjects(self._cmd, chains)

    # -- drawing ---------------------------------------------------------------------------------------

    def check_names(self, name: str, sele: str) -> None:
        """See `Viewer`."""
        self._names.check(name, sele)

    def object_names(self, chains: Sequence[Chain], head: str, base: str = "") -> list[str]:
        """See `Viewer`."""
        return self._names.make(chains, head, base)

    def draw_scene(self, scene: Scene) -> list[str]:
        """See `Viewer`."""
        cmd, name = self._cmd, scene.name
        seen = cmd.get_names("objects", enabled_only=1)
        alike = self._drawings.find_alike(scene.chain, scene.look) if name not in seen else []
        hidden = [one for one in alike if one in seen]
        edges = [edge for edge, _ in scene.labels]
        middles = (scene.start[edges] + scene.end[edges]) / 2
        with keep_active(cmd):
            draw_cylinders(cmd, name, scene.start, scene.end, scene.radius, scene.start_rgb, scene.end_rgb)
            cmd.group(self._names.group(), name, "add")
            set_transparency(cmd, name, 1 - scene.alpha)
            draw_labels(cmd, name, middles, [text for _, text in scene.labels], self._names.group())
            cmd.enable(name, 1)  # with the groups it is in
            cmd.show("cgo", name)  # `as cartoon` and `hide` have hidden what is drawn again
            for one in hidden:
                cmd.disable(one)
                cmd.disable(label_name(cmd, one))
        self._drawings.remember(name, scene.chain, 1 - scene.alpha, scene.look)
        return hidden

    def show_overlay(self, overlay: Overlay) -> None:
        """See `Viewer`."""
        self._layers.paint(overlay.name, overlay.chain, overlay.rgb, overlay.sticks, carbons=overlay.carbons)
        with keep_active(self._cmd):
            draw_overlay(self._cmd, overlay, self._names.group())
        if overlay.name in self._cmd.get_names("objects") and len(overlay.dash_start):
            self._drawings.remember(overlay.name, overlay.chain, 0)

    def color_residues(
        self,
        chain: Chain,
        rgb: npt.NDArray[np.float32],
        values: Mapping[str, npt.NDArray[np.float64]] | None = None,
    ) -> list[str]:
        """See `Viewer`."""
        members = chain.singles
        for member in members:
            check_there(self._cmd, member)
        names = self.object_names(members, "profile")
        first = 0
        for name, member in zip(names, members, strict=True):
            self._layers.paint(name, member, rgb[first : first + member.n_residues])
            first += member.n_residues
        return names

    def stale_drawings(self) -> list[str]:
        """See `Painter`."""
        return self._drawings.look()

    def read_color(self, name: str) -> tuple[float, float, float]:
        """See `Viewer`."""
        return read_color(self._cmd, name)

    def select_residues(self, name: str, parts: Sequence[tuple[Chain, Sequence[int]]]) -> str:
        """See `Viewer`."""
        self.check_names("", name)
        return self._link.select_residues(self._cmd.get_legal_name(name), parts)

    # -- a panel ---------------------------------------------------------------------------------------

    def name_residues(self, chain: Chain, indices: Sequence[int] | None = None) -> str:
        """See `Viewer`."""
        return self._link.name_residues(chain, indices)

    def list_objects(self) -> dict[str, str]:
        """See `Viewer`."""
        return self._link.list_objects()

    def is_there(self, chain: Chain) -> bool:
        """See `Viewer`."""
        self._drawings.look()
        return self._link.is_there(chain)

    def read_marked(self, chain: Chain) -> npt.NDArray[np.bool_]:
        """See `Viewer`."""
        return self._link.read_marked(chain)

    def center_residues(self, chain: Chain, indices: Sequence[int], zoom: bool = False) -> str:
        """See `Viewer`."""
        return self._link.center_residues(chain, indices, zoom)

    def drop_selections(self, names: Sequence[str]) -> None:
        """See `Viewer`."""
        self._link.drop_selections(names)

    def save_image(self, path: Path, width: int, height: int, is_clear: bool = False) -> str:
        """See `Viewer`."""
        return self._link.save_image(path, width, height, is_clear)

    def keep_state(self, key: str, text: str) -> None:
        """See `Viewer`."""
        self._link.keep_state(key, text)

    def kept_state(self, key: str) -> str:
        """See `Viewer`."""
        return self._link.kept_state(key)

    # -- removing --------------------------------------------------------------------------------------

    def clear(self, pattern: str = "") -> list[str]:
        """See `Viewer`."""

        def matches(name: str) -> bool:
            return not pattern or fnmatch.fnmatch(name.lower(), pattern.lower())

        ours = self._names.drawn()
        layers = [name for name in self._layers.names() if matches(name)]
        names = [name for name in ours if matches(name)]
        labels = [label_name(self._cmd, name) for name in dict.fromkeys([*names, *layers])]
        names += [label for label in labels if label in ours and label not in names]
        for name in names:
            self._cmd.delete(name)
        names += [name for name in self._layers.remove(layers) if name not in names]
        self._names.drop_empty_groups()
        return names

    def shown_names(self) -> list[str]:
        """What `clear` can be given: our objects, and our overlays on the user's."""
        return list(dict.fromkeys([*self._names.drawn(), *self._layers.names()]))

    # -- threads and words -----------------------------------------------------------------------------

    def call_soon(self, callback: Callable[[], None]) -> None:
        """See `Viewer`. Without a window, waiting commands look for themselves."""
        if find_window() is None:
            return
        self._waker = self._waker or _make_waker()
        if self._waker is not None:
            with contextlib.suppress(RuntimeError):  # Qt is gone: PyMOL is ending
                self._waker.wake.emit(callback)

    def process_events(self) -> None:
        """See `Viewer`."""
        window = find_window()
        if window is None or threading.current_thread() is not threading.main_thread():
            return
        from pymol.Qt import QtCore

        # PyMOL empties its command line only after the command: what is typed meanwhile would be added to it
        line, layers = getattr(window, "lineedit", None), getattr(self._cmd._parser, "layer", {})
        if line is not None and line.text() and line.text() == getattr(layers.get(1), "com0", None):
            line.clear()
        # a loop of our own rather than processEvents: it tells us when PyMOL is being closed meanwhile
        loop = QtCore.QEventLoop()
        QtCore.QTimer.singleShot(0, functools.partial(loop.exit, _GO_ON))
        run = getattr(loop, "exec", None) or loop.exec_  # the name in PySide2
        if run() != _GO_ON:
            raise JobCancelledError(f"{self.name} is being closed", "", "")

    def find_problems(self) -> list[str]:
        """See `Viewer`. A PyMOL that was started without a window is not to have one."""
        import pymol

        if find_window() is not None or pymol.invocation.options.no_gui:
            return []
        try:
            importlib.import_module("..panel.qt", __package__)
        except InstallError as error:
            return [str(error)]
        if getattr(pymol, "_ext_gui", None) is None:  # a library in another program
            return []
        return [
            "PyMOL's window is not one of Qt, in which the panel is drawn. Start PyMOL without -N and "
            "PYMOL_GUI, or use the commands."
        ]

    def write(self, text: str) -> None:
        """See `Viewer`."""
        print(self.dialect.render(text))  # noqa: T201 - PyMOL shows what is printed in its console

    def warn(self, text: str) -> None:
        """See `Viewer`."""
        from pymol import colorprinting

        colorprinting.warning(f" ProVis: {self.dialect.render(text)}")

    def echo(self, line: str) -> None:
        """See `Viewer`."""
        self.write(f" {line}")

    def tell_progress(self, text: str) -> None:
        """See `Viewer`."""
        self.write(f" {text}")

    def report_bug(self) -> None:
        """See `Viewer`."""
        sys.excepthook(*sys.exc_info())


def _same_chain(
    chain: Chain, found: Mapping[tuple[str, str], Chain] | StructureError
) -> Chain | StructureError:
    """The chain among those of its object now, or why it is not what it was."""
    if isinstance(found, StructureError):
        return found
    now = found.get((chain.chain_id, chain.segment_id))
    if now is None:
        return StructureError(
            f"{chain.label} was deleted or renamed while its attention was computed",
            "The chain is needed under the name that it had",
            "Give the command again with the new name: the attention is kept and need not be computed again",
        )
    if (now.residue_ids, now.residue_names) != (chain.residue_ids, chain.residue_names):
        return StructureError(
            f"The residues of {chain.label} changed while its attention was computed",
            "The attention belongs to the chain as it was",
            "Give the command again",
        )
    return now


def find_window() -> Any:
    """PyMOL's main window, or None without one."""
    from pymol import gui

    return gui.get_qtwindow()


def _make_waker() -> Any:
    """An object whose signal runs a callback on Qt's main thread, whatever thread emits it.

    None where Qt has gone already: PyMOL is ending, and nobody will look.
    """
    from pymol.Qt import QtCore, QtWidgets

    app = QtWidgets.QApplication.instance()
    if app is None:
        return None

    class Waker(QtCore.QObject):  # type: ignore[misc]
        wake = QtCore.Signal(object)

        def run(self, callback: Callable[[], None]) -> None:
            try:
                callback()
            except Exception:  # noqa: BLE001 - an error that leaves a slot ends the program
                sys.excepthook(*sys.exc_info())

    waker = Waker()
    waker.moveToThread(app.thread())
    waker.wake.connect(waker.run, QtCore.Qt.ConnectionType.QueuedConnection)
    return waker
