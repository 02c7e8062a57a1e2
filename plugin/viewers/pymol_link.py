"""What ties a panel to PyMOL: the user's selection, the view, and a text in the session file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.errors import CacheError, InputError, ProvisError
from provis_core.structures.chain import Chain
from provis_core.structures.linking import split_residues

from .pymol_selections import find_other_names, whole_chain, write_residues
from .pymol_sessions import keep_in_sessions

__all__ = ["PymolLink", "keep_active"]

_SESSION_KEY: Final = "provis"  # in the dictionary of a session; a PyMOL without ProVis passes over it
_MARGIN: Final = 8  # Å around what is zoomed to
_FEW: Final = 8  # chains that are selected one by one: PyMOL looks at all atoms for each


class PymolLink:
    """What the panel asks of one PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    warn : callable
        Says something to the user.
    """

    def __init__(self, cmd: Any, warn: Callable[[str], object]) -> None:
        self._cmd = cmd
        self._texts: dict[str, str] = {}
        self._marked: dict[int, tuple[tuple[Any, ...], npt.NDArray[np.bool_]]] = {}  # by place among linked
        keep_in_sessions(cmd, _SESSION_KEY, lambda: dict(self._texts), self._read_entry, warn)

    def name_residues(self, chain: Chain, indices: Sequence[int] | None = None) -> str:
        """See `Viewer`: ``/1hpv//A/25-27+30``, or in words where a name is not plain."""
        if chain.members:
            split = split_residues(chain, indices if indices is not None else range(chain.n_residues))
            words = [
                self.name_residues(member, own if indices is not None else None)
                for member, own in split
                if own
            ]
            return " or ".join(words)
        return write_residues(self._cmd, chain, indices)

    def list_objects(self) -> dict[str, str]:
        """See `Viewer`."""
        names = self._cmd.get_names("public_objects", enabled_only=1)
        return {name: f"%{name}" for name in names if self._cmd.get_type(name) == "object:molecule"}

    def is_there(self, chain: Chain) -> bool:
        """See `Viewer`."""
        there = self._cmd.get_names("objects")
        return all(
            member.object_name in there and self._cmd.count_atoms(whole_chain(member), quiet=1) > 0
            for member in chain.singles
        )

    def read_marked(self, chain: Chain) -> npt.NDArray[np.bool_]:
        """See `Viewer`."""
        active = self._cmd.get_names("public_selections", enabled_only=1)
        # PyMOL shows one selection at a time
        name = active[0] if active else ""
        marked = [self._read_inside(name, one, k) for k, one in enumerate(chain.singles)]
        return marked[0] if len(marked) == 1 else np.concatenate(marked)

    def _read_inside(self, name: str, chain: Chain, place: int) -> npt.NDArray[np.bool_]:
        """Which residues of a chain are in a selection; kept for a chain at its place among linked ones."""
        cmd = self._cmd
        where = f"%{name} and {whole_chain(chain)}" if name else ""
        # comparing indices costs a third of reading names; PyMOL does not tell when a selection has changed
        now = (chain, where, tuple(cmd.index(where, quiet=1)) if where else ())  # chains are equal as objects
        then, marked = self._marked.get(place, ((), np.zeros(0, dtype=np.bool_)))
        if now != then:
            found: set[tuple[str, str]] = set()
            if where:
                cmd.iterate(where, "add((resi, resn))", space={"add": found.add}, quiet=1)
            others = find_other_names(cmd, chain) if found else frozenset()
            numbers = {resi for resi, resn in found if resn not in others}
            marked = np.array([residue.resi in numbers for residue in chain.residue_ids], dtype=np.bool_)
            marked.flags.writeable = False
            self._marked[place] = now, marked
        return marked

    def center_residues(self, chain: Chain, indices: Sequence[int], zoom: bool = False) -> str:
        """See `Viewer`."""
        where = self.name_residues(chain, indices)
        if zoom:
            self._cmd.zoom(where, _MARGIN)
            return f"zoom {where}, {_MARGIN}"
        self._cmd.center(where)
        return f"center {where}"

    def select_residues(self, name: str, parts: Sequence[tuple[Chain, Sequence[int]]]) -> str:
        """See `Viewer`; of a legal name. What the user has active stays active."""
        cmd = self._cmd
        with keep_active(cmd):
            cmd.select(name, "none", enable=0)
            split = [one for part in parts for one in split_residues(*part) if one[1]]
            if len(split) > _FEW:
                _select_many(cmd, name, split)
            else:
                for chain, indices in split:
                    cmd.select(name, write_residues(cmd, chain, indices), enable=0, merge=1)
        return name

    def drop_selections(self, names: Sequence[str]) -> None:
        """See `Viewer`."""
        there = self._cmd.get_names("selections")
        for name in names:
            if name in there:
                self._cmd.delete(name)

    def save_image(self, path: Path, width: int, height: int, is_clear: bool = False) -> str:
        """See `Viewer`."""
        kept = self._cmd.get("ray_opaque_background")
        if is_clear:
            self._cmd.set("ray_opaque_background", 0, quiet=1)
        temporary = path.with_name(f".provis_{os.getpid()}.png")  # PyMOL adds .png to any other ending
        try:
            self._cmd.png(str(temporary), width, height, ray=1, quiet=1)
            temporary.replace(path)
        except (OSError, _pymol_error()) as error:
            temporary.unlink(missing_ok=True)
            raise CacheError(
                f"{path} cannot be written ({error})",
                "A folder that is there, can be written and has room is needed",
                "Choose another folder",
            ) from error
        finally:
            if is_clear:
                self._cmd.set("ray_opaque_background", kept, quiet=1)
        return f"png {path}, {width}, {height}, ray=1"

    def keep_state(self, key: str, text: str) -> None:
        """See `Viewer`."""
        self._texts[key] = text
        if not text:
            del self._texts[key]

    def kept_state(self, key: str) -> str:
        """See `Viewer`."""
        return self._texts.get(key, "")

    def _read_entry(self, entry: Any) -> ProvisError | None:
        """Take the texts of a session."""
        items = list(entry.items()) if isinstance(entry, dict) else []
        self._texts = {key: text for key, text in items if isinstance(key, str) and isinstance(text, str)}
        if isinstance(entry, dict) and len(self._texts) == len(items):
            return None
        return _describe_bad_entry(entry)


def _select_many(cmd: Any, name: str, parts: Sequence[tuple[Chain, Sequence[int]]]) -> None:
    """Add residues of many chains to a selection; each object is read once, and not once per chain."""
    for object_name in dict.fromkeys(chain.object_name for chain, _ in parts):
        wanted: set[tuple[str, ...]] = set()
        names: dict[tuple[str, ...], set[str]] = {}
        for chain, indices in parts:
            if chain.object_name == object_name:
                key = (chain.chain_id, chain.segment_id)
                wanted |= {(*key, chain.residue_ids[index].resi) for index in indices}
                names.setdefault(key, set()).update(chain.residue_names)
        found: list[tuple[str, ...]] = []
        expression = "add((chain, segi, resi, resn, index))"
        cmd.iterate(f"%{object_name}", expression, space={"add": found.append}, quiet=1)
        near = [atom for atom in found if atom[:3] in wanted]
        polymer = {index for _, index in cmd.index(f"%{object_name} and polymer.protein")}
        chosen = [atom[4] for atom in near if atom[4] in polymer or atom[3] in names[atom[:2]]]
        hidden = cmd.get_unused_name("_provis_many")
        cmd.select_list(hidden, object_name, chosen, mode="index")
        cmd.select(name, f"%{hidden}", enable=0, merge=1)
        cmd.delete(hidden)


@contextmanager
def keep_active(cmd: Any) -> Iterator[None]:
    """Let the user's active selection stay active: PyMOL hides it where an object or a selection is made."""
    active = cmd.get_names("public_selections", enabled_only=1)
    try:
        yield
    finally:
        hidden = set(active) - set(cmd.get_names("public_selections", enabled_only=1))
        for name in hidden & set(cmd.get_names("selections")):
            cmd.enable(name)


def _pymol_error() -> type[Exception]:
    """What PyMOL raises when a command fails."""
    import pymol

    error: type[Exception] = pymol.CmdException
    return error


def _describe_bad_entry(entry: Any) -> ProvisError:
    return InputError(
        f"What ProVis kept in this session of its panel cannot be read ({entry!r:.60})",
        "Texts that ProVis wrote are needed to open the panel as it was",
        "All else of the session is there; open the panel and choose chain, model and head anew",
    )
