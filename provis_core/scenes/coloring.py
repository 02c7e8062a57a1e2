"""What the colour of a cylinder says: its weight, or whether it is a contact, reaches a site, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..annotations.annotators import find_annotator
from ..attention.edges import Edges
from ..errors import InputError, near_name
from ..structures.chain import Chain
from ..structures.sequence import BETWEEN_CHAINS, SequenceMap
from .colors import CATEGORY_RGB, ROLES, SERIES, compute_colors

__all__ = [
    "COLOR_BY",
    "ColoredPairs",
    "check_color_by",
    "color_pairs",
    "find_swatches",
    "needs_annotation",
]

COLOR_BY: Final = ("weight", "contact", "site", "distance", "separation", "chain")
"""What colours can say; any other property that `find_annotator` knows as well, like ``site:ligand:HEM``."""

_PLAIN: Final = ("weight", "distance", "separation", "chain")
_HIT, _MISS, _NEAR, _UNKNOWN = (ROLES[role] for role in ("hit", "miss", "near", "unknown"))
_BETWEEN: Final = ROLES["between chains"]
_CHAIN_COLORS: Final = tuple(name for name in SERIES if name != _BETWEEN)

_Rgb = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ColoredPairs:
    """Drawn pairs of one chain.

    Attributes
    ----------
    chain : Chain
        Joined or not.
    sequence_map : SequenceMap
    edges : Edges
    annotation : Annotation, optional
        What is known about the chain, for the colours that need it.
    """

    chain: Chain
    sequence_map: SequenceMap
    edges: Edges
    annotation: Annotation | None = None


def needs_annotation(color_by: str) -> bool:
    """Whether a colour says something that an annotation tells."""
    return color_by not in _PLAIN


def check_color_by(color_by: str) -> None:
    """Raise unless colours can say this.

    Parameters
    ----------
    color_by : str

    Raises
    ------
    InputError
        A near name is suggested.
    """
    if color_by in COLOR_BY:
        return
    try:
        find_annotator(color_by)
    except InputError as error:
        near = near_name(color_by, COLOR_BY)
        raise InputError(
            f"«color_by={color_by}»",
            f"One of {', '.join(COLOR_BY)}, or a property such as site:ligand or helix, is needed",
            f"Did you mean «color_by={near}»?" if near else error.do,
        ) from error


def color_pairs(
    items: Sequence[ColoredPairs], color_by: str, palette: str, low: float, high: float
) -> tuple[list[_Rgb], str]:
    """Colour the pairs of the chains of a command, on one scale.

    Parameters
    ----------
    items : sequence of ColoredPairs
    color_by : str
        See `check_color_by`.
    palette : str
        For what is a number.
    low, high : float
        Weights at the two ends of the palette, for ``weight``.

    Returns
    -------
    rgb : list of numpy.ndarray, shape (n_edges, 3), dtype float32
    legend : str
        What the colours are, with the number of pairs of each.

    Raises
    ------
    InputError
        If there is no such thing to colour by, or no such palette.
    """
    check_color_by(color_by)
    if color_by == "weight":
        rgb = [compute_colors(item.edges.weight, palette, low, high) for item in items]
        return rgb, f"{palette}, attention {low:g} to {high:.2f}"
    if color_by == "distance":
        return _color_numbers(
            [_distances(item) for item in items], palette, "CA-CA distance {:.1f} to {:.1f} Å"
        )
    if color_by == "separation":
        steps = [np.where(apart == BETWEEN_CHAINS, np.nan, apart) for apart in map(_separations, items)]
        words = "separation {:.0f} to {:.0f} residues in the sequence (logarithmic)"
        return _color_numbers(steps, palette, words, logarithmic=True)
    if color_by == "chain":
        return _color_chains(items)
    known = [item.annotation for item in items if item.annotation is not None]
    if known and known[0].is_numeric:
        words = f"{known[0].name} {{:.3g}} to {{:.3g}}"
        return _color_numbers([_end_values(item) for item in items], palette, words)
    return _color_hits(items, known[0] if known else None, color_by)


def find_swatches(item: ColoredPairs, color_by: str) -> list[tuple[str, tuple[float, float, float]]]:
    """What the colours of the pairs of one chain say, and the colours, where they are no scale of numbers.

    Parameters
    ----------
    item : ColoredPairs
    color_by : str
        As of `color_pairs`.
    """
    known = item.annotation
    if color_by == "chain":
        names, colors = _name_chains([item])
        words = [(label, name) for label, name in colors.items()][: len(_CHAIN_COLORS)]
        words += [("between chains", _BETWEEN)] if (names[0] == _BETWEEN).any() else []
    elif not needs_annotation(color_by) or (known is not None and known.is_numeric):
        return []
    else:
        names, told = _name_hits([item], known, color_by)
        words = [(told[name], name) for name, _ in _count(names, told)]
    return [(word, CATEGORY_RGB[name]) for word, name in words]


def _color_hits(
    items: Sequence[ColoredPairs], known: Annotation | None, color_by: str
) -> tuple[list[_Rgb], str]:
    names, words = _name_hits(items, known, color_by)
    counted = ", ".join(f"{name} {words[name]} ({count})" for name, count in _count(names, words))
    method = f" ({known.method})" if known is not None else ""
    return _paint(names), f"{counted}{method}"


def _name_hits(
    items: Sequence[ColoredPairs], known: Annotation | None, color_by: str
) -> tuple[list[npt.NDArray[np.str_]], dict[str, str]]:
    """Colour of each pair, and what each colour says."""
    names = [_classify(item) for item in items]
    if known is not None and known.kind == "pair":
        hit, miss = "contact", "no contact"
    else:
        is_directed = any(item.edges.direction == "directed" for item in items)
        end = "the attended end is" if is_directed else "an end is"
        hit, miss = f"{end} in {color_by}", "not"
    words = {
        _HIT: hit,
        _MISS: miss,
        _NEAR: f"nearer than {known.min_separation if known else 0} in the sequence",
        _UNKNOWN: "not known",
    }
    return names, words


def _classify(item: ColoredPairs) -> npt.NDArray[np.str_]:
    """Name of the colour of each pair."""
    edges, known = item.edges, item.annotation
    query, key = edges.query, edges.key
    names = np.full(edges.n_edges, _MISS, dtype="<U10")
    if known is None:
        names[:] = _UNKNOWN
        return names
    if known.kind == "pair":
        hit = known.values[query, key]
        unknown = ~(known.valid[query] & known.valid[key])
        near = _separations(item) < known.min_separation
        names[near] = _NEAR
    elif edges.direction == "directed":
        hit, unknown = known.values[key], ~known.valid[key]
    else:
        hit = known.values[query] | known.values[key]
        unknown = ~(known.valid[query] & known.valid[key])
    names[unknown] = _UNKNOWN
    names[hit] = _HIT
    return names


def _color_chains(items: Sequence[ColoredPairs]) -> tuple[list[_Rgb], str]:
    names, colors = _name_chains(items)
    shown = [f"{name} {label}" for label, name in list(colors.items())[: len(_CHAIN_COLORS)]]
    if len(colors) > len(shown):
        shown.append(f"the same colours again for {len(colors) - len(shown)} more chains")
    if any((row == _BETWEEN).any() for row in names):
        shown.append(f"{_BETWEEN} between chains")
    return _paint(names), ", ".join(shown)


def _name_chains(items: Sequence[ColoredPairs]) -> tuple[list[npt.NDArray[np.str_]], dict[str, str]]:
    """Colour of each pair, and of each chain by its label."""
    colors: dict[str, str] = {}
    names = []
    for item in items:
        members = item.chain.singles
        for member in members:
            colors.setdefault(member.label, _CHAIN_COLORS[len(colors) % len(_CHAIN_COLORS)])
        place = np.repeat(np.arange(len(members)), [member.n_residues for member in members])
        own = np.array([colors[member.label] for member in members])
        query, key = place[item.edges.query], place[item.edges.key]
        names.append(np.where(query == key, own[query], _BETWEEN))
    return names, colors


def _color_numbers(
    values: Sequence[npt.NDArray[Any]], palette: str, words: str, *, logarithmic: bool = False
) -> tuple[list[_Rgb], str]:
    """Colours by number, between the smallest and the largest; what is not a number is not known."""
    together = np.concatenate([np.empty(0), *values])
    finite = together[np.isfinite(together)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    scale = np.log if logarithmic else np.asarray
    rgb = [
        compute_colors(scale(row), palette, float(scale(low)), float(scale(high)))
        if len(finite)
        else np.zeros((len(row), 3), dtype=np.float32)
        for row in values
    ]
    n_unknown = int(len(together) - len(finite))
    for row, colored in zip(values, rgb, strict=True):
        colored[~np.isfinite(row)] = CATEGORY_RGB[_UNKNOWN]
    unknown = f", {_UNKNOWN} not known ({n_unknown})" if n_unknown else ""
    return rgb, f"{palette}, {words.format(low, high)}{unknown}"


def _distances(item: ColoredPairs) -> npt.NDArray[np.float64]:
    coords = item.chain.ca_coords.astype(np.float64)
    apart: npt.NDArray[np.float64] = np.linalg.norm(coords[item.edges.query] - coords[item.edges.key], axis=1)
    return apart


def _separations(item: ColoredPairs) -> npt.NDArray[np.int64]:
    positions = item.sequence_map.positions_of(item.chain.n_residues)
    return item.sequence_map.separations(positions[item.edges.query], positions[item.edges.key])


def _end_values(item: ColoredPairs) -> npt.NDArray[np.float64]:
    """Value of the attended end of a directed pair, else the mean of the two ends."""
    if item.annotation is None:
        return np.full(item.edges.n_edges, np.nan)
    values = item.annotation.values.astype(np.float64)
    if item.edges.direction == "directed":
        return np.asarray(values[item.edges.key])
    return np.asarray((values[item.edges.query] + values[item.edges.key]) / 2)


def _paint(names: Iterable[npt.NDArray[np.str_]]) -> list[_Rgb]:
    return [
        np.array([CATEGORY_RGB[str(name)] for name in row], dtype=np.float32).reshape(-1, 3) for row in names
    ]


def _count(names: Sequence[npt.NDArray[np.str_]], words: dict[str, str]) -> list[tuple[str, int]]:
    """Colours that are told, and the number of pairs of each."""
    together = np.concatenate([np.empty(0, dtype="<U10"), *names])
    counts = {name: int(np.count_nonzero(together == name)) for name in words}
    return [(name, count) for name, count in counts.items() if count or name in (_HIT, _MISS)]
