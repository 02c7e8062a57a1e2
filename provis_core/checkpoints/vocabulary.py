"""From residues to token ids, one letter at a time: token i is residue i by construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import CheckpointError, SequenceError
from ..structures.sequence import AMINO_ACIDS
from ..system.given_files import load_bytes
from .files import read_json
from .pieces import LARGEST_VOCABULARY, read_pieces

__all__ = ["VOCABULARY_FILES", "WORD_START", "Vocabulary", "read_special_token", "read_tokens"]

VOCABULARY_FILES: Final = ("vocab.txt", "spiece.model", "tokenizer.json")
"""In the order in which they are looked for."""

WORD_START: Final = "\u2581"
"""How sentencepiece writes the space before a word: the residue A, written as a word, is the piece "▁A"."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The tokens of one checkpoint.

    Attributes
    ----------
    ids : mapping of str to int
        One-letter code to token id, for each letter that the model can read.
    prefix, suffix : tuple of int
        Ids of the special tokens before and after the residues.
    mask, pad : int or None
        Id of the token that hides a residue, and of the one that fills up shorter sequences; None where the
        vocabulary has none.
    knows_x : bool
        Whether X has a token of its own, rather than the one of everything unknown.
    """

    ids: Mapping[str, int]
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    mask: int | None = None
    pad: int | None = None
    knows_x: bool = True

    @property
    def n_special(self) -> int:
        """Number of special tokens around a sequence."""
        return len(self.prefix) + len(self.suffix)

    def encode(self, sequence: str) -> list[int]:
        """Token ids of a sequence, with the special tokens.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes.

        Returns
        -------
        list of int
            ``len(prefix) + len(sequence) + len(suffix)`` ids; residue i is at ``len(prefix) + i``.

        Raises
        ------
        SequenceError
            If the sequence is empty, or names the first letter that is not readable.
        """
        if not sequence:
            raise SequenceError(
                "The sequence is empty", "At least one residue is needed", "Select a protein chain"
            )
        try:
            middle = [self.ids[letter] for letter in sequence]
        except KeyError:
            position = next(i for i, letter in enumerate(sequence) if letter not in self.ids)
            raise SequenceError(
                f"Letter {position + 1} of the sequence is {sequence[position]!r}",
                f"The letters {''.join(sorted(self.ids))} are readable, in upper case and without gaps",
                "Remove gaps and stops; write X for a residue without a letter",
            ) from None
        return [*self.prefix, *middle, *self.suffix]


def read_tokens(folder: Path) -> dict[str, int]:
    """Read ``vocab.txt``, the pieces of ``spiece.model``, or the vocabulary in ``tokenizer.json``.

    Tokens of ``added_tokens.json`` are among them.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    dict of str to int
        Token to id.

    Raises
    ------
    CheckpointError
        If none of these files is there or it cannot be read.
    """
    return {**_read_file(folder), **_read_added(folder)}


def _read_file(folder: Path) -> dict[str, int]:
    lines, pieces, packed = (folder / name for name in VOCABULARY_FILES)
    if lines.is_file():
        try:
            text = load_bytes(lines, largest=LARGEST_VOCABULARY).decode("utf-8")
            return {token.strip(): i for i, token in enumerate(text.splitlines())}
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{lines} cannot be read ({error})",
                "One token per line is needed",
                "Copy the checkpoint again",
            ) from error
    if pieces.is_file():
        return {piece: i for i, piece in enumerate(read_pieces(pieces))}
    if packed.is_file():
        values = read_json(packed)
        try:
            added = {entry["content"]: int(entry["id"]) for entry in values.get("added_tokens", ())}
            tokens = values["model"]["vocab"]
            if isinstance(tokens, list):
                tokens = {token: i for i, (token, _) in enumerate(tokens)}
            return {**{str(token): int(i) for token, i in tokens.items()}, **added}
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise CheckpointError(
                f"{packed} has no vocabulary of tokens",
                "Tokens with their ids are needed",
                "Copy the checkpoint again",
            ) from error
    raise CheckpointError(
        f"{folder} has no vocabulary: without it every residue would be unknown",
        "vocab.txt, spiece.model or tokenizer.json is needed beside config.json",
        "Copy the tokenizer's files of the checkpoint there, too",
    )


def _read_added(folder: Path) -> dict[str, int]:
    """Tokens that a tokenizer was given besides its vocabulary: text to id."""
    path = folder / "added_tokens.json"
    values = read_json(path) if path.is_file() else {}
    if not all(isinstance(i, int) and i >= 0 for i in values.values()):
        raise CheckpointError(
            f"{path} has a token without an id", "Each token needs its number", "Copy the checkpoint again"
        )
    return {str(token): int(i) for token, i in values.items()}


def read_special_token(folder: Path, kind: str, default: str) -> str:
    """Which token a folder uses as its ``cls_token``, ``sep_token`` and so on.

    Parameters
    ----------
    folder : pathlib.Path
    kind : str
        Key in ``tokenizer_config.json`` or ``special_tokens_map.json``.
    default : str
        Where neither has the key.

    Returns
    -------
    str
    """
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            value = read_json(folder / name).get(kind)
            if isinstance(value, dict):
                value = value.get("content")
            if isinstance(value, str):
                return value
    return default


def check_amino_acids(ids: Mapping[str, int], unknown: int | None, folder: Path) -> None:
    """Raise unless the 20 amino acids have 20 distinct ids, none of them the unknown one.

    Parameters
    ----------
    ids : mapping of str to int
        Letter to id, only for letters that the vocabulary has.
    unknown : int or None
        Id of the unknown token.
    folder : pathlib.Path
        For the message.

    Raises
    ------
    CheckpointError
    """
    missing = [letter for letter in AMINO_ACIDS if ids.get(letter, unknown) == unknown]
    distinct = {ids[letter] for letter in AMINO_ACIDS if letter in ids}
    if missing or len(distinct) < len(AMINO_ACIDS):
        problem = f"does not know {', '.join(missing)}" if missing else "gives two amino acids the same id"
        raise CheckpointError(
            f"The vocabulary in {folder} {problem}",
            "The 20 amino acids must have 20 different token ids, none of them the unknown one",
            "Choose a protein language model, and copy its tokenizer's files with it",
        )
