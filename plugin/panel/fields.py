"""Small input fields with their labels and hints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from .qt import QtWidgets

__all__ = ["add_field", "fill_choices", "make_button", "make_choice", "order_tabs", "quietly"]


def make_choice(
    hint: str,
    choices: Sequence[tuple[str, Any]] = (),
    parent: Any = None,
    *,
    fits: bool = False,
    n_letters: int = 6,
) -> Any:
    """A list to choose from.

    Parameters
    ----------
    hint : str
        What the mouse shows.
    choices : sequence of (str, object)
        What is shown, and what it stands for.
    parent : QWidget, optional
    fits : bool
        Whether it is as wide as its longest choice, for short ones.
    n_letters : int
        How many letters it has room for at least.

    Returns
    -------
    QComboBox
    """
    box = QtWidgets.QComboBox(parent)
    box.setToolTip(hint)
    policy = QtWidgets.QComboBox.SizeAdjustPolicy
    box.setSizeAdjustPolicy(policy.AdjustToContents if fits else policy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(n_letters)
    fill_choices(box, choices)
    return box


def fill_choices(box: Any, choices: Sequence[tuple[str, Any]], chosen: Any = None) -> None:
    """Put choices into a list, and choose one by what it stands for, without telling anybody."""
    with quietly(box):
        if [(box.itemText(k), box.itemData(k)) for k in range(box.count())] != list(choices):
            box.clear()
            for text, data in choices:
                box.addItem(text, data)
            view = box.view()  # the open list is as wide as its longest line
            widths = [box.fontMetrics().horizontalAdvance(text) for text, _ in choices]
            view.setMinimumWidth(max([0, *widths]) + 40)
        for place, (_, data) in enumerate(choices):
            if data == chosen:
                box.setCurrentIndex(place)


def make_button(text: str, hint: str, parent: Any = None) -> Any:
    """A button.

    Parameters
    ----------
    text, hint : str
    parent : QWidget, optional

    Returns
    -------
    QPushButton
    """
    button = QtWidgets.QPushButton(text, parent)
    button.setToolTip(hint)
    button.setAutoDefault(False)
    return button


def add_field(layout: Any, text: str, field: Any, stretch: int = 0) -> Any:
    """Put a field with its label before it into a row; the label's letter after ``&`` leads to it.

    Returns
    -------
    QLabel
    """
    label = QtWidgets.QLabel(text)
    label.setBuddy(field)
    label.setToolTip(field.toolTip())
    layout.addWidget(label)
    layout.addWidget(field, stretch)
    return label


def order_tabs(widgets: Sequence[Any]) -> None:
    """Make the Tab key go from one widget to the next in this order."""
    for one, other in pairwise(widgets):
        QtWidgets.QWidget.setTabOrder(one, other)


class quietly:  # noqa: N801 - reads as a word
    """``with quietly(widget):`` changes it without its signals."""

    def __init__(self, *widgets: Any) -> None:
        self._widgets = widgets
        self._were: list[bool] = []

    def __enter__(self) -> None:
        self._were = [widget.blockSignals(True) for widget in self._widgets]

    def __exit__(self, *_: object) -> None:
        for widget, was in zip(self._widgets, self._were, strict=True):
            widget.blockSignals(was)
