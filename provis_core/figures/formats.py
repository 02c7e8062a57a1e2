"""A drawn figure as the bytes of a file: one function per format, each with title, caption and record.

All are made in memory: on a full disk matplotlib fails in ways that hide the reason.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from ..exports.record import RECORD_KEY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "render"]

_NAMESPACE: Final = "urn:provis:record"


def render(figure: Figure, suffix: str, dpi: int, title: str, caption: str, record: str = "") -> bytes:
    """Return a figure as the bytes of a file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    suffix : str
        One of `FORMATS`.
    dpi : int
        Of the pixels, or of those inside of a drawing of lines.
    title, caption : str
    record : str
        As from `provis_core.exports.record.record_text`; may be empty.

    Returns
    -------
    bytes
        The same for the same figure.
    """
    from .. import __version__

    return _WRITERS[suffix](figure, dpi, title, caption, record, f"ProVis {__version__}")


def _save(figure: Figure, kind: str, dpi: int, metadata: dict[str, Any]) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format=kind, dpi=dpi, metadata=metadata, facecolor=figure.get_facecolor())
    return drawn.getvalue()


def _png(figure: Figure, dpi: int, title: str, caption: str, record: str, creator: str) -> bytes:
    words = {"Title": title, "Description": caption, "Software": creator}
    return _save(figure, "png", dpi, words | ({RECORD_KEY: record} if record else {}))


def _pdf(figure: Figure, dpi: int, title: str, caption: str, record: str, creator: str) -> bytes:
    from matplotlib.backends.backend_pdf import PdfPages

    drawn = io.BytesIO()
    about = {"Title": title, "Subject": caption, "Creator": creator, "CreationDate": None}
    with PdfPages(drawn, metadata=about) as pages:
        if record:
            pages.infodict()[RECORD_KEY] = record
        pages.savefig(figure, dpi=dpi, facecolor=figure.get_facecolor())
    return drawn.getvalue()


def _svg(figure: Figure, dpi: int, title: str, caption: str, record: str, creator: str) -> bytes:
    words = {"Title": title, "Description": caption, "Creator": creator, "Date": None}
    drawn = _save(figure, "svg", dpi, words)
    if not record:
        return drawn
    told = f'<record xmlns="{_NAMESPACE}">{escape(record)}</record>\n </metadata>'
    return drawn.replace(b"</metadata>", told.encode("ascii"), 1)


_WRITERS: Final[dict[str, Callable[[Any, int, str, str, str, str], bytes]]] = {
    ".png": _png,
    ".pdf": _pdf,
    ".svg": _svg,
}

FORMATS: Final = tuple(_WRITERS)
"""Endings of the names of figures."""
