"""From a prediction to a score: tokens, kind of logits, and a number of each row of logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ..checkpoints.readouts import ReadoutConfig
from ..checkpoints.vocabulary import Vocabulary
from ..errors import InputError, near_name
from ..targets.predictions import Prediction

if TYPE_CHECKING:
    import torch

__all__ = ["READOUTS", "Score", "find_class", "find_classes", "find_readout", "make_score", "name_best"]

READOUTS: Final = {
    "substitution": "masked_lm",
    "residue": "masked_lm",
    "likelihood": "masked_lm",
    "class": "sequence",
    "best": "sequence",
    "residue_class": "token",
    "contact": "contact",
}
"""Kind of a prediction to the kind of logits that it needs."""

_WORDS: Final = {
    "masked_lm": "a masked language model",
    "sequence": "a classifier of sequences",
    "token": "a classifier of residues",
    "contact": "a network with a contact head",
}


@dataclass(frozen=True, eq=False)
class Score:
    """A number of each row of logits.

    Attributes
    ----------
    ids : list of int
        Tokens of the sequence, with what the question hides.
    held : tuple of int
        Positions that are hidden (0-based), which no path changes.
    compute : callable
        Logits, shape (n_sequences, ...), to scores, shape (n_sequences,).
    """

    ids: list[int]
    held: tuple[int, ...]
    compute: Callable[[torch.Tensor], torch.Tensor]


def make_score(
    prediction: Prediction,
    vocabulary: Vocabulary,
    sequence: str,
    labels: Sequence[str] = (),
    meanings: Sequence[str] = (),
) -> Score:
    """Make the score of a prediction.

    Parameters
    ----------
    prediction : Prediction
    vocabulary : Vocabulary
    sequence : str
    labels, meanings : sequence of str
        Of the classes, where it is about one.

    Returns
    -------
    Score

    Raises
    ------
    InputError
        If a class is not known, a position is not in the sequence, or the model cannot hide one.
    """
    ids = vocabulary.encode(sequence)
    first = len(vocabulary.prefix)
    if any(not 0 <= position < len(sequence) for position in prediction.positions):
        raise InputError(
            f"{prediction.text} of a sequence of {len(sequence)} residues",
            "A position of the sequence is needed",
            "Choose another one",
        )
    places = [first + position for position in prediction.positions]
    held: tuple[int, ...] = ()
    letters = list(ids)
    if prediction.masked:
        if vocabulary.mask is None:
            raise InputError(
                f"«target={prediction.text}» hides a residue",
                "The vocabulary of this model has no token for that",
                "Choose another model, or a target that hides nothing",
            )
        held = prediction.positions
        for place in places:
            ids[place] = vocabulary.mask
    if prediction.kind == "substitution":
        wild, mutant = (vocabulary.ids[letter] for letter in prediction.letters)
        if wild == mutant:
            raise InputError(
                f"«target={prediction.text}»: the model reads both letters as the same token",
                "Two residues that it tells apart are needed",
                "Choose one of the 20 amino acids",
            )
        return Score(ids, held, lambda logits: logits[:, places[0], mutant] - logits[:, places[0], wild])
    if prediction.kind == "residue":
        there = letters[places[0]]
        return Score(ids, held, lambda logits: logits[:, places[0]].log_softmax(dim=-1)[:, there])
    if prediction.kind == "likelihood":
        every = letters[first : first + len(sequence)]
        return Score(ids, held, lambda logits: _mean_log_probability(logits, first, every))
    if prediction.kind == "contact":
        one, other = prediction.positions
        return Score(ids, held, lambda logits: logits[:, one, other])
    return Score(ids, held, _class_score(prediction, places, labels, meanings))


def find_readout(
    prediction: Prediction, readouts: Sequence[ReadoutConfig], model: str
) -> tuple[ReadoutConfig, Prediction]:
    """Find the logits that a prediction is about.

    Parameters
    ----------
    prediction : Prediction
    readouts : sequence of ReadoutConfig
        Of the checkpoint. Where several have classes, the class tells which is meant; the name of one stands
        before the class (``chain:heavy``), or alone for the class that the model gives.
    model : str
        For the message.

    Returns
    -------
    readout : ReadoutConfig
    prediction : Prediction
        Without the name of the readout.

    Raises
    ------
    InputError
        If the checkpoint computes nothing of that kind, or several have such a class.
    """
    kind = READOUTS[prediction.kind]
    fitting = [one for one in readouts if one.kind == kind]
    if not fitting:
        has = {one.kind: _WORDS[one.kind] for one in readouts}
        raise InputError(
            f"«target={prediction.text}» is a question to {_WORDS[kind]}",
            f"{model} is {' and '.join(has.values()) or 'an encoder alone'}",
            "«targets» lists what it can be asked; choose one of them, or another model",
        )
    if prediction.kind != "class":
        return fitting[0], prediction
    name, rest = prediction.classes[0], prediction.classes[1:]
    for one in fitting:
        if name.lower() == one.name.lower() and name.lower() not in [label.lower() for label in one.labels]:
            return one, Prediction("best")
        start, _, inside = name.partition(":")
        if inside and start.lower() == one.name.lower():
            return one, replace(prediction, classes=(inside, *rest))
    known = [one for one in fitting if _knows(prediction.classes, one)]
    if len(known) > 1:
        raise InputError(
            f"«target={name}» is a class of {' and of '.join(one.name for one in known)}",
            f"{model} has several classifiers, and one must be named",
            f"Write for example «target={known[0].name}:{name}»",
        )
    return (known or fitting)[0], prediction


def _knows(classes: Sequence[str], readout: ReadoutConfig) -> bool:
    try:
        find_classes(classes, readout.labels, readout.meanings)
    except InputError:
        return False
    return True


def find_class(name: str, labels: Sequence[str], meanings: Sequence[str] = ()) -> int:
    """Index of a class.

    Parameters
    ----------
    name : str
        Its name, or its number from 1 on.
    labels : sequence of str
    meanings : sequence of str
        What each label means; empty where nothing is known.

    Returns
    -------
    int
        0-based.

    Raises
    ------
    InputError
        If none or several have that name; near ones are named.
    """
    wanted = name.strip().lower()
    named = [[text.lower() for text in texts] for texts in (labels, meanings) if texts]
    for fits in (str.__eq__, str.startswith, str.__contains__):
        found = sorted({k for texts in named for k, text in enumerate(texts) if fits(text, wanted)})
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(
                f"«target={name}» could be {', '.join(labels[k] for k in found[:5])}",
                "One class is needed",
                "Write the whole name",
            )
    if wanted.isdigit() and 1 <= int(wanted) <= len(labels):
        return int(wanted) - 1
    near = near_name(name, [*labels, *meanings])
    raise InputError(
        f"«target={name}»: the model has no such class among its {len(labels)}",
        f"Classes are {', '.join(labels[:5])}{' and others' if len(labels) > 5 else ''}",
        f"Did you mean {near}?" if near else "«targets» lists them",
    )


def name_best(logits: Sequence[float], labels: Sequence[str]) -> Prediction:
    """Return the class with the highest logit, against the one after it.

    Parameters
    ----------
    logits : sequence of float, length n_classes
    labels : sequence of str

    Returns
    -------
    Prediction
    """
    order = sorted(range(len(logits)), key=lambda k: -logits[k])[:2]
    return Prediction("class", classes=tuple(labels[k] for k in order))


def _class_score(
    prediction: Prediction, places: Sequence[int], labels: Sequence[str], meanings: Sequence[str]
) -> Callable[[torch.Tensor], torch.Tensor]:
    plus, minus = find_classes(prediction.classes, labels, meanings)

    def compute(logits: torch.Tensor) -> torch.Tensor:
        row = logits[:, places[0]] if places else logits
        return row[:, plus] if minus is None else row[:, plus] - row[:, minus]

    return compute


def find_classes(
    classes: Sequence[str], labels: Sequence[str], meanings: Sequence[str]
) -> tuple[int, int | None]:
    """Index of a class, or of two with a minus between them; names of classes may have hyphens themselves.

    Parameters
    ----------
    classes : sequence of str
        Of a `Prediction`.
    labels, meanings : sequence of str

    Returns
    -------
    plus : int
    minus : int or None

    Raises
    ------
    InputError
        As `find_class`.
    """
    if len(classes) == 2:
        return find_class(classes[0], labels, meanings), find_class(classes[1], labels, meanings)
    (name,) = classes
    if name.lower() in [label.lower() for label in (*labels, *meanings)]:
        return find_class(name, labels, meanings), None
    for i, letter in enumerate(name):
        if letter == "-" and 0 < i < len(name) - 1:
            try:
                return find_class(name[:i], labels, meanings), find_class(name[i + 1 :], labels, meanings)
            except InputError:
                continue
    return find_class(name, labels, meanings), None


def _mean_log_probability(logits: torch.Tensor, first: int, ids: Sequence[int]) -> torch.Tensor:
    import torch

    rows = logits[:, first : first + len(ids)].log_softmax(dim=-1)
    index = torch.as_tensor(list(ids), device=logits.device)
    return rows[:, torch.arange(len(ids), device=logits.device), index].mean(dim=1)
