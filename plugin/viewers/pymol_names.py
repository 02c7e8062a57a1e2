"""Names in PyMOL: of our objects, and which objects are ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from provis_core.errors import InputError
from provis_core.structures.chain import Chain

from .pymol_overlays import is_label

__all__ = ["PymolNames", "list_molecules"]

_PREFIX = "provis"
_N_NAMED = 6  # linked chains that the name of a drawing tells


def list_molecules(cmd: Any, selection: str = "all") -> list[str]:
    """Names of the objects that a selection has atoms of.

    ``get_object_list`` of PyMOL 3.2 calls the second object of an mmCIF file by the name of the file.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    selection : str
        That PyMOL understands.

    Returns
    -------
    list of str
        In PyMOL's order.
    """
    there = cmd.get_names("objects")
    names: list[str] = cmd.get_object_list("all") or []
    if len(set(names)) == len(names) and set(names) <= set(there):
        return names if selection == "all" else cmd.get_object_list(f"({selection})") or []
    molecules = [name for name in there if cmd.get_type(name) == "object:molecule"]
    return [name for name in molecules if cmd.count_atoms(f"%{name} and ({selection})")]


class PymolNames:
    """The names of one PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    """

    def __init__(self, cmd: Any) -> None:
        self._cmd = cmd

    def check(self, name: str, sele: str) -> None:
        """See `provis_core.viewers.viewer.Viewer.check_names`."""
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

    def make(self, chains: Sequence[Chain], head: str, base: str = "") -> list[str]:
        """See `provis_core.viewers.viewer.Viewer.object_names`."""
        names: list[str] = []
        ours = {item.lower() for item in self.drawn()}
        taken = {item.lower() for item in self._cmd.get_names("all")} - ours
        members = {chain: chain.singles for chain in chains}
        objects = {member.object_name for row in members.values() for member in row}
        tokens = {name: self._chain_tokens(name) for name in objects}
        for chain in chains:
            words = [
                tokens[one.object_name][_key(one)]
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
        """A word for each chain of an object, by `_key`; no two are the same to PyMOL, which ignores case.

        PyMOL finds the chain ids of a large object; only atoms without one are gone through here.
        """
        chain_ids = self._cmd.get_chains(f"%{object_name}")
        keys: dict[tuple[str, str], None] = {(chain_id, ""): None for chain_id in chain_ids if chain_id}
        if "" in chain_ids:
            nameless = f"%{object_name} and chain ''"
            self._cmd.iterate(nameless, "add(('', segi))", space={"add": keys.setdefault})
        tokens: dict[tuple[str, str], str] = {}
        seen: dict[str, int] = {}
        for chain_id, segment_id in sorted(keys):
            word = re.sub(r"[^A-Za-z0-9]", "_", chain_id or segment_id or "nochain")
            count = seen[word.lower()] = seen.get(word.lower(), 0) + 1
            tokens[chain_id, segment_id] = word if count == 1 else f"{word}_{count}"
        return tokens

    def drawn(self) -> list[str]:
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

    def drop_empty_groups(self) -> None:
        """Delete those of our groups that hold nothing any more."""
        for group in self._groups():
            if not self._members(group):
                self._cmd.delete(group)

    def _members(self, group: str) -> list[str]:
        """Names of all objects in a group: a session of the group alone is where PyMOL tells them."""
        entries = self._cmd.get_session(group, partial=1, version=0)["names"]
        return [entry[0] for entry in entries if entry and entry[6] == group]

    def _groups(self) -> list[str]:
        """Our groups: one, or two where an object of the user once had the name of the first."""
        names, cmd = (_PREFIX, f"{_PREFIX}_attention"), self._cmd
        return [
            name
            for name in cmd.get_names("objects")
            if name in names and cmd.get_type(name) == "object:group"
        ]

    def group(self) -> str:
        """The group for a new drawing; another name where an object or selection of the user has it."""
        taken = {name.lower() for name in self._cmd.get_names("all")} - {*self._groups()}
        return f"{_PREFIX}_attention" if _PREFIX in taken else _PREFIX


def _key(chain: Chain) -> tuple[str, str]:
    """What names a chain: its id, which ligands in mmCIF share although their segments are others."""
    return (chain.chain_id, "") if chain.chain_id else ("", chain.segment_id)


def _free_name(name: str, taken: set[str]) -> str:
    """The name itself, or with a number where an object of the user or another chain has it."""
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{name}_{number}", number + 1
    return free
