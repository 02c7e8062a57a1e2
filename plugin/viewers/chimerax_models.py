"""The structures of one ChimeraX: which is which while names and ids change, and what of theirs we keep."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from provis_core.errors import StructureError
from provis_core.structures.chain import Chain
from provis_core.system.given_files import parse_json

__all__ = ["ChimeraxModels"]

_OWNER: Final = "ProVis"
_DAMAGED: Final = (
    "ProVis: what this session keeps of its {} cannot be read. All else of the session is there; "
    "draw again what is missing"
)


class ChimeraxModels:
    """The structures of one session of ChimeraX.

    Parameters
    ----------
    session : chimerax.core.session.Session
    """

    def __init__(self, session: Any) -> None:
        self.session = session
        self._numbers = itertools.count(1)
        self._structures: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()

    def all(self) -> list[Any]:
        """Return all structures by their ids."""
        from chimerax.atomic import AtomicStructure

        found: list[Any] = self.session.models.list(type=AtomicStructure)
        return sorted(found, key=lambda one: one.id)

    def key(self, structure: Any) -> str:
        """Return what a structure is found by, the same as long as it is open."""
        known = next((key for key, one in self._structures.items() if one is structure), "")
        if not known:
            known = f"structure {next(self._numbers)}"
            self._structures[known] = structure
        return known

    def find(self, chain: Chain) -> Any:
        """Return the structure of a chain, which is not a joined one; None where it was closed."""
        return self.find_key(chain.object_key)

    def find_key(self, key: str) -> Any:
        """Return the structure of a key; None where it was closed."""
        structure = self._structures.get(key)
        return None if structure is None or structure.deleted or structure.id is None else structure

    def need(self, chain: Chain) -> Any:
        """Return the structure of a chain.

        Raises
        ------
        StructureError
            If it was closed.
        """
        structure = self.find(chain)
        if structure is None:
            raise StructureError(
                f"{chain.object_name}, with chain {chain.chain_id}, was closed",
                "Its model is needed",
                "Open it, and give the command again",
            )
        return structure

    @staticmethod
    def name(structure: Any) -> str:
        """Return what the user calls a structure: names are not unique, ids are."""
        return f"{structure.name} #{structure.id_string}"

    @staticmethod
    def files(structure: Any) -> list[Path]:
        """Return the file that a structure was opened from, if it is still there."""
        name = getattr(structure, "filename", None)
        return [Path(name)] if name and Path(name).is_file() else []  # it may be of another machine

    # -- texts, which a session keeps also where ProVis is not --------------------------------------------

    def read_text(self, structure: Any, name: str) -> str:
        """Return a text that we left with a structure; empty where there is none."""
        return str(getattr(structure, f"provis_{name}", None) or "")

    def read_entries(self, structure: Any, name: str, is_entry: Callable[[Any], bool]) -> dict[str, Any]:
        """Return entries by name of a text that we left with a structure; what is damaged is left out.

        A text that is no such table, as another program may have left it, is told and taken away.
        """
        if not (text := self.read_text(structure, name)):
            return {}
        try:
            found = parse_json(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            self.session.logger.warning(_DAMAGED.format(name))
            self.write_text(structure, name, "")
            return {}
        return {key: value for key, value in found.items() if is_entry(value)}

    def write_text(self, structure: Any, name: str, text: str) -> None:
        """Leave a text with a structure."""
        from chimerax.atomic import Structure

        Structure.register_attr(self.session, f"provis_{name}", _OWNER, attr_type=str)
        setattr(structure, f"provis_{name}", text)
