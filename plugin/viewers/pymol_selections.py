"""Residues of a chain as a selection in PyMOL's language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from provis_core.structures.chain import Chain

__all__ = ["find_other_names", "whole_chain", "write_residues"]

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]+")


def whole_chain(chain: Chain) -> str:
    """A chain with all that has its ids: ligands and water, too."""
    return f'%{chain.object_name} and chain "{chain.chain_id}" and segi "{chain.segment_id}"'


def write_residues(cmd: Any, chain: Chain, indices: Sequence[int] | None = None) -> str:
    """Residues of a chain in short, ``/1hpv//A/25-27+30``, or in words where a name is not plain.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    chain : Chain
        Not a joined one.
    indices : sequence of int, optional
        0-based in the chain; all that has the ids of the chain if None.

    Returns
    -------
    str
        Water and ions that have the number of a residue (simulations number them anew) are not in it.
    """
    names = (chain.object_name, chain.segment_id, chain.chain_id)
    is_plain = chain.chain_id and all(_PLAIN.fullmatch(name) for name in names if name)
    where = "/" + "/".join(names) if is_plain else whole_chain(chain)
    numbers = "" if indices is None else _join_numbers(chain, indices)
    if not numbers:
        return where
    others = find_other_names(cmd, chain, numbers)
    words = "+".join(re.sub("[+-]", r"\\\g<0>", name) for name in sorted(others))
    rest = f" and not resn {words}" if words else ""
    if is_plain and "\\" not in numbers:  # negative ones are not understood there
        return f"{where}/{numbers}{rest}"
    return f"{where} and resi {numbers}{rest}"


def find_other_names(cmd: Any, chain: Chain, numbers: str = "") -> frozenset[str]:
    """Names of what has the ids and the number of a residue of a chain, and is none.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    chain : Chain
    numbers : str
        As PyMOL reads them after ``resi``; those of all residues if empty.

    Returns
    -------
    frozenset of str
        Empty where the object is gone.
    """
    if chain.object_name not in cmd.get_names("objects"):
        return frozenset()
    found: set[str] = set()
    numbers = numbers or _join_numbers(chain, range(chain.n_residues))
    where = f"{whole_chain(chain)} and not polymer.protein and resi {numbers}"
    cmd.iterate(where, "add(resn)", space={"add": found.add}, quiet=1)
    return frozenset(found.difference(chain.residue_names))


def _join_numbers(chain: Chain, indices: Sequence[int]) -> str:
    """Residue numbers as PyMOL reads them after ``resi``, empty for none.

    Neighbours with rising numbers become a range, which PyMOL selects fifty times faster than a list. A range
    would take in what has an insertion code.
    """
    coded = {residue.number for residue in chain.residue_ids if residue.insertion_code}
    runs: list[list[int]] = []
    for index in sorted(set(indices)):
        before = runs[-1][-1] if runs else -1
        here = chain.residue_ids[index]
        last = chain.residue_ids[before]
        follows = runs and index == before + 1 and here.number == last.number + 1
        if follows and last.number >= 0 and not coded & {here.number, last.number}:
            runs[-1].append(index)
        else:
            runs.append([index])
    words = []
    for run in runs:
        begin, end = (chain.residue_ids[index].resi.replace("-", "\\-") for index in (run[0], run[-1]))
        words.append(begin if len(run) == 1 else f"{begin}-{end}")
    return "+".join(words)
