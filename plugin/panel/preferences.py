"""The window of models and preferences: what is on disk, what can be fetched, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from provis_core.checkpoints.catalogue import describe_model, describe_offer
from provis_core.checkpoints.registry import ModelEntry, find_model, list_models
from provis_core.errors import ProvisError
from provis_core.session.settings import SETTINGS, Setting

from .acting import Actor
from .fetching import list_offers
from .fields import fill_choices, make_button, make_choice, quietly
from .guarding import guarded, set_reporter
from .qt import Qt, QtCore, QtGui, QtWidgets

__all__ = ["PreferencesWindow"]

_TICK = 500  # ms between two looks at a fetch
_MODELS = (
    "★ is used where no model is named. Models on this computer can be used at once, the others are fetched "
    "from the Hugging Face hub; nothing of your structures is sent."
)
_HINT = "Kept for the next time; each change is written into the console as its command"


class ModelsPage(QtWidgets.QWidget):  # type: ignore[misc]
    """All models, with what can be done with them.

    Parameters
    ----------
    actor : Actor
    parent : QWidget, optional
    """

    def __init__(self, actor: Actor, parent: Any = None) -> None:
        super().__init__(parent)
        self._actor = actor
        about = QtWidgets.QLabel(_MODELS, self)
        about.setWordWrap(True)
        self.models = QtWidgets.QListWidget(self)
        self.note = QtWidgets.QLabel(self)
        self.note.setWordWrap(True)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        page = QtWidgets.QScrollArea(self)
        page.setWidgetResizable(True)
        page.setWidget(self.note)
        self.use = make_button("Use", "Use this model where none is named")
        self.fetch = make_button("Fetch", "Get this model from the hub, in the background")
        self.stop = make_button("Stop", "Stop fetching; what has come is kept")
        self.folder = make_button("Choose a folder…", "Use a checkpoint that lies anywhere on this computer")
        self.progress = QtWidgets.QLabel(self)
        self.progress.setWordWrap(True)
        row = QtWidgets.QHBoxLayout()
        for button in (self.use, self.fetch, self.stop, self.folder):
            row.addWidget(button)
        row.addStretch(1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(about)
        layout.addWidget(self.models, 3)
        layout.addLayout(row)
        layout.addWidget(self.progress)
        layout.addWidget(page, 2)
        self._clock = QtCore.QTimer(self)
        self._clock.setInterval(_TICK)
        self._clock.timeout.connect(self._look)
        self.models.currentRowChanged.connect(self._on_row)
        self.models.itemDoubleClicked.connect(self._on_use)
        self.use.clicked.connect(self._on_use)
        self.fetch.clicked.connect(self._on_fetch)
        self.stop.clicked.connect(self._on_stop)
        self.folder.clicked.connect(self._on_folder)
        self.refresh()

    @guarded
    def refresh(self) -> None:
        """List the models as they are now; the chosen row stays."""
        default, chosen = self._actor.app.session.settings.text("model"), self.chosen
        here, offers = list_models(), list_offers()
        rows: list[tuple[str, str, ModelEntry | None]] = [
            (entry.name, _describe_present(entry, default), entry) for entry in here
        ]
        if all(entry.name != default for entry in here):  # a folder
            rows.append((default, f"★ {default}", _find_folder(default)))
        rows += [(entry.name, f"    {describe_offer(entry)}: to be fetched", entry) for entry in offers]
        with quietly(self.models):
            self.models.clear()
            for name, text, entry in rows:
                item = QtWidgets.QListWidgetItem(text, self.models)
                item.setData(Qt.ItemDataRole.UserRole, (name, entry))
                if entry in offers:
                    item.setForeground(self.palette().color(QtGui.QPalette.ColorRole.PlaceholderText))
            names = [name for name, _, _ in rows]
            self.models.setCurrentRow(names.index(chosen) if chosen in names else names.index(default))
        self._on_row(0)
        self._look()

    @property
    def chosen(self) -> str:
        """What names the chosen model; empty where there is none."""
        item = self.models.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole)[0])

    @guarded
    def _on_row(self, _row: int) -> None:
        item = self.models.currentItem()
        entry = item.data(Qt.ItemDataRole.UserRole)[1] if item is not None else None
        can_use = entry is not None and entry.is_on_disk
        can_fetch = entry is not None and not can_use
        self.use.setEnabled(can_use and self.chosen != self._actor.app.session.settings.text("model"))
        self.fetch.setEnabled(can_fetch)
        lines = describe_model(entry) if entry is not None else []
        self.note.setText(self._actor.app.session.viewer.dialect.render("\n".join(lines)))

    @guarded
    def _look(self) -> None:
        fetcher = self._actor.app.fetcher
        is_busy = fetcher.is_busy
        self.progress.setText("; ".join(fetcher.describe()) if is_busy else "")
        self.progress.setVisible(is_busy)
        self.stop.setEnabled(is_busy)
        if is_busy and not self._clock.isActive():
            self._clock.start()
        elif not is_busy and self._clock.isActive():
            self._clock.stop()
            self.refresh()  # what was fetched is on disk now

    @guarded
    def _on_use(self, _what: object = None) -> None:
        if self.use.isEnabled():
            self._actor.do("model", name=self.chosen)
            self.refresh()

    @guarded
    def _on_fetch(self, _checked: bool = False) -> None:
        self._actor.do("fetch", wait=False, name=self.chosen)
        self._look()

    @guarded
    def _on_stop(self, _checked: bool = False) -> None:
        self._actor.do("fetch", stop=True)
        self._look()

    @guarded
    def _on_folder(self, _checked: bool = False) -> None:
        path = QtWidgets.QFileDialog.getExistingDirectory(self, "The folder of a model, with its config.json")
        if path:
            self._actor.do("model", name=path)
            self.refresh()


class PreferencesPage(QtWidgets.QWidget):  # type: ignore[misc]
    """Each preference with its value, its meaning, and a way back to the default.

    Parameters
    ----------
    actor : Actor
    parent : QWidget, optional
    """

    def __init__(self, actor: Actor, parent: Any = None) -> None:
        super().__init__(parent)
        self._actor = actor
        self.fields: dict[str, Any] = {}
        self.resets: dict[str, Any] = {}
        grid = QtWidgets.QGridLayout(self)
        render = actor.app.session.viewer.dialect.render
        for row, (name, setting) in enumerate(SETTINGS.items()):
            label = QtWidgets.QLabel(name, self)
            field = self.fields[name] = self._make_field(setting)
            label.setBuddy(field)
            field.setToolTip(_HINT)
            meaning = QtWidgets.QLabel(render(setting.help), self)
            meaning.setWordWrap(True)
            reset = self.resets[name] = make_button("Default", f"Back to {setting.default or 'nothing'}")
            reset.clicked.connect(partial(self._on_reset, name))
            for column, widget in enumerate((label, field, reset, meaning)):
                grid.addWidget(widget, row, column)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(3, 3)
        grid.setRowStretch(len(SETTINGS), 1)
        self.refresh()

    def _make_field(self, setting: Setting) -> Any:
        if setting.choices:
            field = make_choice(_HINT, [(choice, choice) for choice in setting.choices], self)
            field.activated.connect(partial(self._on_chosen, setting.name))
        else:
            field = QtWidgets.QLineEdit(self)
            field.editingFinished.connect(partial(self._on_typed, setting.name))
        return field

    @guarded
    def refresh(self) -> None:
        """Show the values in force."""
        settings = self._actor.app.session.settings
        for name, field in self.fields.items():
            with quietly(field):
                if SETTINGS[name].choices:
                    fill_choices(field, [(one, one) for one in SETTINGS[name].choices], settings.text(name))
                else:
                    field.setText(settings.text(name))
            self.resets[name].setEnabled(settings.is_changed(name))

    def _set(self, name: str, value: str) -> None:
        try:
            if value != self._actor.app.session.settings.text(name):
                self._actor.do("set", name=name, value=value or "default")
        finally:
            self.refresh()

    @guarded
    def _on_typed(self, name: str) -> None:
        self._set(name, self.fields[name].text().strip())

    @guarded
    def _on_chosen(self, name: str, _place: int) -> None:
        self._set(name, self.fields[name].currentData())

    @guarded
    def _on_reset(self, name: str, _checked: bool = False) -> None:
        self._set(name, "default")


class PreferencesWindow(QtWidgets.QDialog):  # type: ignore[misc]
    """Both pages, beside the viewer, which stays usable.

    Parameters
    ----------
    app : App
    parent : QWidget, optional
    on_close : callable
        Called once when it has ended.
    """

    def __init__(self, app: Any, parent: Any, on_close: Callable[[], None]) -> None:
        super().__init__(parent)
        self.setWindowTitle("ProVis: models and preferences")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, False)
        self.message = QtWidgets.QLabel(self)
        self.message.setWordWrap(True)
        self.message.setVisible(False)
        self._render = app.session.viewer.dialect.render
        set_reporter(self, self.show_message, app.session.viewer.report_bug)
        actor = Actor(app, lambda: self.show_message(""))
        self.models = ModelsPage(actor, self)
        self.preferences = PreferencesPage(actor, self)
        scrolled = QtWidgets.QScrollArea(self)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        scrolled.setWidget(self.preferences)
        self.tabs = QtWidgets.QTabWidget(self)
        self.tabs.addTab(self.models, "Models")
        self.tabs.addTab(scrolled, "Preferences")
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.StandardButton.Close, parent=self)
        buttons.button(QtWidgets.QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.rejected.connect(self.close)
        layout = QtWidgets.QVBoxLayout(self)
        for widget in (self.message, self.tabs, buttons):
            layout.addWidget(widget)
        letter = self.fontMetrics().averageCharWidth()
        room = self.screen().availableGeometry() if hasattr(self, "screen") else None
        height = letter * 90 if room is None else min(letter * 90, room.height() - 80)
        self.resize(letter * 120, height)
        self.destroyed.connect(lambda *_: on_close())

    def show_message(self, text: str) -> None:
        """Show why something could not be done, until the next thing is done; empty for none."""
        self.message.setText(self._render(text))
        self.message.setVisible(bool(text))

    def show_page(self, name: str) -> None:
        """Show ``models`` or ``preferences``, in front."""
        self.tabs.setCurrentIndex(0 if name == "models" else 1)
        self.show()
        self.raise_()
        self.activateWindow()

    def event(self, event: Any) -> bool:
        """What commands have changed meanwhile is seen when the window is looked at again."""
        if event.type() == QtCore.QEvent.Type.WindowActivate:
            self.models.refresh()
            self.preferences.refresh()
        return bool(super().event(event))


def _find_folder(name: str) -> ModelEntry | None:
    """The model of a folder; None where it is gone: who draws with it is told."""
    try:
        return find_model(name)
    except ProvisError:
        return None


def _describe_present(entry: ModelEntry, default: str) -> str:
    return f"{'★' if entry.name == default else '    '} {entry.name}: on this computer"
