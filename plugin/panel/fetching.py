"""Getting a model from the panel: which there are, how large, and under which licence."""

from __future__ import annotations

from typing import Any

from provis_core.checkpoints.catalogue import describe_offer
from provis_core.checkpoints.registry import ModelEntry, list_registry

from .guarding import guarded
from .qt import Qt, QtWidgets

__all__ = ["FetchDialog", "ask_model", "list_offers"]

_ABOUT = (
    "These models are not on this computer. One is fetched from the Hugging Face hub in the background; "
    "nothing of your structures is sent. Fetching can be stopped, and goes on later where it was stopped."
)


def list_offers() -> list[ModelEntry]:
    """Models of the registry that can be fetched and are not on this computer."""
    return [entry for entry in list_registry() if entry.is_fetchable and not entry.is_on_disk]


class FetchDialog(QtWidgets.QDialog):  # type: ignore[misc]
    """Asks which model to fetch.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Fetch a model")
        about = QtWidgets.QLabel(_ABOUT, self)
        about.setWordWrap(True)
        self.models = QtWidgets.QListWidget(self)
        for entry in list_offers():
            item = QtWidgets.QListWidgetItem(describe_offer(entry), self.models)
            item.setData(Qt.ItemDataRole.UserRole, entry.name)
            item.setToolTip(entry.license_note or entry.note)
        self.models.setCurrentRow(0)
        self.note = QtWidgets.QLabel(self)
        self.note.setWordWrap(True)
        kinds = QtWidgets.QDialogButtonBox.StandardButton
        buttons = QtWidgets.QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        buttons.button(kinds.Ok).setText("Fetch")
        buttons.button(kinds.Ok).setEnabled(self.models.count() > 0)
        layout = QtWidgets.QVBoxLayout(self)
        for widget in (about, self.models, self.note, buttons):
            layout.addWidget(widget)
        self.resize(560, 380)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.models.currentRowChanged.connect(self._on_row)
        self._on_row(0)

    @property
    def chosen(self) -> str:
        """Name of the model; empty where there is none."""
        item = self.models.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    @guarded
    def _on_row(self, _row: int) -> None:
        item = self.models.currentItem()
        self.note.setText("All models of the registry are here." if item is None else item.toolTip())


def ask_model(parent: Any) -> str:
    """Ask which model to fetch; empty where the user decided not to."""
    dialog = FetchDialog(parent)
    try:
        run = getattr(dialog, "exec", None) or dialog.exec_  # the name in PySide2
        return dialog.chosen if run() else ""
    finally:
        dialog.deleteLater()
