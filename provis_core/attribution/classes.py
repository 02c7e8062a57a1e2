"""What all classifiers of a checkpoint say of a sequence and of a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..attention.class_logits import ClassLogits
from ..models.loading import memory_errors
from ..targets.predictions import Prediction
from .baselines import choose_baseline, make_baseline
from .problem import check_length
from .scores import find_classes, find_readout

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["compute_classes", "gives_class"]


def gives_class(model: Model, sequence: str, prediction: Prediction) -> bool:
    """Whether a model gives a sequence the class of a prediction.

    Parameters
    ----------
    model : Model
    sequence : str
    prediction : Prediction

    Returns
    -------
    bool
        Of a difference, whether the first class is above the second; of a class of several that may hold
        together, whether it is likelier than not; else whether it is the best one. True for what is no class.

    Raises
    ------
    ProvisError
        As `compute_classes`.
    """
    import torch

    told, prediction = find_readout(prediction, model.readouts, model.name)
    if prediction.kind != "class" or told.scale == "none":
        return True
    plus, minus = find_classes(prediction.classes, told.labels, told.meanings)
    readout = model.readout(told.name)
    with torch.no_grad():
        ids = torch.tensor([model.vocabulary.encode(sequence)], device=readout.device)
        row = readout.logits(ids)[0]
    if minus is not None:
        return bool(row[plus] > row[minus])
    return bool(row[plus] > 0) if told.scale == "sigmoid" else int(row.argmax()) == plus


def compute_classes(model: Model, sequence: str, baseline: str = "") -> ClassLogits:
    """Run every classifier of a checkpoint on a sequence, and on the baseline of an explanation.

    Parameters
    ----------
    model : Model
    sequence : str
        Upper-case one-letter codes.
    baseline : str
        Of `provis_core.attribution.baselines`; empty for the model's.

    Returns
    -------
    ClassLogits

    Raises
    ------
    InputError
        If the model has no such baseline.
    SequenceError
        If a letter is not readable, or the chain is longer than the model can take in one piece.
    CheckpointError
        If the checkpoint lacks what makes the logits.
    WorkerMemoryError
    """
    import torch

    check_length(model, sequence)
    vocabulary = model.vocabulary
    name = choose_baseline(vocabulary, baseline)
    first = len(vocabulary.prefix)
    found = {}
    for told in (one for one in model.readouts if one.labels):
        readout = model.readout(told.name)
        with memory_errors(f"classify {len(sequence)} residues with {model.name}", readout.device):
            ids = torch.tensor([vocabulary.encode(sequence)], device=readout.device)
            embedded = readout.embed(ids)
            ends = (embedded, make_baseline(readout, vocabulary, ids, embedded, name))
            with torch.no_grad():
                logits = torch.cat([readout.logits(ids, one) for one in ends])
        if told.kind == "token":
            logits = logits[:, first : first + len(sequence)]
        found[told.name] = logits.float().cpu().numpy().astype(np.float32)
    return ClassLogits(sequence, name, found)
