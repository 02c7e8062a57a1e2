"""The order of the residues of a chain in PyMOL: that of the file, or of the bonds where atoms were added.

PyMOL's ``rank`` is the place of an atom in its file. What an editing command adds has rank -1 or that of
another file, so an object that was edited or built is in the order of its bonds, and of what PyMOL shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

__all__ = ["ChainKey", "OrderedAtom", "has_ranks_of_one_file", "sort_residues"]

ChainKey = tuple[str, str]
"""Chain id and segment id: what tells the chains of one object apart."""

_HEAVY: Final = "not elem H+D"


class OrderedAtom(NamedTuple):
    """What is read of an atom, in PyMOL's own words."""

    chain: str
    segi: str
    resi: str
    resn: str
    name: str
    alt: str
    q: float
    rank: int
    """Place in the file."""
    index: int  # type: ignore[assignment]  # PyMOL's word; nobody asks a row for its place of a value
    """Place in PyMOL's order, from 1."""
    custom: str
    """Id of the entity in an mmCIF file, else empty."""
    x: float
    y: float
    z: float

    @property
    def chain_key(self) -> ChainKey:
        """The chain it is of."""
        return self.chain, self.segi

    @property
    def residue(self) -> tuple[str, str, str, str]:
        """The residue it is of."""
        return self.chain, self.segi, self.resi, self.resn


def has_ranks_of_one_file(cmd: Any, object_name: str) -> bool:
    """Whether the ranks of an object are places in one file.

    Hydrogens do not count: adding them (``h_add``) leaves all others where they were.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    object_name : str

    Returns
    -------
    bool
        False where an atom has no rank, or two have the same.
    """
    ranks: list[int] = []
    cmd.iterate(f"%{object_name} and {_HEAVY}", "add(rank)", space={"add": ranks.append})
    return min(ranks, default=0) >= 0 and len(set(ranks)) == len(ranks)


def sort_residues(
    cmd: Any, object_name: str, chain: Sequence[OrderedAtom], in_file_order: bool
) -> list[OrderedAtom]:
    """Sort the residues of a chain by peptide bonds, and what no bond joins by the file or by PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    object_name : str
    chain : sequence of OrderedAtom
        One atom per residue, in the order of the file as far as it is known.
    in_file_order : bool
        What `has_ranks_of_one_file` says; if not, PyMOL's own order is that of pieces without a bond.

    Returns
    -------
    list of OrderedAtom
    """
    base = list(chain) if in_file_order else sorted(chain, key=lambda atom: atom.index)
    places = {atom.resi: place for place, atom in enumerate(base)}
    if len(places) < len(base):  # a number stands for two residues: nothing tells which of them a bond is of
        return base
    following = _follow_bonds(cmd, object_name, base[0].chain_key, places)
    pieces = _join_pieces(len(base), following)
    pieces.sort(key=lambda piece: sorted(piece)[len(piece) // 2])
    return [base[place] for piece in pieces for place in piece]


def _follow_bonds(cmd: Any, object_name: str, key: ChainKey, places: dict[str, int]) -> dict[int, int]:
    """The place that follows each place by a bond from C to N."""
    where = f'%{object_name} and chain "{key[0]}" and segi "{key[1]}" and name N+C'
    model = cmd.get_model(where)
    bonded: dict[int, set[int]] = {}
    for bond in model.bond:
        one, other = (model.atom[index] for index in bond.index)
        if one.name == "N":
            one, other = other, one
        before, after = places.get(one.resi, -1), places.get(other.resi, -1)
        if (one.name, other.name) == ("C", "N") and before != after and min(before, after) >= 0:
            bonded.setdefault(before, set()).add(after)
    following: dict[int, int] = {}
    taken: set[int] = set()
    for before, found in sorted(bonded.items()):
        # of several, which atoms that clash give, the neighbour
        free = sorted(found - taken, key=lambda after: abs(after - before - 1))
        if free:
            following[before] = free[0]
            taken.add(free[0])
    return following


def _join_pieces(n_residues: int, following: dict[int, int]) -> list[list[int]]:
    """Pieces of bonded places, each from its first to its last; a ring begins at its lowest place."""
    starts = sorted(set(range(n_residues)) - set(following.values()))
    seen: set[int] = set()
    pieces = []
    for start in [*starts, *range(n_residues)]:
        piece = []
        place: int | None = start
        while place is not None and place not in seen:
            seen.add(place)
            piece.append(place)
            place = following.get(place)
        if piece:
            pieces.append(piece)
    return pieces
