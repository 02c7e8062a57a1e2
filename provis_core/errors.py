"""Every error that a user can meet, as one tree.

::

    ProvisError                 base: what we got, what we need, what to do
    ├── InputError              an argument of a command or function
    │   ├── HeadRangeError      layer or head outside of the model
    │   └── UnknownModelError   a name that no checkpoint has
    ├── StructureError          nothing in the selection that a model can read
    │   └── SequenceError       letters that the model cannot read, or too many of them
    ├── CheckpointError         a folder of weights that is missing, damaged or of a family we do not know
    ├── CacheError              the folder for results cannot be written or read
    ├── InstallError            the worker's Python or a library in it is missing or too old
    ├── WorkerError             the worker process
    │   ├── WorkerStartError    it could not be started
    │   ├── WorkerDiedError     it ended in the middle of a job
    │   ├── WorkerMemoryError   it had not enough memory
    │   └── ProtocolError       it said something that the host does not understand
    ├── PartError               a part of a command failed; the rest was carried out
    ├── JobCancelledError       the user (or the end of the session) stopped the job
    └── UnexpectedError         a bug in ProVis itself, with its traceback
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CacheError",
    "CheckpointError",
    "HeadRangeError",
    "InputError",
    "InstallError",
    "JobCancelledError",
    "PartError",
    "ProtocolError",
    "ProvisError",
    "SequenceError",
    "StructureError",
    "UnexpectedError",
    "UnknownModelError",
    "WorkerDiedError",
    "WorkerError",
    "WorkerMemoryError",
    "WorkerStartError",
    "check_word",
    "error_from_name",
    "near_name",
]


class ProvisError(Exception):
    """A condition that the user can understand and do something about.

    Parameters
    ----------
    got : str
        What we found, with the offending value in it.
    need : str
        What would have been right.
    do : str
        What the user can do now.
    """

    def __init__(self, got: str, need: str, do: str) -> None:
        super().__init__(got, need, do)
        self.got = got
        self.need = need
        self.do = do

    def __str__(self) -> str:
        return " ".join(_as_sentence(part) for part in (self.got, self.need, self.do) if part)


class InputError(ProvisError):
    """An argument of a command or function is not usable."""


class HeadRangeError(InputError):
    """The layer or head lies outside of the model."""


class UnknownModelError(InputError):
    """No checkpoint has this name, and no folder is there."""


class StructureError(ProvisError):
    """The selection holds nothing that a protein language model can read."""


class SequenceError(StructureError):
    """The sequence has letters that the model cannot read, or too many of them."""


class CheckpointError(ProvisError):
    """A folder of weights is missing, damaged or of a family that is not supported."""


class CacheError(ProvisError):
    """The folder for results cannot be written or read."""


class InstallError(ProvisError):
    """The worker's Python, or a library in it, is missing or too old."""


class WorkerError(ProvisError):
    """The worker process failed."""


class WorkerStartError(WorkerError):
    """The worker process could not be started."""


class WorkerDiedError(WorkerError):
    """The worker process ended in the middle of a job."""


class WorkerMemoryError(WorkerError):
    """The worker process had not enough memory."""


class ProtocolError(WorkerError):
    """The worker said something that the host does not understand."""


class JobCancelledError(ProvisError):
    """The job was stopped before it was done."""


class PartError(ProvisError):
    """A part of a command failed; the rest was carried out."""


class UnexpectedError(ProvisError):
    """A bug in ProVis itself."""


def error_from_name(name: str, got: str, need: str, do: str) -> ProvisError:
    """Rebuild an error that came over the wire.

    Parameters
    ----------
    name : str
        Class name of the error in the worker.
    got, need, do : str
        Its three parts.

    Returns
    -------
    ProvisError
        Of the class with that name, or a plain `WorkerError` where this version has no such class.
    """
    known = {cls.__name__: cls for cls in _all_subclasses(ProvisError)}
    return known.get(name, WorkerError)(got, need, do)


def _all_subclasses(cls: type[ProvisError]) -> list[type[ProvisError]]:
    found = [cls]
    for sub in cls.__subclasses__():
        found.extend(_all_subclasses(sub))
    return found


def _as_sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", ":")) else text + "."


_ALIKE: Final = 0.6
"""From here on two names are alike (`difflib.SequenceMatcher.ratio`): a worse guess helps nobody."""


def check_word(option: str, word: str, known: Iterable[str], usual: str = "") -> None:
    """Raise `InputError` unless a word is one of those that an option may be; a near one is suggested.

    Parameters
    ----------
    option : str
        Its name, for the message.
    word : str
        As the user wrote it.
    known : iterable of str
        What it may be.
    usual : str
        What to try where nothing is near; empty is the first of `known`.
    """
    names = list(known)
    if word not in names:
        near = near_name(str(word), names)
        raise InputError(
            f"«{option}={word}»",
            f"One of {', '.join(names)} is needed",
            f"Did you mean «{option}={near}»?" if near else f"Try «{option}={usual or names[0]}»",
        )


def near_name(name: str, known: Iterable[str]) -> str:
    """Return the name that was probably meant, for a message; empty where nothing is near.

    Parameters
    ----------
    name : str
        As the user wrote it.
    known : iterable of str
        What there is; the first of those that are equally near is given.

    Returns
    -------
    str
    """
    names = {one.lower().replace("-", "_"): one for one in reversed(list(known))}
    wanted = name.strip().lower().replace("-", "_")
    if wanted in names:
        return names[wanted]
    begun = [one for one in names if len(wanted) > 2 and one.startswith(wanted)]
    near = begun[-1:] or difflib.get_close_matches(wanted, names, n=1, cutoff=_ALIKE)
    return names[near[0]] if near else ""
