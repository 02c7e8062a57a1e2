"""Why a worker or a job ended, in words for the user."""

from __future__ import annotations

import signal

from ...errors import (
    JobCancelledError,
    ProtocolError,
    ProvisError,
    WorkerDiedError,
    WorkerError,
    WorkerStartError,
)
from ..wire.message import Message
from .interface import WorkerStage
from .transport import Ending

__all__ = [
    "describe_replacement",
    "explain_ending",
    "make_cancelled_error",
    "make_kind_error",
    "make_quiet_error",
    "make_silence_error",
]

_AGAIN = "Run the command again, which starts a new worker; if it ends again, "
_SMALLER = "use a smaller model or a shorter chain, or close other programs"
_DOCTOR = "run «doctor»"


def explain_ending(ending: Ending, stage: WorkerStage) -> WorkerError:
    """The error of the job that ran when the worker ended.

    Parameters
    ----------
    ending : Ending
    stage : WorkerStage
        What the worker was doing.

    Returns
    -------
    WorkerError
    """
    if ending.error is not None:
        return ending.error
    what = _explain_returncode(ending.returncode)
    if stage is WorkerStage.STARTING:
        said = f"; its last words: {ending.last_words}" if ending.last_words else ""
        return WorkerStartError(
            f"The worker that runs the models {what} before it was ready{said}",
            "It must start and say hello before it can run a model",
            "Run «doctor» to see which Python it uses, or set PROVIS_WORKER_PYTHON to another",
        )
    when = "in the middle of the job" if stage is WorkerStage.RUNNING else "between two jobs"
    return WorkerDiedError(
        f"The worker that runs the models {what} {when}",
        "It must live until the job is done; the viewer and your session are unharmed",
        _AGAIN + (_SMALLER if _is_kill(ending.returncode) else _DOCTOR),
    )


def make_silence_error(seconds: float) -> WorkerStartError:
    """The error of a worker that does not say hello."""
    return WorkerStartError(
        f"The worker that runs the models did not answer within {seconds:g} s of its start",
        "It must say hello before it can run a model",
        "Run the command again (the first start on a slow disk takes longest), or «doctor»",
    )


def make_quiet_error(seconds: float) -> WorkerDiedError:
    """The error of a worker that says nothing in the middle of a job, not even that it lives."""
    return WorkerDiedError(
        f"The worker that runs the models has said nothing for {seconds:g} s in the middle of the job",
        "It must say each second that it is at work; the viewer and your session are unharmed",
        _AGAIN + _DOCTOR,
    )


def make_kind_error(request: Message, answer: Message) -> ProtocolError:
    """The error of a worker that answers something that was not asked."""
    return ProtocolError(
        f"The worker that runs the models answered a request for {request.kind!r} with {answer.kind!r}",
        "The answer to what was asked is needed",
        _AGAIN + _DOCTOR,
    )


def describe_replacement(error: ProvisError) -> str:
    """What the user reads when a sick worker is replaced and its job goes on."""
    return f"{error.got}. A new worker took its place, and the job was begun again in it."


def make_cancelled_error(reason: str = "The job was cancelled") -> JobCancelledError:
    """The error of a job that was stopped on purpose."""
    return JobCancelledError(reason, "", "Run the command again to start it anew")


def _is_kill(returncode: int | None) -> bool:
    return returncode is not None and returncode < 0 and _signal_name(-returncode) == "SIGKILL"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _explain_returncode(returncode: int | None) -> str:
    if _is_kill(returncode):
        return "was killed by the system (SIGKILL), often because memory ran out,"
    if returncode is None:
        return "fell silent"
    if returncode < 0:
        return f"crashed ({_signal_name(-returncode)})"
    if returncode > 255:  # Windows: an NTSTATUS such as 0xC0000005, access violation
        return f"crashed (0x{returncode & 0xFFFFFFFF:08X})"
    return f"ended (exit code {returncode})"
