"""What is drawn, for files that show it in another program: cylinders, the structure, the site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..annotations.annotation import Annotation
from ..scenes.scene import Scene
from ..structures.atoms import StructureAtoms
from ..structures.chain import Chain

__all__ = ["Drawing", "Pair", "Place"]


@dataclass(frozen=True)
class Place:
    """A residue as other programs find it.

    Attributes
    ----------
    object_name, chain, segment, resi, name : str
        `resi` is number and insertion code.
    label : str
        What is read: ``A/ASP25``.
    """

    object_name: str
    chain: str
    segment: str
    resi: str
    name: str
    label: str


@dataclass(frozen=True)
class Pair:
    """One cylinder.

    Attributes
    ----------
    first, second : Place
        Query and key where the pair is directed.
    weight : float
    radius : float
        Å.
    start, end : tuple of float
        Å.
    start_code, end_code : str
        Colours of the two ends, ``#rrggbb``.
    """

    first: Place
    second: Place
    weight: float
    radius: float
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    start_code: str
    end_code: str

    @property
    def words(self) -> str:
        """Like ``A/ASP25 - A/ILE84  0.431``."""
        return f"{self.first.label} - {self.second.label}  {self.weight:.3f}"


@dataclass(frozen=True, eq=False)
class Drawing:
    """Cylinders of one head on some chains, and what lies around them.

    Attributes
    ----------
    scenes : tuple of Scene
    sites : tuple of Annotation or None
        Per scene the residues of its site.
    atoms : tuple of StructureAtoms
        Of each object once.
    script : pathlib.Path, optional
        A copy of Mol*'s ``molstar.js`` that goes into a page; without one the page loads it from its address.
    """

    scenes: tuple[Scene, ...]
    sites: tuple[Annotation | None, ...]
    atoms: tuple[StructureAtoms, ...]
    script: Path | None = None

    def pairs(self) -> Iterator[Pair]:
        """All cylinders, in the order of the rows of a table of pairs."""
        for scene in self.scenes:
            places = list_places(scene.chain)
            rows = zip(
                scene.edges.query.tolist(),
                scene.edges.key.tolist(),
                scene.edges.weight.tolist(),
                scene.radius.tolist(),
                scene.start.tolist(),
                scene.end.tolist(),
                scene.start_rgb,
                scene.end_rgb,
                strict=True,
            )
            for query, key, weight, radius, start, end, start_rgb, end_rgb in rows:
                ends = tuple(start), tuple(end)
                yield Pair(
                    places[query], places[key], weight, radius, *ends, _code(start_rgb), _code(end_rgb)
                )

    def site_places(self) -> list[Place]:
        """The residues of all sites, each once."""
        found: dict[Place, None] = {}
        for scene, site in zip(self.scenes, self.sites, strict=True):
            if site is not None:
                places = list_places(scene.chain)
                found.update(dict.fromkeys(places[index] for index in site.residues))
        return list(found)


def list_places(chain: Chain) -> list[Place]:
    """The residues of a chain, joined or not, in its order."""
    return [
        Place(one.object_name, residue.chain, one.segment_id, residue.resi, name, one.residue_label(index))
        for one in chain.singles
        for index, (residue, name) in enumerate(zip(one.residue_ids, one.residue_names, strict=True))
    ]


def _code(rgb: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    return "#" + "".join(f"{round(255 * float(one)):02x}" for one in rgb)
