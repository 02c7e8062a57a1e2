"""The pieces of a sentencepiece model, read with the standard library alone.

The file is a protocol buffer (sentencepiece's ``sentencepiece_model.proto``): field 1 repeats, each time one
piece, whose field 1 is its text. A piece's id is its place. All other fields are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import CheckpointError
from ..system.given_files import load_bytes

__all__ = ["LARGEST_VOCABULARY", "read_pieces"]

LARGEST_VOCABULARY: Final = 16 * 10**6
"""Bytes of a vocabulary; those of proteins have less than 1 MB, those of all human languages 5."""

_VARINT: Final = 0
_BYTES: Final = 2
_FIXED: Final = {1: 8, 5: 4}
_LONGEST_NUMBER: Final = 70  # bits; the format has numbers of up to ten bytes


def read_pieces(path: Path) -> list[str]:
    """Read the texts of all pieces.

    Parameters
    ----------
    path : pathlib.Path
        ``spiece.model``.

    Returns
    -------
    list of str
        The index is the token id.

    Raises
    ------
    CheckpointError
        If the file cannot be read, was cut off, or holds no pieces.
    """
    try:
        pieces = [
            next(text for name, text in _fields(value) if name == 1).decode("utf-8")
            for field, value in _fields(load_bytes(path, largest=LARGEST_VOCABULARY))
            if field == 1
        ]
    except (OSError, ValueError, IndexError, StopIteration) as error:
        raise CheckpointError(
            f"{path} cannot be read ({error or 'a piece has no text'})",
            "A whole sentencepiece model is needed",
            "Copy the checkpoint again",
        ) from error
    if not pieces:
        raise CheckpointError(
            f"{path} has no pieces", "A sentencepiece model is needed", "Copy the checkpoint again"
        )
    return pieces


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each field that has a length; numbers are skipped."""
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        kind = tag & 7
        if kind == _VARINT:
            _, at = _number(message, at)
        elif kind == _BYTES:
            size, at = _number(message, at)
            if at + size > len(message):
                raise ValueError("it was cut off")
            yield tag >> 3, message[at : at + size]
            at += size
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise ValueError(f"byte {at} is not that of a protocol buffer")


def _number(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits per byte, the lowest first, and where it ends."""
    value = shift = 0
    while shift < _LONGEST_NUMBER:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at
    raise ValueError(f"a number before byte {at} has no end")
