"""What ProVis has painted on the atoms of one chain, and how a session of the viewer keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import InputError, ProvisError

__all__ = ["Key", "Layer", "Painted", "PaintedAtom", "Place", "read_entry", "write_entry"]

Key = tuple[Any, ...]
"""What tells an atom from the others of its chain: number and name of its residue, its own name, its
alternate location, and a number where these are not enough. The name is empty for the ribbon of a residue."""

Place = tuple[str, str, str]  # object, segment, chain


class PaintedAtom(NamedTuple):
    """An atom as the viewer shows it.

    Attributes
    ----------
    color : int
        In the viewer's own terms.
    has_sticks : bool
    index : int
        In its object.
    element : str
        Empty for the ribbon of a residue.
    """

    color: int
    has_sticks: bool
    index: int  # type: ignore[assignment]  # of an atom, not of a value in the row
    element: str


@dataclass
class Layer:
    """One overlay on one chain."""

    colors: dict[Key, int] = field(default_factory=dict)
    sticks: set[Key] = field(default_factory=set)


@dataclass
class Painted:
    """One chain: its layers, the last on top, and what the user had below them."""

    layers: dict[str, Layer] = field(default_factory=dict)
    own_colors: dict[Key, int] = field(default_factory=dict)
    sticks: set[Key] = field(default_factory=set)  # that we show; the user had none there

    def top_color(self, key: Key) -> int | None:
        """What is seen of an atom; None where no layer colours it."""
        for layer in reversed(self.layers.values()):
            if key in layer.colors:
                return layer.colors[key]
        return None

    def has_sticks(self, key: Key) -> bool:
        """Whether a layer wants this atom as sticks."""
        return any(key in layer.sticks for layer in self.layers.values())

    def forget_changed(self, atoms: Mapping[Key, PaintedAtom]) -> None:
        """Leave to the user what the user has changed or deleted."""
        for key in list(self.own_colors):
            if key not in atoms or atoms[key].color != self.top_color(key):
                del self.own_colors[key]
                for layer in self.layers.values():
                    layer.colors.pop(key, None)
        gone = {key for key in self.sticks if key not in atoms or not atoms[key].has_sticks}
        self.sticks -= gone
        for layer in self.layers.values():
            layer.sticks -= gone


def write_entry(painted: Mapping[Place, Painted]) -> dict[Place, dict[str, Any]]:
    """Chains as plain values of their own: a session must open where ProVis is not, and stay as it is."""
    return {
        place: {
            "layers": [(title, dict(layer.colors), set(layer.sticks)) for title, layer in one.layers.items()],
            "own_colors": dict(one.own_colors),
            "sticks": set(one.sticks),
        }
        for place, one in painted.items()
    }


def read_entry(entry: Any) -> tuple[dict[Place, Painted], ProvisError | None]:
    """The opposite of `write_entry`, of whatever stands in a session.

    Parameters
    ----------
    entry : object

    Returns
    -------
    dict
        The chains that can be read.
    ProvisError or None
        What to say where others cannot.
    """
    if not isinstance(entry, dict):
        return {}, _describe_bad_entry(f"{entry!r:.60}")
    painted, bad = {}, []
    for place, kept in entry.items():
        try:
            painted[_check_place(place)] = _read_painted(kept)
        except (TypeError, ValueError, LookupError) as error:
            bad.append(f"{place!r:.60}: {error}")
    more = f" and {len(bad) - 1} more" if bad[1:] else ""
    return painted, _describe_bad_entry(bad[0] + more) if bad else None


def _describe_bad_entry(what: str) -> ProvisError:
    return InputError(
        f"What ProVis kept in this session of its colours and sticks cannot be read ({what})",
        "An entry that this version of ProVis wrote is needed to take them off again",
        "All is shown as it was saved; colour it anew by hand (color, hide sticks), or open the session with "
        "the ProVis that saved it",
    )


def _read_painted(kept: Any) -> Painted:
    layers = {
        _check(title, str): Layer(_read_colors(colors), _read_keys(sticks))
        for title, colors, sticks in _check(kept, dict)["layers"]
    }
    return Painted(layers, _read_colors(kept["own_colors"]), _read_keys(kept["sticks"]))


def _read_colors(colors: Any) -> dict[Key, int]:
    return {_check_key(key): _check(color, int) for key, color in _check(colors, dict).items()}


def _read_keys(keys: Any) -> set[Key]:
    return {_check_key(key) for key in _check(keys, set)}


def _check_key(key: Any) -> Key:
    *names, state = _check(key, tuple)
    if len(names) != 4:
        raise ValueError(f"{key!r:.60} is no atom")
    return (*(_check(name, str) for name in names), _check(state, int))


def _check_place(place: Any) -> Place:
    name, segment, chain = _check(place, tuple)
    return _check(name, str), _check(segment, str), _check(chain, str)


def _check(value: Any, kind: type) -> Any:
    fits = not isinstance(value, int) or -(2**31) <= value < 2**31  # a C int of the viewer
    if not (isinstance(value, kind) and fits):
        raise TypeError(f"{value!r:.60} is no {kind.__name__}")
    return value
