"""ChimeraX as a `Viewer`: reads chains, draws pseudobonds below their models."""

from __future__ import annotations

import fnmatch
import html
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.commands.dialect import CHIMERAX, Dialect
from provis_core.errors import InputError, JobCancelledError, StructureError
from provis_core.scenes.scene import Overlay, Scene
from provis_core.structures.chain import Chain, SelectedChain
from provis_core.structures.subject import Subject

from .chimerax_atoms import read_subjects
from .chimerax_chains import ReadChain, read_chains, read_structure_chains
from .chimerax_drawings import ChimeraxDrawings
from .chimerax_layers import ChimeraxLayers
from .chimerax_link import ChimeraxLink
from .chimerax_models import ChimeraxModels
from .chimerax_undo import ChimeraxUndo
from .chimerax_values import keep_values

__all__ = ["ChimeraxViewer"]

_COMMAND: Final = re.compile("«([a-z]+(?: [^«»]*)?)»")  # a mark with a command in it


class ChimeraxViewer:
    """The running ChimeraX.

    Parameters
    ----------
    session : chimerax.core.session.Session
    """

    name = "ChimeraX"
    dialect: Dialect = CHIMERAX

    def __init__(self, session: Any) -> None:
        self._session = session
        self._models = ChimeraxModels(session)
        self._link = ChimeraxLink(self._models)
        self._layers = ChimeraxLayers(self._models)
        self._drawings = ChimeraxDrawings(self._models)
        self._overlays = ChimeraxUndo(session, self._take_off, self._layers.names)

    # -- reading ---------------------------------------------------------------------------------------

    def read_chains(self, selection: str) -> list[SelectedChain]:
        """See `Viewer`."""
        chains, problems = read_chains(self._models, selection)
        for problem in problems:
            self.warn(str(problem))
        return chains

    def read_again(self, chain: Chain) -> Chain:
        """See `Viewer`."""
        return self._read_now([chain])[0].chain

    def read_all_again(self, chains: Sequence[Chain]) -> list[Chain | StructureError]:
        """See `Viewer`."""
        now = self._find_now(chains)
        return [one.chain if isinstance(one, ReadChain) else one for one in now]

    def read_subjects(self, chains: Sequence[Chain]) -> list[Subject]:
        """See `Viewer`."""
        wanted = self._read_now(chains)
        siblings = {
            key: [
                one.chain
                for one in read_structure_chains(self._models, structure)
                if isinstance(one, ReadChain)
            ]
            for key in {one.chain.object_key for one in wanted}
            if (structure := self._models.find_key(key)) is not None
        }
        return read_subjects(self._models, wanted, siblings)

    def _read_now(self, chains: Sequence[Chain]) -> list[ReadChain]:
        found = []
        for one in self._find_now(chains):
            if isinstance(one, StructureError):
                raise one
            found.append(one)
        return found

    def _find_now(self, chains: Sequence[Chain]) -> list[ReadChain | StructureError]:
        """Chains as they are now; each structure is read once."""
        read: dict[str, list[ReadChain | StructureError]] = {}
        for key in dict.fromkeys(chain.object_key for chain in chains):
            structure = self._models.find_key(key)
            read[key] = [] if structure is None else read_structure_chains(self._models, structure)
        return [_same_chain(chain, read[chain.object_key]) for chain in chains]

    # -- drawing ---------------------------------------------------------------------------------------

    def check_names(self, name: str, sele: str) -> None:
        """See `Viewer`."""
        self._link.check_selection(sele)

    def object_names(self, chains: Sequence[Chain], head: str, base: str = "") -> list[str]:
        """See `Viewer`: ``provis A 12-4``."""
        return self._drawings.make_names(chains, head, base)

    def draw_scene(self, scene: Scene) -> list[str]:
        """See `Viewer`."""
        return self._drawings.draw_scene(scene, self._read_now(scene.chain.singles))

    def show_overlay(self, overlay: Overlay) -> None:
        """See `Viewer`."""
        self._overlays.show((overlay.name,), partial(self._show, overlay))

    def _show(self, overlay: Overlay) -> None:
        (read,) = self._read_now([overlay.chain])
        self._layers.paint(overlay.name, overlay.chain, overlay.rgb, overlay.sticks, carbons=overlay.carbons)
        self._drawings.draw_overlay(overlay, read)

    def color_residues(
        self,
        chain: Chain,
        rgb: npt.NDArray[np.float32],
        values: Mapping[str, npt.NDArray[np.float64]] | None = None,
    ) -> list[str]:
        """See `Viewer`."""
        members = chain.singles
        for member in members:
            self._models.need(member)
        names = self.object_names(members, "profile")
        if values:
            keep_values(self._session, [one.residues for one in self._read_now(members)], values)
        self._overlays.show(tuple(names), partial(self._color, names, members, rgb))
        return names

    def _color(self, names: Sequence[str], members: Sequence[Chain], rgb: npt.NDArray[np.float32]) -> None:
        first = 0
        for name, member in zip(names, members, strict=True):
            self._layers.paint(name, member, rgb[first : first + member.n_residues])
            first += member.n_residues

    def stale_drawings(self) -> list[str]:
        """See `Viewer`."""
        return self._drawings.find_stale()

    def read_color(self, name: str) -> tuple[float, float, float]:
        """See `Viewer`."""
        from chimerax.core.commands import ColorArg
        from chimerax.core.errors import UserError

        try:
            color, _, rest = ColorArg.parse(name.strip(), self._session)
            if rest.strip():
                raise UserError(f"{rest.strip()!r} is too much")
        except (UserError, ValueError) as error:
            raise InputError(
                f"«color={name}» ({error})",
                "A colour that ChimeraX knows is needed",
                "Try «color=orange», or red, green and blue as in «color=#E69F00»",
            ) from error
        red, green, blue = (float(value) for value in color.rgba[:3])
        return red, green, blue

    def clear(self, pattern: str = "") -> list[str]:
        """See `Viewer`."""
        wanted = [
            name
            for name in self.shown_names()
            if not pattern or fnmatch.fnmatch(name.lower(), pattern.lower())
        ]
        return self._take_off(wanted)

    def _take_off(self, wanted: Sequence[str]) -> list[str]:
        drawn = [name for name in self._drawings.names() if name in wanted]
        self._drawings.delete(drawn)
        return drawn + [name for name in self._layers.remove(wanted) if name not in drawn]

    def shown_names(self) -> list[str]:
        """What `clear` can be given: our drawings, and our overlays on the user's structures."""
        return list(dict.fromkeys([*self._drawings.names(), *self._layers.names()]))

    # -- a panel ---------------------------------------------------------------------------------------

    def name_residues(self, chain: Chain, indices: Sequence[int] | None = None) -> str:
        """See `Viewer`."""
        return self._link.name_residues(chain, indices)

    def list_objects(self) -> dict[str, str]:
        """See `Viewer`."""
        return self._link.list_objects()

    def is_there(self, chain: Chain) -> bool:
        """See `Viewer`."""
        return self._link.is_there(chain)

    def select_residues(self, name: str, parts: Sequence[tuple[Chain, Sequence[int]]]) -> str:
        """See `Viewer`."""
        return self._link.select_residues(name, parts)

    def drop_selections(self, names: Sequence[str]) -> None:
        """See `Viewer`."""
        self._link.drop_selections(names)

    def read_marked(self, chain: Chain) -> npt.NDArray[np.bool_]:
        """See `Viewer`."""
        return self._link.read_marked(chain, self._drawings.picked_ends())

    def center_residues(self, chain: Chain, indices: Sequence[int], zoom: bool = False) -> str:
        """See `Viewer`."""
        return self._link.center_residues(chain, indices, zoom)

    def save_image(self, path: Path, width: int, height: int, is_clear: bool = False) -> str:
        """See `Viewer`."""
        return self._link.save_image(path, width, height, is_clear)

    def keep_state(self, key: str, text: str) -> None:
        """See `Viewer`."""
        self._link.keep_state(key, text)

    def kept_state(self, key: str) -> str:
        """See `Viewer`."""
        return self._link.kept_state(key)

    # -- threads and words -----------------------------------------------------------------------------

    def is_interactive(self, *, typed: bool) -> bool:
        """See `Viewer`. A line of a script, or of ``--cmd``, is not interactive."""
        return bool(typed and self._session.ui.is_gui and not self._session.in_script)

    def call_soon(self, callback: Callable[[], None]) -> None:
        """See `Viewer`. Without a window, waiting commands look for themselves."""
        if self._session.ui.is_gui:
            self._session.ui.thread_safe(callback)

    def process_events(self) -> None:
        """See `Viewer`."""
        ui = self._session.ui
        if not ui.is_gui or threading.current_thread() is not threading.main_thread():
            return
        ui.processEvents()
        if getattr(ui, "main_window", None) is None or ui.closingDown():
            raise JobCancelledError(f"{self.name} is being closed", "", "")

    def find_problems(self) -> list[str]:
        """See `Viewer`: ChimeraX has all that the panel needs."""
        return []

    def write(self, text: str) -> None:
        """See `Viewer`; a command in it can be clicked in the Log."""
        if not _COMMAND.search(text):
            self._session.logger.info(self.dialect.render(text.strip()))
            return
        words = _COMMAND.split(html.escape(text.strip()))  # every second is the inside of a mark
        links = [
            self._link_command(word) if k % 2 else self.dialect.render(word) for k, word in enumerate(words)
        ]
        self._session.logger.info("".join(links), is_html=True)

    def _link_command(self, body: str) -> str:
        line = self.dialect.render(f"«{body}»")
        return f'<a href="cxcmd:{line}">{line}</a>'

    def warn(self, text: str) -> None:
        """See `Viewer`."""
        self._session.logger.warning(f"ProVis: {self.dialect.render(text)}")

    def echo(self, line: str) -> None:
        """See `Viewer`."""
        from chimerax.core.commands import log_equivalent_command

        log_equivalent_command(self._session, self.dialect.render(line))

    def tell_progress(self, text: str) -> None:
        """See `Viewer`: in the status line."""
        self._session.logger.status(self.dialect.render(text))

    def report_bug(self) -> None:
        """See `Viewer`."""
        self._session.logger.report_exception()


def _same_chain(chain: Chain, read: Sequence[ReadChain | StructureError]) -> ReadChain | StructureError:
    """The chain among those of its structure now, or why it is not what it was."""
    key = (chain.chain_id, chain.segment_id)
    found = [one for one in read if isinstance(one, ReadChain)]
    now = next((one for one in found if (one.chain.chain_id, one.chain.segment_id) == key), None)
    if now is None:
        return StructureError(
            f"{chain.label} was closed, deleted or renamed",
            "The chain is needed as it was when the command was given",
            "Give the command again: attention that was computed is kept",
        )
    if (now.chain.residue_ids, now.chain.residue_names) != (chain.residue_ids, chain.residue_names):
        return StructureError(
            f"The residues of {chain.label} have changed",
            "What was asked belongs to the chain as it was",
            "Give the command again",
        )
    return now
