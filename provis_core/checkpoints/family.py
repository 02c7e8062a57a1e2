"""What ProVis must know about a family of models; the rest is the same for all.

A family is one file in `families`. It says how its configuration names things, which transformers class
reads it, which special tokens stand around a sequence and how its authors want rare residues written.
Nothing here needs torch; `Family.prepare` is given a loaded network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

from ..errors import CheckpointError
from .files import read_substitutes
from .vocabulary import WORD_START, Vocabulary, check_amino_acids, read_special_token, read_tokens

if TYPE_CHECKING:
    import torch

__all__ = ["AttentionFunctions", "Family"]

_MOST: Final = {"n_layers": 1_000, "n_heads": 1_000, "hidden_size": 100_000, "vocab_size": 10_000_000}
_Result = TypeVar("_Result")

_BLANKS: Final = {"mask_token": ("[MASK]", "<mask>"), "pad_token": ("[PAD]", "<pad>")}
"""How vocabularies call the tokens that stand for no residue."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class AttentionFunctions(Protocol):
    """What takes the place of a family's own attention: the module `provis_core.models.capture`."""

    def attend(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """Attend as transformers' attention interface does."""

    def run_layer(
        self,
        n_tokens: int,
        compute: Callable[[int, slice], torch.Tensor],
        proceed: Callable[[], _Result],
        values: Callable[[int], torch.Tensor],
    ) -> _Result:
        """Run one layer that computes its attention by itself."""


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
    equal_heads : bool
        Whether the heads share the hidden dimensions out among them.
    prefix, suffix : tuple of str
        Kinds of the special tokens around a sequence, like ``"cls_token"``.
    special_tokens : mapping of str to str
        Their text, and that of ``unk_token``, where the folder does not say otherwise.
    task_tokens : tuple of str
        Texts that say what follows; the first one that a vocabulary has stands before every sequence, as its
        authors require.
    substitutes : mapping of str to str
        Letter to the letter that the authors prescribe for it.
    optional_weights : tuple of str
        Starts of the names of weights that attention does not depend on, or that the configuration implies.
    other_weights : tuple of str
        Starts of the names of weights in the file that belong to another part, like a decoder.
    transformers : str
        The first version of transformers that has `model_class`.
    attention : str or None
        ``attn_implementation`` for transformers; None is our function, where the family calls it.
    embedding : str
        Name in the encoder of its embedding module, on whose output the paths of explanations lie.
    embedding_axis : int
        Axis of the tokens in that output; the other one is the batch.
    readouts : mapping of str to str
        Kind of logits (`provis_core.models.readout`) to the class of transformers that computes them from the
        encoder.
    readout_keys : mapping of str to str
        Regular expression for names of weights in the file to what that class calls them.
    classifiers : mapping of str to tuple of str and tuple of str
        Linear layers on the pooled token that a checkpoint has beside its language model, by name: how their
        weights' names begin in the file, and what their logits are of.
    contact_head : str
        Name in the encoder of its regression from attention to contacts; empty where it has none.
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
    task_tokens: ClassVar[tuple[str, ...]] = ()
    substitutes: ClassVar[Mapping[str, str]] = {}
    optional_weights: ClassVar[tuple[str, ...]] = ()
    other_weights: ClassVar[tuple[str, ...]] = ()
    transformers: ClassVar[str] = "5.0"
    attention: ClassVar[str | None] = None
    equal_heads: ClassVar[bool] = True
    embedding: ClassVar[str] = "embeddings"
    embedding_axis: ClassVar[int] = 1
    readouts: ClassVar[Mapping[str, str]] = {}
    readout_keys: ClassVar[Mapping[str, str]] = {}
    classifiers: ClassVar[Mapping[str, tuple[str, tuple[str, ...]]]] = {}
    contact_head: ClassVar[str] = ""
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
        for ours, most in _MOST.items():
            if sizes[ours] > most:
                raise CheckpointError(
                    f"{folder / 'config.json'} has {self.size_keys[ours]}={sizes[ours]}",
                    f"No model has more than {most}: building it would take minutes and gigabytes",
                    "Copy the checkpoint again",
                )
        if self.equal_heads and sizes["hidden_size"] % sizes["n_heads"]:
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
        tokens = self.read_tokens(folder)
        special = {}
        for kind, text in self.choose_special_tokens(tokens, folder).items():
            if text not in tokens:
                raise CheckpointError(
                    f"The vocabulary in {folder} has no {text!r} ({kind})",
                    f"A {self.name} model starts, ends and marks unknown residues with its special tokens",
                    "Copy the tokenizer's files of the checkpoint there",
                )
            special[kind] = tokens[text]
        unknown = special["unk_token"]
        start = WORD_START if WORD_START + "A" in tokens else ""
        if not start and WORD_START in tokens and (folder / "spiece.model").is_file():
            raise CheckpointError(
                f"The vocabulary in {folder} writes a residue as two tokens, {WORD_START!r} and the letter",
                "One token for each residue is needed",
                "Choose a protein language model whose tokens are residues",
            )
        known = {letter: tokens[start + letter] for letter in _LETTERS if start + letter in tokens}
        check_amino_acids(known, unknown, folder)
        rest = known.get("X", unknown)
        task = tuple(tokens[text] for text in self.task_tokens if text in tokens)[:1]
        written = {**self.choose_substitutes(tokens), **read_substitutes(folder)}
        return Vocabulary(
            ids={letter: known.get(written.get(letter, letter), rest) for letter in _LETTERS},
            prefix=(*task, *(special[kind] for kind in self.prefix)),
            suffix=tuple(special[kind] for kind in self.suffix),
            mask=_find_blank(folder, "mask_token", tokens),
            pad=_find_blank(folder, "pad_token", tokens),
            knows_x="X" in known,
        )

    def read_tokens(self, folder: Path) -> dict[str, int]:
        """Tokens and their ids; for families whose vocabulary is elsewhere than in the usual files."""
        return read_tokens(folder)

    def choose_special_tokens(self, tokens: Mapping[str, int], folder: Path) -> dict[str, str]:
        """Kinds of special tokens and their texts: those that the folder names, else `special_tokens`."""
        return {kind: read_special_token(folder, kind, text) for kind, text in self.special_tokens.items()}

    def choose_substitutes(self, tokens: Mapping[str, int]) -> Mapping[str, str]:
        """Which letters to write as which; for families whose models differ in that."""
        return self.substitutes

    def prepare(self, network: torch.nn.Module, attention: AttentionFunctions) -> None:
        """Make a loaded network call our attention functions where transformers does not."""


def _find_blank(folder: Path, kind: str, tokens: Mapping[str, int]) -> int | None:
    """Id of a token that stands for no residue: as the folder calls it, else as it is called elsewhere."""
    texts = (read_special_token(folder, kind, ""), *_BLANKS[kind])
    return next((tokens[text] for text in texts if text in tokens), None)


def _positive(config: Mapping[str, Any], key: str, folder: Path) -> int:
    if key not in config:
        raise CheckpointError(
            f"{folder / 'config.json'} does not say {key}: it is another program's, or it was cut short",
            "A checkpoint in the layout of transformers is needed",
            "Choose the repository of this model for transformers (its name often ends in -hf)",
        )
    value = config[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CheckpointError(
            f"{folder / 'config.json'} has {key}={value!r}",
            "A number above 0 is needed",
            "Copy the checkpoint again",
        )
    return value
