"""A row of fields that goes on in a second row where there is no room."""

from __future__ import annotations

from typing import Any

from .qt import Qt, QtCore, QtWidgets

__all__ = ["Flow"]


class Flow(QtWidgets.QLayout):  # type: ignore[misc]
    """Lays fields out from left to right, in as many rows as they need; those that can grow fill their row.

    Parameters
    ----------
    spacing : int
        Logical pixels between two fields, and between two rows.
    """

    def __init__(self, spacing: int = 6) -> None:
        super().__init__()
        self._items: list[Any] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def add_field(self, text: str, field: Any, *, grows: bool = False) -> Any:
        """Add a field with its label before it, and return both; the letter after ``&`` leads to it."""
        group = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(group)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        label = QtWidgets.QLabel(text)
        label.setBuddy(field)
        label.setToolTip(field.toolTip())
        row.addWidget(label)
        row.addWidget(field, 1)
        policy = QtWidgets.QSizePolicy.Policy
        group.setSizePolicy(policy.Expanding if grows else policy.Fixed, policy.Fixed)
        self.addWidget(group)
        return group

    # -- Qt's own --------------------------------------------------------------------------------------

    def addItem(self, item: Any) -> None:  # noqa: N802
        """Take an item over."""
        self._items.append(item)

    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> Any:  # noqa: N802
        """An item, or None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> Any:  # noqa: N802
        """Give an item away, or None."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Any:  # noqa: N802
        """It takes the width that there is."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """The height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Height of all rows."""
        rows = self._rows(width)
        heights: list[int] = [height for _, height in rows]
        return sum(heights) + int(self.spacing()) * max(0, len(rows) - 1)

    def sizeHint(self) -> Any:  # noqa: N802
        """One row."""
        hints = [item.sizeHint() for item in self._seen()]
        width = sum(hint.width() for hint in hints) + self.spacing() * max(0, len(hints) - 1)
        return QtCore.QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> Any:  # noqa: N802
        """The widest field."""
        sizes = [item.minimumSize() for item in self._seen()]
        width = max((size.width() for size in sizes), default=0)
        return QtCore.QSize(width, max((size.height() for size in sizes), default=0))

    def setGeometry(self, rect: Any) -> None:  # noqa: N802
        """Put everything in its place."""
        super().setGeometry(rect)
        top = rect.top()
        for items, height in self._rows(rect.width()):
            widths = [min(item.sizeHint().width(), rect.width()) for item in items]
            room = rect.width() - sum(widths) - self.spacing() * (len(items) - 1)
            growing = [
                k for k, item in enumerate(items) if item.expandingDirections() & Qt.Orientation.Horizontal
            ]
            for k in growing:
                widths[k] += max(0, room) // len(growing)
            left = rect.left()
            for item, width in zip(items, widths, strict=True):
                item.setGeometry(QtCore.QRect(left, top, width, height))
                left += width + self.spacing()
            top += height + self.spacing()

    def _seen(self) -> list[Any]:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> list[tuple[list[Any], int]]:
        """The items of each row, and its height."""
        rows: list[tuple[list[Any], int]] = []
        used = 0
        for item in self._seen():
            hint = item.sizeHint()
            if rows and used + self.spacing() + hint.width() <= width:
                rows[-1] = [*rows[-1][0], item], max(rows[-1][1], hint.height())
                used += self.spacing() + hint.width()
            else:
                rows.append(([item], hint.height()))
                used = hint.width()
        return rows
