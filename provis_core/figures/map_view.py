"""The attention map of one head, with residues on its axes: what is shown, without how it is drawn.

Rows are queries and columns are keys, as everywhere. `residue_index` is 0-based in the axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.arcs import Arcs
from ..attention.edges import DIRECTIONS
from ..attention.head_id import Head
from ..errors import InputError, check_word
from ..structures.chain import Chain
from ..structures.sequence import SequenceMap
from .residue_axis import ResidueAxis, make_residue_axis
from .scales import Scale, format_value, make_scale
from .strips import Strip

__all__ = ["CONTACT_STYLES", "MapView", "describe_pair", "make_map_view"]

CONTACT_STYLES: Final = ("outline", "triangle", "none")
"""Contacts as lines around their cells, or in place of the lower left half of a symmetric map."""


@dataclass(frozen=True, eq=False)
class MapView:
    """What an attention map shows.

    Attributes
    ----------
    image : numpy.ndarray, shape (n, n), dtype float32
        Weights, query by key; NaN for residues that the model did not read; 0 below `min_weight`.
    axis : ResidueAxis
        Of both axes.
    scale : Scale
    direction : {'directed', 'max', 'mean'}
        Whether the two weights of a pair were made into one.
    contacts : numpy.ndarray of bool, shape (n, n), optional
    contacts_as : {'outline', 'triangle', 'none'}
    strips : tuple of Strip
    coords : numpy.ndarray, shape (n, 3), dtype float32
        CA coordinates in Å; NaN where there are none.
    min_weight : float
        Weights below it are not known; 0 if all are.
    title : str
        Model, head and chain.
    contacts_text : str
        How contacts are defined: ``"CA-CA < 8 Å, |i-j| >= 6"``.
    """

    image: npt.NDArray[np.float32]
    axis: ResidueAxis
    scale: Scale
    direction: str
    contacts: npt.NDArray[np.bool_] | None
    contacts_as: str
    strips: tuple[Strip, ...]
    coords: npt.NDArray[np.float32]
    min_weight: float = 0.0
    title: str = ""
    contacts_text: str = ""

    @property
    def n(self) -> int:
        """Number of residues along each axis."""
        return self.axis.n

    @property
    def symmetrised(self) -> bool:
        """Whether the map is symmetric."""
        return self.direction != "directed"

    @property
    def caption(self) -> str:
        """One or two sentences for the legend of a figure."""
        kind = {"directed": "query (rows) to key (columns)", "max": "the larger of both directions"}
        words = f"{self.title}: " if self.title else ""
        words += f"attention weights, {kind.get(self.direction, 'mean of both directions')}"
        words += f", {self.scale.kind} scale"
        if self.min_weight:
            words += f", weights of at least {self.min_weight:g}"
        words += "."
        if self.contacts is not None and self.contacts_as != "none":
            where = "outlined" if self.contacts_as == "outline" else "below the diagonal"
            words += f" Contacts{f' ({self.contacts_text})' if self.contacts_text else ''} {where}."
        if len(self.axis.breaks):
            words += " Notches at the upper and the right edge: breaks of the residue numbering."
        if self.strips:
            words += f" Strips: {', '.join(word for strip in self.strips for word, _ in strip.legend)}."
        return words


def make_map_view(
    weights: npt.NDArray[np.float32] | Arcs,
    chain: Chain,
    sequence_map: SequenceMap,
    *,
    head: Head | None = None,
    direction: str = "directed",
    scale: str = "linear",
    limits: tuple[float, float] | None = None,
    contacts: Annotation | None = None,
    contacts_as: str = "outline",
    strips: Sequence[Strip] = (),
    title: str = "",
) -> MapView:
    """What to show of one head on one chain.

    Parameters
    ----------
    weights : numpy.ndarray, shape (n_positions, n_positions), or Arcs
        The whole map of a head, which may be memory-mapped, or the strong pairs of all heads.
    chain : Chain
    sequence_map : SequenceMap
    head : HeadId or HeadSet, optional
        0-based; needed with `Arcs`.
    direction : {'directed', 'max', 'mean'}
        As in `select_edges`; ``mean`` needs the whole map.
    scale : {'linear', 'log', 'percentile'}
    limits : (float, float), optional
        Weights at the two ends of the palette; see `make_scale`.
    contacts : Annotation, optional
        Pairs of this chain.
    contacts_as : {'outline', 'triangle', 'none'}
    strips : sequence of Strip
        From `make_site_strip`, `make_secondary_strip`, `make_strip`.
    title : str

    Returns
    -------
    MapView

    Raises
    ------
    InputError
        If an option is unknown or does not go with another.
    ValueError
        If the arrays are not of this chain.
    """
    _check(direction, contacts_as, isinstance(weights, Arcs))
    if isinstance(weights, Arcs):
        if head is None:
            raise ValueError("Arcs hold all heads: say which")
        image = _image_of_arcs(weights, head, chain, sequence_map, symmetric=direction == "max")
        min_weight = weights.min_weight
    else:
        image = _image_of_weights(weights, chain, sequence_map)
        min_weight = 0.0
        if direction == "max":
            image = np.maximum(image, image.T)
        elif direction == "mean":
            image = np.float32(0.5) * (image + image.T)
    image.flags.writeable = False
    shape = (chain.n_residues, chain.n_residues)
    if contacts is not None and (contacts.kind != "pair" or contacts.values.shape != shape):
        raise ValueError(f"the contacts have shape {contacts.values.shape}, the map {shape}")
    for strip in strips:
        if len(strip.rgb) != chain.n_residues:
            raise ValueError(f"the strip {strip.name} has {len(strip.rgb)} residues, the chain {shape[0]}")
    return MapView(
        image=image,
        axis=make_residue_axis(chain),
        scale=make_scale(image, scale, limits, min_weight),
        direction=direction,
        contacts=None if contacts is None else np.asarray(contacts.values, dtype=np.bool_),
        contacts_as=contacts_as,
        strips=tuple(strips),
        coords=chain.ca_coords,
        min_weight=min_weight,
        title=title,
        contacts_text="" if contacts is None else contacts.method,
    )


def describe_pair(view: MapView, query: int, key: int) -> str:
    """What a user reads who points at a pair: ``A/ASP25 -> A/THR26 0.43 · 5.1 Å · contact``.

    Parameters
    ----------
    view : MapView
    query, key : int
        Residue indices: row and column.

    Returns
    -------
    str
        A symmetric map has ``-`` in place of the arrow. The distance is that of the CA atoms.
    """
    weight = float(view.image[query, key])
    if np.isnan(weight):
        text = "not known to the model"
    elif weight < view.min_weight:
        text = f"< {view.min_weight:g}"
    else:
        text = f"{weight:.2f}" if weight >= 0.1 else format_value(weight)
    arrow = "-" if view.symmetrised else "->"
    words = [f"{view.axis.labels[query]} {arrow} {view.axis.labels[key]} {text}"]
    distance = float(np.linalg.norm(view.coords[query] - view.coords[key]))
    if np.isfinite(distance):
        words.append(f"{distance:.1f} Å")
    if view.contacts is not None and view.contacts[query, key]:
        words.append("contact")
    return " · ".join(words)


def _image_of_weights(
    weights: npt.NDArray[np.float32], chain: Chain, sequence_map: SequenceMap
) -> npt.NDArray[np.float32]:
    n = sequence_map.n_positions
    if weights.shape != (n, n):
        raise ValueError(f"the weights have shape {weights.shape}, the sequence {n} positions")
    residue = sequence_map.residue_index
    if n == chain.n_residues and (residue == np.arange(n)).all():
        return np.array(weights, dtype=np.float32)
    position = np.flatnonzero(residue >= 0)
    place = residue[position]
    image = np.full((chain.n_residues, chain.n_residues), np.nan, dtype=np.float32)
    image[np.ix_(place, place)] = weights[np.ix_(position, position)]
    return image


def _image_of_arcs(
    arcs: Arcs, head: Head, chain: Chain, sequence_map: SequenceMap, *, symmetric: bool
) -> npt.NDArray[np.float32]:
    if arcs.n_positions != sequence_map.n_positions:
        raise ValueError(f"the arcs have {arcs.n_positions} positions, not {sequence_map.n_positions}")
    residue = sequence_map.residue_index
    image = np.zeros((chain.n_residues, chain.n_residues), dtype=np.float32)
    unread = np.ones(chain.n_residues, dtype=np.bool_)
    unread[residue[residue >= 0]] = False
    image[unread], image[:, unread] = np.nan, np.nan
    query, key, weight = arcs.select(head, arcs.min_weight)
    query, key = residue[query], residue[key]
    kept = (query >= 0) & (key >= 0)
    query, key, weight = query[kept], key[kept], weight[kept]
    if symmetric:  # of the two weights of a pair the larger is written last
        order = np.argsort(weight, kind="stable")
        query, key, weight = query[order], key[order], weight[order]
        query, key = np.stack([query, key]).T.ravel(), np.stack([key, query]).T.ravel()
        weight = np.repeat(weight, 2)
    image[query, key] = weight
    return image


def _check(direction: str, contacts_as: str, is_sparse: bool) -> None:
    check_word("direction", direction, DIRECTIONS, "directed")
    check_word("contacts", contacts_as, CONTACT_STYLES, "outline")
    if contacts_as == "triangle" and direction == "directed":
        raise InputError(
            "«contacts=triangle» with «direction=directed»",
            "Both halves of a directed map are needed for the attention itself",
            "Use «contacts=outline», or «direction=max»",
        )
    if direction == "mean" and is_sparse:
        raise InputError(
            "«direction=mean» was asked of a scan",
            "A scan keeps strong weights only, and a mean needs the smaller ones as well",
            "Use «direction=max» or «direction=directed», or compute this head",
        )
