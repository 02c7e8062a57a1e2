"""The top of the panel: which chain, which model, which sequence, and how far the work is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provis_core.checkpoints.catalogue import describe_status_note
from provis_core.checkpoints.registry import list_models
from provis_core.errors import CheckpointError

from ..collector import hold_collection
from .fetching import ask_model
from .fields import fill_choices, make_button, make_choice
from .flow import Flow
from .guarding import guarded
from .qt import Qt, QtCore, QtWidgets

__all__ = ["TopBar"]

_STEPS = 1000  # of the progress bar
_TICK = 250  # ms between two looks at the clock while something goes on

_SEQUENCES = (
    ("full where known", "auto"),
    ("observed residues", "observed"),
    ("full sequence", "full"),
)

_FOLDER, _FETCH = "Choose a folder…", "Fetch a model…"  # at the end of the list of models
_CHAIN_HINT = "The chain that the model reads"
_SEQUENCE_HINT = (
    "What the model reads: the residues with coordinates, or the full sequence, with those that were not "
    "seen in the experiment."
)


class TopBar(QtWidgets.QWidget):  # type: ignore[misc]
    """Choosers and progress.

    Parameters
    ----------
    inspector : Inspector
    fetcher : ModelFetcher
        Fetches models.
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, fetcher: Any, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector, self._fetcher = inspector, fetcher
        self._fetch: Any = None  # the job of the fetch that was begun here
        self._fetched = ""  # its model
        said = inspector.session.viewer.dialect.render
        self.chain = make_choice(_CHAIN_HINT, n_letters=16)
        self.linked = QtWidgets.QCheckBox("&Linked", self)
        self.linked.setToolTip(
            said(
                "Let the model read all chains of this object as one sequence, with linkers of 25 glycines "
                "between them: attention between chains is then seen, too («link=1»)"
            )
        )
        self.model = make_choice(
            said("The model; those on this computer are listed (see «models»)"), n_letters=12
        )
        self.sequence = make_choice(
            _SEQUENCE_HINT,
            _SEQUENCES,
            n_letters=14,
        )
        self.state = QtWidgets.QLabel(self)
        self.state.setToolTip("What the worker, the Python process that runs the model, is doing")
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred)
        self.note = QtWidgets.QLabel(self)
        self.note.setWordWrap(True)
        self.note.setToolTip("What must be known about this model wherever its attention is shown")
        self.progress = QtWidgets.QProgressBar(self)
        self.progress.setRange(0, _STEPS)
        self.progress.setToolTip("How much of the computation is done")
        self.elapsed = QtWidgets.QLabel(self)
        self.elapsed.setToolTip("Time since the computation began")
        self.stop = make_button(
            "Stop", said("Stop the computation («cancel»); what was there before stays. Then: begin it again")
        )
        choosers, work = Flow(), QtWidgets.QHBoxLayout()
        choosers.add_field("&Chain", self.chain, grows=True)
        choosers.addWidget(self.linked)
        choosers.add_field("&Model", self.model, grows=True)
        choosers.add_field("Se&quence", self.sequence, grows=True)
        work.addWidget(self.state, 3)
        work.addWidget(self.progress, 2)
        work.addWidget(self.elapsed)
        work.addWidget(self.stop)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(choosers)
        layout.addLayout(work)
        layout.addWidget(self.note)
        self._clock = QtCore.QTimer(self)
        self._clock.setInterval(_TICK)
        self._clock.timeout.connect(self.refresh_status)
        self.chain.activated.connect(self._on_chain)
        self.model.activated.connect(self._on_model)
        self.sequence.activated.connect(self._on_sequence)
        self.stop.clicked.connect(self._on_stop)
        self.linked.clicked.connect(self._on_linked)
        self.refresh_choices()
        self.refresh_status()

    @guarded
    def refresh_choices(self) -> None:
        """Show what can be chosen, and what is."""
        inspector = self._inspector
        targets = inspector.chains
        names = [(f"{target.chain.label} ({target.chain.n_residues})", k) for k, target in enumerate(targets)]
        chosen = next((k for k, target in enumerate(targets) if target is inspector.target), None)
        fill_choices(self.chain, names, chosen)
        self.chain.setEnabled(bool(targets))
        now = self.chain.currentText()  # it may be longer than the field
        self.chain.setToolTip(f"{_CHAIN_HINT}. Now: {now}." if now else f"{_CHAIN_HINT}.")
        here = inspector.target
        is_linked = here is not None and bool(here.chain.members)
        objects = [target.chain.object_name for target in targets if not target.chain.members]
        can_link = here is not None and objects.count(here.chain.object_name) > 1
        self.linked.setChecked(is_linked)
        self.linked.setEnabled(is_linked or can_link)
        known, entry = list_models(), inspector.entry
        models = [(one.name, one.name) for one in known]
        used = entry.name
        if all(one.folder != entry.folder for one in known):
            used = str(entry.folder)
            models.append((entry.name, used))
        fill_choices(self.model, [*models, (_FOLDER, _FOLDER), (_FETCH, _FETCH)], used)
        fill_choices(self.sequence, _SEQUENCES, inspector.state.gaps)
        self._say_status(inspector.entry)
        if inspector.target is not None:
            self.sequence.setToolTip(f"{_SEQUENCE_HINT} Now: {inspector.target.sequence_map.description}.")

    def _say_status(self, entry: Any) -> None:
        try:
            note = describe_status_note(entry)
        except CheckpointError:  # its files are gone: whoever asks for its attention is told
            note = ""
        self.note.setText(note)
        self.note.setVisible(bool(note))

    @guarded
    def refresh_status(self) -> None:
        """Show how far the work is."""
        status, is_fetching = self._inspector.status, self._fetch is not None and not self._fetch.is_done
        fetching = "; ".join(self._fetcher.describe()) if is_fetching else ""
        text = status.stage or fetching or status.problem or f"worker: {status.worker}"
        is_busy = status.is_busy or is_fetching
        self.state.setWordWrap(not is_busy)  # a problem is read whole; a stage keeps to its line
        self.state.setText(text)
        self.state.setToolTip(text)
        self.progress.setVisible(status.is_busy)
        self.progress.setValue(round(_STEPS * status.fraction))
        self.elapsed.setText(f"{status.elapsed:.0f} s" if status.is_busy else "")
        can_begin = self._inspector.target is not None and self._inspector.readings.scan is None
        self.stop.setText("Stop" if is_busy or not can_begin else "Compute")
        self.stop.setEnabled(is_busy or can_begin)
        if is_busy != self._clock.isActive():
            self._clock.start() if is_busy else self._clock.stop()
        if self._fetch is not None and not is_fetching:
            self._end_fetch()

    def release(self) -> None:
        """Look at the clock no more."""
        self._clock.stop()

    @guarded
    def _on_chain(self, place: int) -> None:
        self._choose(self._inspector.choose.chain, self.chain.itemData(place))

    @guarded
    def _on_model(self, place: int) -> None:
        wanted = self.model.itemData(place)
        if wanted == _FOLDER:
            wanted = QtWidgets.QFileDialog.getExistingDirectory(
                self, "The folder of a model, with its config.json"
            )
        elif wanted == _FETCH:
            self._choose(self._begin_fetch, ask_model(self))
            return
        if wanted:
            self._choose(self._inspector.choose.model, wanted)
        else:
            self.refresh_choices()

    def _begin_fetch(self, name: str) -> None:
        if name:
            self._fetch, self._fetched = self._fetcher.fetch(name), name
            self.refresh_status()

    def _end_fetch(self) -> None:
        """List the model that has come; why it has not is shown as any other problem."""
        job, self._fetch = self._fetch, None
        self.refresh_choices()
        if job.error is not None:
            raise job.error

    @guarded
    def _on_sequence(self, place: int) -> None:
        self._choose(self._inspector.choose.gaps, self.sequence.itemData(place))

    def _choose(self, choose: Callable[[Any], None], wanted: Any) -> None:
        """Choose; what could not be chosen is not shown as chosen."""
        with hold_collection():
            try:
                choose(wanted)
            finally:
                self.refresh_choices()

    @guarded
    def _on_linked(self, _checked: bool = False) -> None:
        self._choose(self._inspector.choose.link, self.linked.isChecked())

    @guarded
    def _on_stop(self, _checked: bool = False) -> None:
        if self._inspector.status.is_busy:
            self._inspector.stop()
        elif self._fetch is not None:
            self._fetcher.stop(self._fetched)
        else:
            self._inspector.restart()
