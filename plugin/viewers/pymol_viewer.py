"""PyMOL as a `provis_core.viewer.Viewer`: reads chains, draws CGO cylinders in one group."""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import re
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from provis_core.annotation import Subject
from provis_core.chain import Chain
from provis_core.errors import InputError, JobCancelledError, StructureError
from provis_core.scene import Overlay, Scene
from provis_core.viewer import SelectedChain

from .pymol_atoms import read_subjects
from .pymol_chains import read_chains
from .pymol_layers import PymolLayers, check_there
from .pymol_link import PymolLink
from .pymol_overlays import (
    draw_cylinders,
    draw_labels,
    draw_overlay,
    is_label,
    label_name,
    read_color,
    set_transparency,
)

__all__ = ["PymolViewer", "find_window"]

_PREFIX = "provis"
_N_NAMED = 6  # linked chains that the name of a drawing tells
_GO_ON = 7  # what our event loop ends with, unless the whole program is to end


class PymolViewer:
    """The running PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    """

    name = "PyMOL"

    def __init__(self, cmd: Any) -> None:
        self._cmd = cmd
        self._waker: Any = None
        self._link = PymolLink(cmd)
        self._layers = PymolLayers(cmd)

    # -- reading ---------------------------------------------------------------------------------------

    def is_interactive(self, *, typed: bool) -> bool:
        """See `provis_core.viewer.Viewer`. A line of a script file (``@file.pml``) is not interactive."""
        if not typed or find_window() is None:
            return False
        parser = getattr(self._cmd, "_parser", None)
        if parser is None or parser.nest < 1:
            return True
        return all(parser.layer[level].sc_path == "toplevel" for level in range(1, parser.nest + 1))

    def read_chains(self, selection: str) -> list[SelectedChain]:
        """See `provis_core.viewer.Viewer`."""
        chains, problems = read_chains(self._cmd, selection)
        for problem in problems:
            self.warn(str(problem))
        return chains

    def read_again(self, chain: Chain) -> Chain:
        """See `provis_core.viewer.Viewer`."""
        name = chain.object_name
        found: list[SelectedChain] = []
        if name in self._cmd.get_names("objects"):
            found, _ = read_chains(self._cmd, f"%{name}")
        for now in (selected.chain for selected in found):
            if (now.chain_id, now.segment_id) == (chain.chain_id, chain.segment_id):
                if (now.residue_ids, now.residue_names) == (chain.residue_ids, chain.residue_names):
                    return now
                raise StructureError(
                    f"The residues of {chain.label} changed while its attention was computed",
                    "The attention belongs to the chain as it was",
                    "Give the command again",
                )
        raise StructureError(
            f"{chain.label} was deleted or renamed while its attention was computed",
            "The chain is needed under the name that it had",
            "Give the command again with the new name: the attention is kept and need not be computed again",
        )

    def read_subject(self, chain: Chain) -> Subject:
        """See `provis_core.viewer.Viewer`."""
        return read_subjects(self._cmd, [chain])[0]

    def read_subjects(self, chains: Sequence[Chain]) -> list[Subject]:
        """See `provis_core.viewer.Viewer`."""
        return read_subjects(self._cmd, chains)

    def check_names(self, name: str, sele: str) -> None:
        """See `provis_core.viewer.Viewer`."""
        cmd = self._cmd
        for argument, wanted in (("name", name), ("sele", sele)):
            if wanted and not cmd.get_legal_name(wanted):
                raise InputError(
                    f"{argument}={wanted}",
                    "A name of letters, digits and _ is needed",
                    f"Try {argument}=ends" if argument == "sele" else f"Try {argument}=attention",
                )
        objects = {item.lower() for item in cmd.get_names("objects")} | {_PREFIX}
        if sele and cmd.get_legal_name(sele).lower() in objects:
            raise InputError(
                f"sele={sele}: there is an object of this name",
                "A name that no object has is needed",
                f"Try sele={cmd.get_legal_name(sele)}_ends",
            )

    # -- drawing ---------------------------------------------------------------------------------------

    def object_names(self, chains: Sequence[Chain], head: str, base: str = "") -> list[str]:
        """See `provis_core.viewer.Viewer`."""
        names: list[str] = []
        ours = {item.lower() for item in self.drawn_names()}
        taken = {item.lower() for item in self._cmd.get_names("all")} - ours
        members = {chain: chain.members or (chain,) for chain in chains}
        objects = {member.object_name for row in members.values() for member in row}
        tokens = {name: self._chain_tokens(name) for name in objects}
        for chain in chains:
            words = [
                tokens[one.object_name][one.chain_id, one.segment_id]
                + (f"_{one.segment_id}" if one.shares_id and one.chain_id else "")
                for one in members[chain]
            ]
            token = "-".join(words[:_N_NAMED]) + ("-etc" if len(words) > _N_NAMED else "")
            if not base:
                wanted = f"{_PREFIX}_{chain.object_name}_{token}_{head}"
            elif len(chains) == 1:
                wanted = base
            else:
                wanted = f"{base}_{chain.object_name}_{token}"
            names.append(_free_name(self._cmd.get_legal_name(wanted), taken))
            taken.add(names[-1].lower())
        return names

    def _chain_tokens(self, object_name: str) -> dict[tuple[str, str], str]:
        """A word for each chain of an object; no two are the same to PyMOL, which ignores case."""
        keys: dict[tuple[str, str], None] = {}
        self._cmd.iterate(f"%{object_name}", "add((chain, segi))", space={"add": keys.setdefault})
        tokens: dict[tuple[str, str], str] = {}
        seen: dict[str, int] = {}
        for chain_id, segment_id in sorted(keys):
            # ligands and waters have segments of their own in mmCIF; they share the chain's word
            word = re.sub(r"[^A-Za-z0-9]", "_", chain_id or segment_id or "nochain")
            same = [token for (other, _), token in tokens.items() if other == chain_id and chain_id]
            if same:
                tokens[chain_id, segment_id] = same[0]
                continue
            count = seen[word.lower()] = seen.get(word.lower(), 0) + 1
            tokens[chain_id, segment_id] = word if count == 1 else f"{word}_{count}"
        return tokens

    def draw_scene(self, scene: Scene) -> None:
        """See `provis_core.viewer.Viewer`."""
        cmd = self._cmd
        draw_cylinders(cmd, scene.name, scene.start, scene.end, scene.radius, scene.start_rgb, scene.end_rgb)
        cmd.group(self._group_name(), scene.name, "add")
        set_transparency(cmd, scene.name, 1 - scene.alpha)
        edges = [edge for edge, _ in scene.labels]
        middles = (scene.start[edges] + scene.end[edges]) / 2
        draw_labels(cmd, scene.name, middles, [text for _, text in scene.labels], self._group_name())
        cmd.enable(scene.name, 1)  # with the groups it is in

    def show_overlay(self, overlay: Overlay) -> None:
        """See `provis_core.viewer.Viewer`."""
        self._layers.paint(overlay.name, overlay.chain, overlay.rgb, overlay.sticks, carbons=overlay.carbons)
        draw_overlay(self._cmd, overlay, self._group_name())

    def color_residues(self, chain: Chain, rgb: npt.NDArray[np.float32]) -> str:
        """See `provis_core.viewer.Viewer`."""
        first, name = 0, ""
        for member in chain.members or (chain,):
            check_there(self._cmd, member)
            (name,) = self.object_names([member], "profile")
            self._layers.paint(name, member, rgb[first : first + member.n_residues])
            first += member.n_residues
        return name

    def read_color(self, name: str) -> tuple[float, float, float]:
        """See `provis_core.viewer.Viewer`."""
        return read_color(self._cmd, name)

    def select_residues(self, name: str, parts: Sequence[tuple[Chain, Sequence[int]]]) -> str:
        """See `provis_core.viewer.Viewer`."""
        cmd = self._cmd
        self.check_names("", name)
        legal = cmd.get_legal_name(name)
        cmd.select(legal, "none", enable=0)
        for chain, indices in parts:
            resi = "+".join(chain.residue_ids[index].resi.replace("-", "\\-") for index in indices)
            if resi:
                where = f'%{chain.object_name} and chain "{chain.chain_id}" and segi "{chain.segment_id}"'
                cmd.select(legal, f"{where} and resi {resi}", enable=0, merge=1)
        return str(legal)

    # -- a panel ---------------------------------------------------------------------------------------

    def name_residues(self, chain: Chain, indices: Sequence[int] | None = None) -> str:
        """See `provis_core.viewer.Viewer`."""
        return self._link.name_residues(chain, indices)

    def is_there(self, chain: Chain) -> bool:
        """See `provis_core.viewer.Viewer`."""
        return self._link.is_there(chain)

    def read_marked(self, chain: Chain) -> npt.NDArray[np.bool_]:
        """See `provis_core.viewer.Viewer`."""
        return self._link.read_marked(chain)

    def center_residues(self, chain: Chain, indices: Sequence[int], zoom: bool = False) -> str:
        """See `provis_core.viewer.Viewer`."""
        return self._link.center_residues(chain, indices, zoom)

    def drop_selections(self, names: Sequence[str]) -> None:
        """See `provis_core.viewer.Viewer`."""
        self._link.drop_selections(names)

    def save_image(self, path: Path, width: int, height: int) -> str:
        """See `provis_core.viewer.Viewer`."""
        return self._link.save_image(path, width, height)

    def keep_state(self, key: str, text: str) -> None:
        """See `provis_core.viewer.Viewer`."""
        self._link.keep_state(key, text)

    def kept_state(self, key: str) -> str:
        """See `provis_core.viewer.Viewer`."""
        return self._link.kept_state(key)

    # -- removing --------------------------------------------------------------------------------------

    def clear(self, pattern: str = "") -> list[str]:
        """See `provis_core.viewer.Viewer`."""

        def matches(name: str) -> bool:
            return not pattern or fnmatch.fnmatch(name.lower(), pattern.lower())

        ours = self.drawn_names()
        names = [name for name in ours if matches(name)]
        names += [label for label in map(label_name, names) if label in ours and label not in names]
        for name in names:
            self._cmd.delete(name)
        layers = [name for name in self._layers.names() if matches(name)]
        names += [name for name in self._layers.remove(layers) if name not in names]
        for group in self._groups():
            if not self._members(group):
                self._cmd.delete(group)
        return names

    def drawn_names(self) -> list[str]:
        """Names of our objects, in a reloaded session too: those in our group, or with our prefix.

        A drawing that the user gave another name and took out of the group belongs to the user.
        """
        members = {member for group in self._groups() for member in self._members(group)}
        return [
            name
            for name in self._cmd.get_names("objects")
            if (name in members or name.startswith(f"{_PREFIX}_"))
            and (self._cmd.get_type(name) == "object:cgo" or is_label(self._cmd, name))
        ]

    def shown_names(self) -> list[str]:
        """What `clear` can be given: our objects, and our overlays on the user's."""
        return list(dict.fromkeys([*self.drawn_names(), *self._layers.names()]))

    def _members(self, group: str) -> list[str]:
        """Names of all objects in a group: a session of the group alone is where PyMOL tells them."""
        entries = self._cmd.get_session(group, partial=1)["names"]
        return [entry[0] for entry in entries if entry and entry[6] == group]

    def _groups(self) -> list[str]:
        """Our groups: one, or two where an object of the user once had the name of the first."""
        names, cmd = (_PREFIX, f"{_PREFIX}_attention"), self._cmd
        return [
            name
            for name in cmd.get_names("objects")
            if name in names and cmd.get_type(name) == "object:group"
        ]

    def _group_name(self) -> str:
        """The group for a new drawing; another name where an object or selection of the user has it."""
        taken = {name.lower() for name in self._cmd.get_names("all")} - {*self._groups()}
        return f"{_PREFIX}_attention" if _PREFIX in taken else _PREFIX

    # -- threads and words -----------------------------------------------------------------------------

    def call_soon(self, callback: Callable[[], None]) -> None:
        """See `provis_core.viewer.Viewer`. Without a window, waiting commands look for themselves."""
        if find_window() is None:
            return
        self._waker = self._waker or _make_waker()
        if self._waker is not None:
            with contextlib.suppress(RuntimeError):  # Qt is gone: PyMOL is ending
                self._waker.wake.emit(callback)

    def process_events(self) -> None:
        """See `provis_core.viewer.Viewer`."""
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

    def write(self, text: str) -> None:
        """See `provis_core.viewer.Viewer`."""
        print(text)  # noqa: T201 - PyMOL shows what is printed in its console

    def warn(self, text: str) -> None:
        """See `provis_core.viewer.Viewer`."""
        from pymol import colorprinting

        colorprinting.warning(f" ProVis: {text}")


def _free_name(name: str, taken: set[str]) -> str:
    """The name itself, or with a number where an object of the user or another chain has it."""
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{name}_{number}", number + 1
    return free


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

    class Waker(QtCore.QObject):  # type: ignore[misc,name-defined]
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
