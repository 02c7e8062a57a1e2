"""What ProVis must know about a family of models; the rest is the same for all.

A family is one file in `families`. It says how its configuration names things, which transformers class
reads it, which special tokens stand around a sequence and how its authors want rare residues written.
Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ..errors import CheckpointError
from .vocabulary import Vocabulary, check_amino_acids, read_special_token, read_tokens

__all__ = ["Family"]


class Family:
    """Base of all families; a subclass sets the attributes and overrides what is different.

    Attributes
    ----------
    name : str
    model_types : tuple of str
        Values of ``model_type`` in ``config.json``.
    model_class : str
        Class in transformers that holds the encoder.
    model_arguments : mapping
        For its constructor.
    size_keys : mapping of str to str
        What `CheckpointConfig` calls a size, to its key in ``config.json``.
    prefix, suffix : tuple of str
        Kinds of the special tokens around a sequence, like ``"cls_token"``.
    special_tokens : mapping of str to str
        Their text, and that of ``unk_token``, where the folder does not say otherwise.
    substitutes : mapping of str to str
        Letter to the letter that the authors prescribe for it.
    optional_weights : tuple of str
        Starts of the names of weights that attention does not depend on.
    position_types : tuple of str
        Values of ``position_embedding_type`` that transformers still computes; the first one is the default.
    """

    name: ClassVar[str]
    model_types: ClassVar[tuple[str, ...]]
    model_class: ClassVar[str]
    model_arguments: ClassVar[Mapping[str, Any]] = {}
    size_keys: ClassVar[Mapping[str, str]] = {
        "n_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "hidden_size": "hidden_size",
        "vocab_size": "vocab_size",
    }
    prefix: ClassVar[tuple[str, ...]] = ("cls_token",)
    suffix: ClassVar[tuple[str, ...]] = ("sep_token",)
    special_tokens: ClassVar[Mapping[str, str]]
    substitutes: ClassVar[Mapping[str, str]] = {}
    optional_weights: ClassVar[tuple[str, ...]] = ()
    position_types: ClassVar[tuple[str, ...]] = ("absolute",)

    def accepts(self, config: Mapping[str, Any]) -> bool:
        """Whether this ``config.json`` is one of the family's."""
        return config.get("model_type") in self.model_types

    def check(self, config: Mapping[str, Any], folder: Path) -> None:
        """Raise `CheckpointError` for a variant of which the attention would be wrong."""
        if config.get("is_decoder"):
            raise CheckpointError(
                f"{folder / 'config.json'} describes a decoder (is_decoder)",
                "An encoder is needed, in which each residue sees the whole chain",
                "Choose another checkpoint",
            )
        position = config.get("position_embedding_type") or self.position_types[0]
        if position not in self.position_types:
            raise CheckpointError(
                f"{folder / 'config.json'} has position_embedding_type={position!r}",
                f"transformers computes {self.name} with {' or '.join(self.position_types)} positions only",
                "Choose another checkpoint",
            )

    def read_sizes(self, config: Mapping[str, Any], folder: Path) -> dict[str, int]:
        """Numbers of layers, heads, hidden dimensions and tokens.

        Parameters
        ----------
        config : mapping
            ``config.json``.
        folder : pathlib.Path
            For the message.

        Returns
        -------
        dict of str to int
            With the keys of `size_keys`.

        Raises
        ------
        CheckpointError
            If one is missing or no number above 0, or the heads are not of equal size.
        """
        sizes = {ours: _positive(config, theirs, folder) for ours, theirs in self.size_keys.items()}
        if sizes["hidden_size"] % sizes["n_heads"]:
            raise CheckpointError(
                f"{folder} has {sizes['hidden_size']} dimensions for {sizes['n_heads']} heads",
                "Each head has the same whole number of dimensions",
                "Copy the checkpoint again",
            )
        return sizes

    def max_residues(self, config: Mapping[str, Any], n_special: int, folder: Path) -> int | None:
        """Longest chain that the model can take at all.

        Parameters
        ----------
        config : mapping
            ``config.json``.
        n_special : int
            Number of special tokens around a sequence.
        folder : pathlib.Path
            For the message.

        Returns
        -------
        int or None
            None where there is no hard limit.
        """
        return _positive(config, "max_position_embeddings", folder) - n_special

    def read_vocabulary(self, folder: Path) -> Vocabulary:
        """Token id of each letter, and the special tokens.

        Parameters
        ----------
        folder : pathlib.Path

        Returns
        -------
        Vocabulary
            Of the 26 letters, those without a token of their own (and J, which no model knows) are read as
            X, and as the unknown token where the vocabulary has no X.

        Raises
        ------
        CheckpointError
            If the vocabulary or a token that is needed is missing.
        """
        tokens = read_tokens(folder)
        special = {}
        for kind, default in self.special_tokens.items():
            text = read_special_token(folder, kind, default)
            if text not in tokens:
                raise CheckpointError(
                    f"The vocabulary in {folder} has no {text!r} ({kind})",
                    f"A {self.name} model starts, ends and marks unknown residues with its special tokens",
                    "Copy the tokenizer's files of the checkpoint there",
                )
            special[kind] = tokens[text]
        unknown = special["unk_token"]
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        check_amino_acids({letter: tokens[letter] for letter in letters if letter in tokens}, unknown, folder)
        rest = tokens.get("X", unknown)
        return Vocabulary(
            ids={letter: tokens.get(self.substitutes.get(letter, letter), rest) for letter in letters},
            prefix=tuple(special[kind] for kind in self.prefix),
            suffix=tuple(special[kind] for kind in self.suffix),
        )


def _positive(config: Mapping[str, Any], key: str, folder: Path) -> int:
    value = config.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CheckpointError(
            f"{folder / 'config.json'} has {key}={value!r}",
            "A number above 0 is needed",
            "Copy the checkpoint again",
        )
    return value
