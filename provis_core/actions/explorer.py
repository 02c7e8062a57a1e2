"""The state of one viewer session and everything a user can ask of it, without a viewer or a GUI."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..annotations.annotation import Annotation
from ..attention.head_id import HeadId
from ..checkpoints.config import read_config
from ..checkpoints.registry import ModelEntry, find_model, list_models
from ..errors import CacheError, InputError, ProvisError
from ..scenes.coloring import needs_annotation
from ..scenes.draw_options import DrawOptions
from ..session.settings import Settings
from ..system.jobs import Job, Mailbox, when_all_done
from ..targets.part_annotations import annotate_parts
from ..targets.targets import Part, make_parts
from ..viewers.viewer import Viewer
from ..worker.host.client import Stage
from ..worker.host.interface import Callbacks, Worker
from ..worker.wire.worker_messages import DoctorReport, Progress
from .drawing import DrawnChain, draw_parts
from .head_request import HeadRequest, choose_head, submit_head
from .report import describe_doctor, describe_drawing, describe_models
from .scans import read_scan_parts

if TYPE_CHECKING:
    from ..inspection.inspector import HeadInspector

__all__ = ["AttentionExplorer"]

_FIRST_PROGRESS = 1.0  # seconds before the first line of progress, and between two of them
_REPORT_LINES = 20  # of the worker's last failure
_WAIT_STEP = 0.02  # seconds between two looks at the event loop while a command waits


class AttentionExplorer:
    """What ProVis does in one viewer.

    Parameters
    ----------
    viewer : Viewer
    make_worker : callable
        Gives a new worker for the settings in force; called when one is first needed.
    settings : Settings
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        viewer: Viewer,
        make_worker: Callable[[Settings], Worker],
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.viewer = viewer
        self.settings = settings
        self.jobs: list[Job] = []
        self.open_panel: Callable[[str, bool], Any] | None = None  # given by who knows the window
        self._make_worker = make_worker
        self._worker: Worker | None = None
        self._clock = clock
        self._mailbox = Mailbox(viewer.call_soon)
        self._next_progress = 0.0
        if settings.problem:
            viewer.warn(settings.problem)

    # -- drawing ---------------------------------------------------------------------------------------

    def draw(
        self,
        selection: str = "",
        layer: int | None = None,
        head: int | None = None,
        model: str = "",
        options: DrawOptions | None = None,
        *,
        gaps: str = "auto",
        seqres: str = "",
        link: bool = False,
        quiet: bool = True,
    ) -> Job:
        """Compute one head's attention on every chain of a selection and draw it.

        Parameters
        ----------
        selection : str
            In the viewer's language; empty for all enabled objects.
        layer, head : int, optional
            Counted from 1, as users type them. The model's registered head by default.
        model : str
            Name or folder; empty for the kept default.
        options : DrawOptions, optional
        gaps, seqres, link
            What the model sees; see `provis_core.targets.targets.make_parts`.
        quiet : bool
            Leave out the report; warnings are shown all the same.

        Returns
        -------
        Job
            Its value is a list of `DrawnChain`. The call returns before the work is done.

        Raises
        ------
        ProvisError
            If the command cannot be carried out. Nothing has been changed then.
        """
        options = options or DrawOptions()
        options.check()
        self.viewer.check_names(options.name, options.sele)
        started = self._clock()
        request = self.request_head(
            selection, layer, head, model, options, gaps=gaps, seqres=seqres, link=link, quiet=quiet
        )

        def finish() -> list[DrawnChain]:
            drawn = draw_parts(
                self.viewer, request.parts, request.weights(), request.head, options, request.annotations
            )
            if all(item.error is not None for item in drawn):
                raise drawn[0].error or AssertionError  # one line for the whole command
            for item in drawn:
                if item.error is not None:
                    self.viewer.warn(f"{item.chain.label} was left out: {item.error}")
            seconds = self._clock() - started
            for line in describe_drawing(drawn, request, options, seconds, quiet=quiet):
                self.viewer.write(line)
            return drawn

        return self.start(Job(request.label, finish), tuple(request.futures.values()))

    def request_head(
        self,
        selection: str,
        layer: int | None,
        head: int | None,
        model: str,
        options: DrawOptions,
        *,
        gaps: str = "auto",
        seqres: str = "",
        link: bool = False,
        quiet: bool,
    ) -> HeadRequest:
        """Ask the worker for one head on every chain of a selection; parameters as in `draw`.

        Returns
        -------
        HeadRequest
            To be read when its futures are done. What the user must know of the chains has been said.

        Raises
        ------
        ProvisError
            If nothing can be asked for.
        """
        options.check()
        entry = find_model(model or self.settings.text("model"))
        head_id = choose_head(entry, layer, head)
        parts = read_scan_parts(self, selection, entry, gaps=gaps, seqres=seqres, link=link)
        annotations: list[Annotation | None] = []
        if needs_annotation(options.color_by):
            annotations, problems = annotate_parts(
                self.viewer, parts, options.color_by, **options.annotation_options
            )
            for problem in problems:
                self.viewer.warn(f"color_by={options.color_by}: {problem}")
        request = self.ask_head(parts, entry, head_id, options, quiet=quiet)
        return replace(request, annotations=tuple(annotations))

    def ask_head(
        self, parts: Sequence[Part], entry: ModelEntry, head: HeadId, options: DrawOptions, *, quiet: bool
    ) -> HeadRequest:
        """Ask the worker for one head (0-based) on chains that were read, one run per distinct sequence."""
        submit = partial(
            self.worker.submit_attention, device=self.settings.text("device"), **self.callbacks(quiet=quiet)
        )
        return submit_head(submit, parts, entry, head, options)

    def read_parts(
        self, selection: str, gaps: str = "auto", seqres: str = "", link: bool = False
    ) -> tuple[list[Part], list[ProvisError]]:
        """Chains of a selection with their sequences, and why some were left out.

        Parameters
        ----------
        selection : str
            In the viewer's language; empty for all enabled objects.
        gaps, seqres, link
            What the model sees; see `provis_core.targets.targets.make_parts`.

        Returns
        -------
        parts : list of Part
            At least one.
        skipped : list of ProvisError

        Raises
        ------
        ProvisError
            If no chain of the selection can be used.
        """
        return make_parts(self.viewer.read_chains(selection), gaps, seqres, link)

    def clear(self, pattern: str = "") -> list[str]:
        """Remove our drawings from the viewer; returns their names."""
        return self.viewer.clear(pattern)

    @functools.cached_property
    def inspector(self) -> HeadInspector:
        """The state of the panel, made when it is first needed."""
        from ..inspection.inspector import HeadInspector

        return HeadInspector(self)

    @property
    def has_inspector(self) -> bool:
        """Whether there has been a panel."""
        return "inspector" in self.__dict__

    # -- jobs ------------------------------------------------------------------------------------------

    @property
    def worker(self) -> Worker:
        """The worker, made when it is first needed."""
        if self._worker is None:
            self._worker = self._make_worker(self.settings)
        return self._worker

    @property
    def worker_stage(self) -> Stage:
        """The worker's life stage; it is not made for that."""
        return self._worker.stage if self._worker is not None else Stage.ABSENT

    def close_worker(self) -> None:
        """End the worker; the next command starts a new one with the settings then in force."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def start(self, job: Job, futures: tuple[Future[Any], ...]) -> Job:
        """Take a job on: it is finished on the viewer's thread once its futures are done."""
        job.futures = futures
        self.jobs.append(job)
        when_all_done(futures, lambda: self._mailbox.post(partial(self._finish, job)))
        return job

    def _finish(self, job: Job) -> None:
        job.finish()
        if job in self.jobs:
            self.jobs.remove(job)
        if job.error is not None and not job.is_awaited:
            self.viewer.warn(str(job.error))

    def callbacks(self, *, quiet: bool) -> Callbacks:
        """What a request to the worker calls back: progress and notices reach the user.

        Parameters
        ----------
        quiet : bool
            Show no progress.

        Returns
        -------
        Callbacks
            Arguments of the ``submit_...`` methods of a `Worker`.
        """
        self._next_progress = self._clock() + _FIRST_PROGRESS
        return {
            "on_progress": partial(self._on_progress, quiet),
            "on_notice": lambda notice: self._mailbox.post(partial(self.viewer.warn, notice.text)),
        }

    def _on_progress(self, quiet: bool, progress: Progress) -> None:
        """Runs on the worker's reader thread."""
        for job in self.jobs[:1]:
            job.stage, job.fraction = progress.stage, progress.fraction
        loads = progress.stage.startswith("loading")  # nothing more is heard for seconds after that
        if not quiet and (loads or self._clock() >= self._next_progress):
            self._next_progress = self._clock() + _FIRST_PROGRESS
            stage = progress.stage if loads else f"{progress.stage} ({progress.fraction:.0%})"
            text = f" ProVis: {stage}. To stop it: provis_cancel"
            self._mailbox.post(partial(self.viewer.write, text))

    def wait(self, job: Job | None = None, timeout: float = 0.0) -> bool:
        """Wait until a job, or all of them, are done; the viewer's events keep running.

        Parameters
        ----------
        job : Job, optional
            All jobs by default.
        timeout : float
            Seconds; 0 for no limit.

        Returns
        -------
        bool
            Whether all was done in time.
        """
        waited_for = [job] if job is not None else list(self.jobs)
        end = self._clock() + timeout if timeout else float("inf")
        while not all(one.is_done for one in waited_for):
            if self._clock() > end:
                return False
            self._mailbox.deliver_next(_WAIT_STEP)
            self.viewer.process_events()
        return True

    def cancel(self) -> list[str]:
        """Stop all jobs; returns what they were."""
        stopped = [job.label for job in self.jobs]
        if stopped and self.has_inspector:
            self.inspector.stop()  # also what others than the worker do for it
        if stopped:
            self.worker.cancel_all()
        return stopped

    # -- knowing and setting ---------------------------------------------------------------------------

    def describe_models(self) -> list[str]:
        """One line per checkpoint."""
        return describe_models(list_models(), self.settings.text("model"))

    def choose_model(self, name: str) -> ModelEntry:
        """Make a model the kept default; it must be there and readable.

        Raises
        ------
        ProvisError
            If it is not. The default stays as it was.
        """
        entry = find_model(name)
        read_config(entry.folder)
        registered = any(entry is known for known in list_models())
        self.change_setting("model", entry.name if registered else str(entry.folder))
        return entry

    def change_setting(self, name: str, value: str) -> str:
        """Keep a preference; the worker is started anew where it depends on it."""
        if name == "model" and value.strip().lower() != "default":
            read_config(find_model(value).folder)
        try:
            self.settings.set(name, value)
        except CacheError as error:
            self.viewer.warn(str(error))
        if name in ("worker_python", "threads", "model_memory_gb", "cache_limit_gb"):
            if self.jobs:
                self.viewer.warn(f"{name} holds from the next start of the worker on")
            else:
                self.close_worker()
        return self.settings.text(name)

    def describe_status(self) -> list[str]:
        """What is going on, in words."""
        lines = [f"worker: {self.worker_stage.words}", f"model: {self.settings.text('model')}"]
        for job in self.jobs:
            lines.append(f"running: {job.label} - {job.stage} ({job.fraction:.0%})")
        if not self.jobs:
            lines.append("nothing is running")
        if self._worker is not None and self._worker.crash_report:
            report = self._worker.crash_report.strip().splitlines()[-_REPORT_LINES:]
            lines += ["the worker's last failure:", *(f"  {line}" for line in report)]
        return lines

    def examine(self) -> Job:
        """Ask the worker what is installed and show it; the job's value is a `DoctorReport`."""
        folders = {entry.name: str(entry.folder) for entry in list_models()}
        model = self.settings.text("model")
        if model not in folders:
            folders[model] = model
        future = self.worker.submit_doctor(folders)

        def finish() -> DoctorReport:
            report = future.result()
            for line in describe_doctor(report):
                self.viewer.write(f" {line}")
            return report

        return self.start(Job("provis_doctor", finish), (future,))

    def close(self) -> None:
        """Stop everything; the viewer is ending."""
        if self.has_inspector:
            self.inspector.end()
        self.close_worker()


def parse_wait(text: str, *, default: bool) -> bool:
    """Read ``wait=``: 0, 1, or empty for the default."""
    word = text.strip().lower()
    if word in ("", "auto"):
        return default
    if word in ("1", "yes", "on", "true"):
        return True
    if word in ("0", "no", "off", "false"):
        return False
    raise InputError(f"wait={text}", "0 or 1 is needed", "Leave it out to let ProVis choose")
