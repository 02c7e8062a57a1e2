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

_COMMENT: Final = 200  # letters of a line of an EPS file, which may have 255
_TIFF: Final = {"caption": 270, "software": 305, "title": 269, "record": 65000}
"""Tags: ImageDescription, Software, DocumentName, and the first of those that anybody may use."""

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


def _eps(figure: Figure, dpi: int, title: str, caption: str, record: str, creator: str) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="eps", dpi=dpi, facecolor=figure.get_facecolor())
    words = {"Title": _ascii(title), "Creator": creator, "Caption": _ascii(caption)}
    told = [f"%%{name}: {_fold(text)}" for name, text in words.items()]
    if record:
        told.append(f"%%{RECORD_KEY}: {_fold(record)}")
    head, _, rest = drawn.getvalue().partition(b"%%EndComments\n")
    kept = [
        line
        for line in head.decode("latin-1").splitlines()
        if not line.startswith(("%%Title:", "%%Creator:", "%%CreationDate:"))
    ]
    text = "\n".join([kept[0], *told, *kept[1:], "%%EndComments", ""])
    return text.encode("latin-1") + rest


def _fold(text: str) -> str:
    """Return a comment on as many lines as it needs."""
    return "\n%%+".join(text[k : k + _COMMENT] for k in range(0, max(1, len(text)), _COMMENT))


def _ascii(text: str) -> str:
    """Return a text as TIFF and the comments of PostScript hold it."""
    return " ".join(text.replace("Å", "A").replace("≥", ">=").split()).encode("ascii", "replace").decode()


def _tiff(figure: Figure, dpi: int, title: str, caption: str, record: str, creator: str) -> bytes:
    from PIL import Image
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    with Image.open(io.BytesIO(_png(figure, dpi, title, caption, "", creator))) as drawn:
        flat = drawn.convert("RGB")
    words = {"title": _ascii(title), "caption": _ascii(caption), "software": creator}  # it has no other texts
    words |= {"record": record} if record else {}
    tags = ImageFileDirectory_v2()
    for name, text in words.items():
        tags.tagtype[_TIFF[name]] = 2  # text
        tags[_TIFF[name]] = text
    written = io.BytesIO()
    flat.save(written, "TIFF", compression="tiff_lzw", dpi=(dpi, dpi), tiffinfo=tags)
    return written.getvalue()


_WRITERS: Final[dict[str, Callable[[Any, int, str, str, str, str], bytes]]] = {
    ".png": _png,
    ".pdf": _pdf,
    ".svg": _svg,
    ".eps": _eps,
    ".tif": _tiff,
    ".tiff": _tiff,
}

FORMATS: Final = tuple(_WRITERS)
"""Endings of the names of figures."""
