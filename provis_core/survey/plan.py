"""What a run is: inputs, model, protocol; the same for shards that come together and runs that go on."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .. import __version__
from ..checkpoints.files import fingerprint
from ..errors import InputError, ProvisError
from ..proteins.reading import count_records, find_inputs
from ..system.given_files import load_json
from ..system.whole_files import write_whole
from .protocol import Protocol

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["Plan", "make_plan"]

_FORMAT: Final = 1
_FILE: Final = "survey.json"
_PACKAGES: Final = ("numpy", "torch", "transformers")


@dataclass(frozen=True)
class Plan:
    """What a run is.

    Attributes
    ----------
    protocol : Protocol
    model : mapping
        ``name``, ``family``, ``fingerprint`` of its files, ``revision`` where one is known, ``dtype``.
    n_layers, n_heads : int
    inputs : tuple of mapping
        ``path``, ``sha256`` and ``bytes`` of each file, in order.
    clusters : mapping of str to str
        Cluster by the name of the protein, as given.
    n_records, n_blocks : int
    about : mapping
        Command, versions, machine: what a later reader wants to know and need not be the same.
    """

    protocol: Protocol
    model: Mapping[str, Any]
    n_layers: int
    n_heads: int
    inputs: tuple[Mapping[str, Any], ...]
    clusters: Mapping[str, str]
    n_records: int
    n_blocks: int
    about: Mapping[str, Any]

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of the inputs."""
        return tuple(Path(one["path"]) for one in self.inputs)

    def block_paths(self, folder: Path) -> list[Path]:
        """Files of all blocks, whether they are there or not."""
        return [folder / "blocks" / f"{number:06d}.npz" for number in range(self.n_blocks)]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "format": _FORMAT,
            "protocol": self.protocol.to_json(),
            "model": dict(self.model),
            "n_layers": self.n_layers,
            "n_heads": self.n_heads,
            "inputs": [dict(one) for one in self.inputs],
            "clusters": dict(self.clusters),
            "n_records": self.n_records,
            "n_blocks": self.n_blocks,
            "about": dict(self.about),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """Read what `to_json` wrote; raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        left = dict(values)
        if left.pop("format") != _FORMAT:
            raise ValueError(f"it is of another version; this one writes format {_FORMAT}")
        protocol = Protocol.from_json(left.pop("protocol"))
        return cls(protocol=protocol, inputs=tuple(left.pop("inputs")), **left)

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        with write_whole(folder / _FILE) as temporary:
            temporary.write_text(
                json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """Read it from a folder.

        Raises
        ------
        InputError
            If there is none.
        """
        try:
            return cls.from_json(load_json(folder / _FILE))
        except (OSError, ValueError, KeyError, TypeError, ProvisError) as error:
            raise InputError(
                f"{folder} is no folder of a survey ({error})",
                f"A folder with {_FILE}, as provis survey writes it, is needed",
                "Name the folder that was given with -o",
            ) from error

    @classmethod
    def is_in(cls, folder: Path) -> bool:
        """Whether a folder has one."""
        return (folder / _FILE).is_file()

    def check_same(self, other: Plan, what: str) -> None:
        """Raise `InputError` unless another run counts the same.

        Parameters
        ----------
        other : Plan
        what : str
            What the other one is, for the message.
        """
        ours, theirs = (_essence(plan) for plan in (self, other))
        for key, value in ours.items():
            if theirs[key] != value:
                raise InputError(
                    f"{what} was begun with another {key}: {_short(theirs[key])}, not {_short(value)}",
                    "A run goes on, and shards come together, only where they count the same",
                    "Give the same options and files, or another folder with -o",
                )


def _essence(plan: Plan) -> dict[str, Any]:
    """What must be the same; files may have other places on another machine."""
    values = plan.to_json()
    protocol = values.pop("protocol")
    for name in ("about", "format"):
        values.pop(name)
    values["inputs"] = [one["sha256"] for one in values["inputs"]]
    # what is drawn from counts afterwards may change
    return {
        **{key: value for key, value in protocol.items() if key not in ("name", "min_arcs", "denominator")},
        **values,
    }


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def make_plan(
    inputs: Sequence[str | Path],
    model: Model,
    protocol: Protocol,
    clusters: Mapping[str, str],
    *,
    revision: str = "",
    command: str = "",
) -> Plan:
    """Look at the inputs, and say what the run is.

    Parameters
    ----------
    inputs : sequence of path
    model : Model
    protocol : Protocol
    clusters : mapping of str to str
    revision : str
        Of the checkpoint, where it is known.
    command : str
        What was typed.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If an input is not there.
    """
    files = find_inputs(inputs)
    n_records = count_records(files)
    return Plan(
        protocol=protocol,
        model={
            "name": model.name,
            "family": model.family,
            "fingerprint": fingerprint(model.config.folder),
            "revision": revision,
            "dtype": model.dtype,
        },
        n_layers=model.n_layers,
        n_heads=model.n_heads,
        inputs=tuple(_describe(path) for path in files),
        clusters=dict(clusters),
        n_records=n_records,
        n_blocks=-(-n_records // protocol.block),
        about={
            "command": command,
            "provis": __version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in _PACKAGES},
            "device": model.device,
        },
    )


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": str(path), "sha256": digest, "bytes": path.stat().st_size}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
