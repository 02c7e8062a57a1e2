"""A matplotlib figure as a widget: Agg draws it into an image, Qt shows it and paints over it what moves."""

from __future__ import annotations

from typing import Any

from .guarding import guarded
from .qt import Qt, QtCore, QtGui, QtWidgets, Signal, event_point
from .theme import read_window_theme
from .turns import Turns

__all__ = ["Canvas"]

_TOO_SMALL = 60  # logical pixels: nothing can be read in less


class Canvas(QtWidgets.QWidget):  # type: ignore[misc]
    """Shows `figure`. Subclasses put artists into it in `compose` and paint over it in `paint_over`.

    Parameters
    ----------
    turns : Turns
        Where redrawing takes its turn.
    parent : QWidget, optional
    """

    hovered = Signal(object)
    """The mouse moved to this place, (x, y) in logical pixels of the widget, or left: None."""

    def __init__(self, turns: Turns, parent: Any = None) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        super().__init__(parent)
        self.figure = Figure()
        self._agg = FigureCanvasAgg(self.figure)
        self._turns = turns
        self._image: Any = None
        self._pixels = b""  # the memory of the image
        self._is_composed = False
        self._note = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Expanding)

    # -- for subclasses --------------------------------------------------------------------------------

    def compose(self, theme: Any) -> None:
        """Put the artists into `figure`; called before the first drawing and after `recompose`.

        Parameters
        ----------
        theme : provis_core.figures.theme.Theme
        """

    def draw_figure(self) -> None:
        """Draw the figure on its canvas; for those who can tell that less than all of it is new."""
        self._agg.draw()  # type: ignore[no-untyped-call]

    def paint_over(self, painter: Any) -> None:
        """Paint what moves with the mouse; in logical pixels from the upper left."""

    # -- drawing ---------------------------------------------------------------------------------------

    def show_note(self, text: str) -> None:
        """Show words in place of the picture; empty for the picture."""
        if text != self._note:
            self._note = text
            self.update()

    def recompose(self) -> None:
        """Make the artists anew, in a turn of its own."""
        self._is_composed = False
        self.redraw()

    def redraw(self) -> None:
        """Draw the figure in a turn of its own; one that is not seen waits until it is."""
        if self.isVisible() and not self._note:
            self._turns.ask(self.draw_now)
        else:
            self._image = None
            self.update()

    @guarded
    def draw_now(self) -> None:
        """Draw the figure."""
        if self._note or min(self.width(), self.height()) < _TOO_SMALL:
            return
        ratio = self.ratio
        dpi = self.logicalDpiX() * ratio  # so letters are as large as those of the host
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        self.figure.set_dpi(dpi)
        self.figure.set_size_inches(width / dpi, height / dpi, forward=False)
        if not self._is_composed:
            theme = read_window_theme(self)
            self.figure.clear()
            self.figure.set_facecolor(theme.background)
            self.compose(theme)
            self._is_composed = True
        self.draw_figure()
        buffer = self._agg.buffer_rgba()  # type: ignore[no-untyped-call]
        self._pixels = bytes(buffer)
        rows, columns = buffer.shape[:2]
        image = QtGui.QImage(self._pixels, columns, rows, 4 * columns, QtGui.QImage.Format.Format_RGBA8888)
        image.setDevicePixelRatio(ratio)
        self._image = image
        self.update()

    @property
    def ratio(self) -> float:
        """Pixels of the figure per logical pixel."""
        return float(self.devicePixelRatioF())

    def to_data(self, axes: Any, x: float, y: float, *, clip: bool = False) -> tuple[float, float] | None:
        """Where a logical pixel of the widget is in some axes.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
        x, y : float
        clip : bool
            Take the nearest place inside of the axes where it is outside; else None is given for that.
        """
        box = axes.bbox
        across, up = x * self.ratio, round(self.height() * self.ratio) - y * self.ratio
        if clip:
            across, up = min(max(across, box.x0), box.x1), min(max(up, box.y0), box.y1)
        elif not (box.x0 <= across <= box.x1 and box.y0 <= up <= box.y1):
            return None
        place = axes.transData.inverted().transform((across, up))
        return float(place[0]), float(place[1])

    def to_widget(self, axes: Any, across: float, up: float) -> tuple[float, float]:
        """Where a place in some axes is in the widget, in logical pixels."""
        x, y = axes.transData.transform((across, up))
        return float(x) / self.ratio, (round(self.height() * self.ratio) - float(y)) / self.ratio

    def axes_rect(self, axes: Any) -> Any:
        """Some axes in the widget, in logical pixels, as a QRectF."""
        box, ratio = axes.bbox, self.ratio
        top = round(self.height() * ratio) - box.y1
        return QtCore.QRectF(box.x0 / ratio, top / ratio, box.width / ratio, box.height / ratio)

    # -- Qt's own --------------------------------------------------------------------------------------

    @guarded
    def paintEvent(self, event: Any) -> None:  # noqa: N802
        """Show the image, and paint over it; or the words."""
        painter = QtGui.QPainter(self)
        try:
            painter.fillRect(self.rect(), self.palette().base())
            if self._note:
                self._paint_note(painter)
            elif self._image is None:
                self._turns.ask(self.draw_now)
            else:
                painter.drawImage(0, 0, self._image)
                self.paint_over(painter)
        finally:
            painter.end()

    def _paint_note(self, painter: Any) -> None:
        color = QtGui.QColor(self.palette().color(QtGui.QPalette.ColorRole.Text))
        color.setAlphaF(0.7)
        painter.setPen(color)
        margin = self.fontMetrics().height()
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(
            QtCore.QRectF(self.rect()).adjusted(margin, margin, -margin, -margin), flags, self._note
        )

    @guarded
    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """The figure has the size of the widget."""
        self.redraw()

    @guarded
    def changeEvent(self, event: Any) -> None:  # noqa: N802
        """The host changed its colours or letters."""
        if event.type() in (QtCore.QEvent.Type.PaletteChange, QtCore.QEvent.Type.FontChange):
            self.recompose()

    @guarded
    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802
        """The mouse moved over the picture."""
        self.hovered.emit(event_point(event))

    @guarded
    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        """The mouse left the picture."""
        self.hovered.emit(None)

    def release(self) -> None:
        """Give up the figure: it and its canvas hold each other."""
        self._image, self._pixels, self._is_composed = None, b"", False
        self._note = " "
        self.figure.clear()
