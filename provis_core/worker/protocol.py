"""What the host and the worker say to each other: one JSON object per line.

The worker speaks first (`Hello`). The host then sends requests; each `AttentionRequest`, `ScanRequest` and
`DoctorRequest` has a ``job`` number, and every message about that job carries it. A job ends with exactly
one of `Result`, `ScanResult`, `DoctorReport` or `Failure`. Arrays never travel in the line: the worker writes
``.npy`` or ``.npz`` into the cache folder and sends the path.

A `Failure` of job 0 is about the worker itself: it cannot go on.

End of file on the worker's standard input ends the worker, whatever it is doing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Final, get_args, get_origin, get_type_hints

from ..arcs import DEFAULT_MIN_WEIGHT
from ..errors import ProtocolError, ProvisError, error_from_name

__all__ = [
    "PROTOCOL_VERSION",
    "AttentionRequest",
    "Cancel",
    "DoctorReport",
    "DoctorRequest",
    "Failure",
    "Hello",
    "Message",
    "Notice",
    "Progress",
    "Result",
    "ScanRequest",
    "ScanResult",
    "Shutdown",
    "decode",
    "encode",
]

PROTOCOL_VERSION: Final = 1


@dataclass(frozen=True)
class Message:
    """Base of all messages; ``kind`` is the value of the key of the same name on the wire."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True)
class Hello(Message):
    """The first line of a worker.

    Attributes
    ----------
    protocol : int
        `PROTOCOL_VERSION` of the worker's code.
    version : str
        ProVis version of the worker's code.
    python : str
        Python version, like ``"3.11.7"``.
    pid : int
    """

    kind: ClassVar[str] = "hello"
    protocol: int
    version: str
    python: str
    pid: int


@dataclass(frozen=True)
class AttentionRequest(Message):
    """Host to worker: the attention of some heads over one sequence.

    Attributes
    ----------
    job : int
    sequence : str
        Upper-case one-letter codes, ``X`` for unknown.
    checkpoint : str
        Folder with config, tokenizer and weights.
    model : str
        Name for messages.
    heads : tuple of (int, int)
        0-based layer and head; all are computed in one pass.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    dtype : str
        ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"float16"``.
    min_weight : float
        0 for whole maps; else only the pairs with at least this weight are kept, as `Arcs` of all heads in
        one file, in memory for these pairs rather than for all.
    window : int
        Residues of each window, for chains beyond the model's hard limit; 0 for one piece. Only with a
        `min_weight`.
    """

    kind: ClassVar[str] = "attention"
    job: int
    sequence: str
    checkpoint: str
    model: str
    heads: tuple[tuple[int, int], ...]
    device: str = "auto"
    dtype: str = "auto"
    min_weight: float = 0.0
    window: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "heads", tuple((int(layer), int(head)) for layer, head in self.heads))


@dataclass(frozen=True)
class ScanRequest(Message):
    """Host to worker: all heads over one sequence, each reduced to a few numbers and its strong pairs.

    Attributes
    ----------
    job : int
    sequence : str
        Upper-case one-letter codes, ``X`` for unknown.
    checkpoint : str
        Folder with config, tokenizer and weights.
    model : str
        Name for messages and for the scan.
    metrics : tuple of str
        Names of `provis_core.metrics` that need no property; their order does not matter.
    min_weight : float
        Smallest weight of the pairs that are kept.
    top_pairs : bool
        Whether to rank pairs after average product correction.
    window : int
        Residues of each window, for chains beyond the model's hard limit; 0 for one piece.
    overlap : int
        Residues that neighbouring windows share; -1 for half of a window.
    device, dtype : str
        As in `AttentionRequest`.
    """

    kind: ClassVar[str] = "scan"
    job: int
    sequence: str
    checkpoint: str
    model: str
    metrics: tuple[str, ...] = ("entropy", "special_tokens")
    min_weight: float = DEFAULT_MIN_WEIGHT
    top_pairs: bool = True
    window: int = 0
    overlap: int = -1
    device: str = "auto"
    dtype: str = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", tuple(self.metrics))


@dataclass(frozen=True)
class DoctorRequest(Message):
    """Host to worker: what is installed, and what is wrong with it.

    Attributes
    ----------
    job : int
    checkpoints : dict of str to str
        Name to folder of the checkpoints to check.
    """

    kind: ClassVar[str] = "doctor"
    job: int
    checkpoints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cancel(Message):
    """Host to worker: stop this job between two layers."""

    kind: ClassVar[str] = "cancel"
    job: int


@dataclass(frozen=True)
class Shutdown(Message):
    """Host to worker: end now."""

    kind: ClassVar[str] = "shutdown"


@dataclass(frozen=True)
class Progress(Message):
    """Worker to host: how far a job is.

    Attributes
    ----------
    job : int
    stage : str
        In words: ``"loading provis_mini"``, ``"layer 3 of 12"``.
    fraction : float
        Done so far, 0 to 1.
    """

    kind: ClassVar[str] = "progress"
    job: int
    stage: str
    fraction: float


@dataclass(frozen=True)
class Notice(Message):
    """Worker to host: something the user must be told although the job goes on.

    Attributes
    ----------
    job : int
    text : str
        One or more whole sentences.
    """

    kind: ClassVar[str] = "notice"
    job: int
    text: str


@dataclass(frozen=True)
class Result(Message):
    """Worker to host: the attention is there.

    Attributes
    ----------
    job : int
    paths : tuple of str
        One ``.npy`` per head asked for, in that order: float32, (n_positions, n_positions). One ``.npz`` with
        the arcs of all heads where the request has a `min_weight`.
    cached : tuple of bool
        Whether it had been computed before.
    seconds : float
        Time in the worker, loading included.
    device, dtype : str
        What the model ran on; empty where nothing had to run.
    """

    kind: ClassVar[str] = "result"
    job: int
    paths: tuple[str, ...]
    cached: tuple[bool, ...]
    seconds: float
    device: str = ""
    dtype: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "paths", tuple(self.paths))
        object.__setattr__(self, "cached", tuple(self.cached))


@dataclass(frozen=True)
class ScanResult(Message):
    """Worker to host: the scan is there.

    Attributes
    ----------
    job : int
    path : str
        One ``.npz``, which `provis_core.worker.cache.load_scan` reads.
    cached : bool
        Whether it had been computed before.
    seconds : float
        Time in the worker, loading included.
    device, dtype : str
        What the model ran on; empty where nothing had to run.
    """

    kind: ClassVar[str] = "scan_result"
    job: int
    path: str
    cached: bool
    seconds: float
    device: str = ""
    dtype: str = ""


@dataclass(frozen=True)
class DoctorReport(Message):
    """Worker to host: the answer to a `DoctorRequest`.

    Attributes
    ----------
    job : int
    python : str
        Version and path.
    packages : dict of str to str
        Name to version of torch, transformers and the other libraries; empty where missing.
    devices : tuple of str
        What torch can use, best first.
    threads : int
    cache_dir : str
    cache_bytes : int
    problems : tuple of str
        Each with what to do.
    """

    kind: ClassVar[str] = "doctor_report"
    job: int
    python: str
    packages: dict[str, str]
    devices: tuple[str, ...]
    threads: int
    cache_dir: str
    cache_bytes: int
    problems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "devices", tuple(self.devices))
        object.__setattr__(self, "problems", tuple(self.problems))


@dataclass(frozen=True)
class Failure(Message):
    """Worker to host: the job ended with an error.

    Attributes
    ----------
    job : int
    error : str
        Class name in `provis_core.errors`.
    got, need, do : str
        The three parts of the message.
    details : str
        Traceback where the error is a bug rather than a condition; empty else.
    """

    kind: ClassVar[str] = "failure"
    job: int
    error: str
    got: str
    need: str
    do: str
    details: str = ""

    @classmethod
    def from_error(cls, job: int, error: ProvisError, details: str = "") -> Failure:
        """Put an error on the wire."""
        return cls(job, type(error).__name__, error.got, error.need, error.do, details)

    def to_error(self) -> ProvisError:
        """Take the error off the wire."""
        return error_from_name(self.error, self.got, self.need, self.do)


_KINDS: Final[dict[str, type[Message]]] = {cls.kind: cls for cls in Message.__subclasses__()}


def encode(message: Message) -> bytes:
    """Write a message as one line.

    Parameters
    ----------
    message : Message

    Returns
    -------
    bytes
        UTF-8 JSON (ASCII only) that ends in a newline.
    """
    return json.dumps({"kind": message.kind, **asdict(message)}).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Read a message from one line.

    Parameters
    ----------
    line : bytes

    Returns
    -------
    Message

    Raises
    ------
    ValueError
        If the line is no JSON object: it came from something that is not ProVis.
    ProtocolError
        If it is one, but of a kind or with fields that this version does not know.
    """
    values = _read_object(line)
    if values.get("kind") == Hello.kind and values.get("protocol") != PROTOCOL_VERSION:
        raise ProtocolError(
            f"The worker's code (ProVis {values.get('version')}) speaks protocol {values.get('protocol')}, "
            f"PyMOL's speaks protocol {PROTOCOL_VERSION}",
            "Both sides must be of the same version",
            "Restart PyMOL: ProVis was probably upgraded while it was open",
        )
    try:
        cls = _KINDS[values.pop("kind")]
        hints = _field_hints(cls)
        return cls(**{name: _read_value(value, hints[name]) for name, value in values.items()})
    except (KeyError, TypeError, OverflowError) as error:
        raise ProtocolError(
            f"The worker and PyMOL do not understand each other ({error!r} in {line[:120]!r})",
            f"One line of protocol version {PROTOCOL_VERSION} was expected",
            "Restart PyMOL; if it happens again, run provis_doctor and reinstall ProVis",
        ) from error


def _read_object(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError(f"{type(values).__name__} instead of an object")
    return values


def _field_hints(cls: type[Message]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {item.name: hints[item.name] for item in fields(cls)}


def _read_value(value: Any, hint: Any) -> Any:
    """Check a JSON value against a type: int, float, str, bool, and tuples and dicts of them."""
    arguments = get_args(hint)
    if get_origin(hint) is dict and isinstance(value, dict):
        return {name: _read_value(item, arguments[1]) for name, item in value.items()}
    if get_origin(hint) is tuple and isinstance(value, list):
        item_hints = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(item_hints) == len(value):
            return tuple(
                _read_value(item, item_hint) for item, item_hint in zip(value, item_hints, strict=True)
            )
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise TypeError(f"{value!r} is no {hint}")
    return value
