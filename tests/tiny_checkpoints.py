"""Small checkpoints in the layout in which the real ones are published, for any test that needs a model.

The weights are random, with the query and key weights scaled until attention is sharp: default weights
give a nearly flat map, on which a wrong head or a dropped position term hardly shows.

Run as a program it writes one: ``python -m tests.tiny_checkpoints FOLDER [bert|esm2|esm1b]``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["HIV_PROTEASE", "write_provis_json", "write_tiny_bert", "write_tiny_esm"]

HIV_PROTEASE = (
    "PQITLWQRPLVTIKIGGQLKEALLDTGADDTVLEEMSLPGRWKPKMIGGIGGFIKVRQYDQILIEICGHKAIGTVLVGPTPVNIIGRNLLTQIGCTLNF"
)
"""Chain A of 1HPV, 99 residues."""

BERT_VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"]
"""The 30 lines of ``vocab.txt`` of Rostlab/prot_bert, in its order."""

ESM_VOCABULARY = [
    "<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO", ".", "-", "<null_1>", "<mask>",
]  # fmt: skip
"""The 33 lines of ``vocab.txt`` of facebook/esm2_t6_8M_UR50D and facebook/esm1b_t33_650M_UR50S."""


def write_tiny_bert(
    folder: str | Path,
    *,
    n_layers: int = 12,
    n_heads: int = 4,
    hidden_size: int = 32,
    max_positions: int = 512,
    vocabulary: list[str] = BERT_VOCABULARY,
    weights: str = "safetensors",
    sharp: float | bool = True,
    seed: int = 0,
) -> Path:
    """Write a BERT in ProtBert's layout.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    n_layers, n_heads, hidden_size, max_positions : int
    vocabulary : list of str
        Lines of ``vocab.txt``; the index is the token id.
    weights : {"safetensors", "bin"}
    sharp : float or bool
        Standard deviation of the scores before softmax, about; True is 3. Without it attention is that of a
        fresh model, nearly flat.
    seed : int

    Returns
    -------
    pathlib.Path
        The folder.
    """
    import transformers

    config = {
        "architectures": ["BertForMaskedLM"],
        "attention_probs_dropout_prob": 0.0,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": 2 * hidden_size,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": max_positions,
        "model_type": "bert",
        "num_attention_heads": n_heads,
        "num_hidden_layers": n_layers,
        "type_vocab_size": 2,
        "vocab_size": len(vocabulary),
    }
    folder = Path(folder)
    _write_json(folder / "config.json", config)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    _write_json(folder / "tokenizer_config.json", {"do_lower_case": False, "model_max_length": max_positions})
    _write_weights(
        folder,
        transformers.BertForMaskedLM,
        transformers.BertConfig(**config),
        weights=weights,
        sharp=sharp,
        seed=seed,
    )
    return folder


def write_tiny_esm(
    folder: str | Path,
    *,
    n_layers: int = 12,
    n_heads: int = 4,
    hidden_size: int = 32,
    max_positions: int = 1026,
    rotary: bool = True,
    weights: str = "safetensors",
    sharp: float | bool = True,
    seed: int = 0,
) -> Path:
    """Write an ESM in the layout of ESM-2 (``rotary=True``) or of ESM-1b (``rotary=False``).

    Parameters
    ----------
    folder : path
        Made if it is not there.
    n_layers, n_heads, hidden_size, max_positions : int
    rotary : bool
        ESM-2 has rotary positions; ESM-1b has absolute ones and a layer norm before the first layer.
    weights : {"safetensors", "bin"}
    sharp : float or bool
        Standard deviation of the scores before softmax, about; True is 3. Without it attention is that of a
        fresh model, nearly flat.
    seed : int

    Returns
    -------
    pathlib.Path
        The folder.
    """
    import transformers

    config = {
        "architectures": ["EsmForMaskedLM"],
        "attention_probs_dropout_prob": 0.0,
        "classifier_dropout": None,
        "emb_layer_norm_before": not rotary,
        "esmfold_config": None,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": 2 * hidden_size,
        "is_folding_model": False,
        "layer_norm_eps": 1e-05,
        "mask_token_id": ESM_VOCABULARY.index("<mask>"),
        "max_position_embeddings": max_positions,
        "model_type": "esm",
        "num_attention_heads": n_heads,
        "num_hidden_layers": n_layers,
        "pad_token_id": ESM_VOCABULARY.index("<pad>"),
        "position_embedding_type": "rotary" if rotary else "absolute",
        "token_dropout": True,
        "use_cache": True,
        "vocab_list": None,
        "vocab_size": len(ESM_VOCABULARY),
    }
    folder = Path(folder)
    _write_json(folder / "config.json", config)
    (folder / "vocab.txt").write_text("\n".join(ESM_VOCABULARY))
    special = {f"{kind}_token": f"<{kind}>" for kind in ("cls", "eos", "mask", "pad", "unk")}
    _write_json(folder / "special_tokens_map.json", special)
    _write_json(
        folder / "tokenizer_config.json", {"model_max_length": 10**30, "tokenizer_class": "EsmTokenizer"}
    )
    _write_weights(
        folder,
        transformers.EsmForMaskedLM,
        transformers.EsmConfig(**config),
        weights=weights,
        sharp=sharp,
        seed=seed,
    )
    return folder


def write_provis_json(folder: str | Path, **entries: str) -> Path:
    """Write ``provis.json``, in which a checkpoint says what it is.

    Parameters
    ----------
    folder : path
    **entries : str
        ``name``, ``status``, ``note``, ``default_head``.

    Returns
    -------
    pathlib.Path
        The file.
    """
    path = Path(folder) / "provis.json"
    _write_json(path, entries)
    return path


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=2) + "\n")


def _write_weights(
    folder: Path, cls: Any, config: Any, *, weights: str, sharp: float | bool, seed: int
) -> None:
    import torch
    from safetensors.torch import save_file

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = cls(config)
        if sharp:
            _sharpen(model, config.hidden_size, 3.0 if sharp is True else sharp)
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    state = _as_published(state)
    if weights == "bin":
        torch.save(state, folder / "pytorch_model.bin")
    else:
        save_file(
            {name: tensor.clone() for name, tensor in state.items()},
            folder / "model.safetensors",
            {"format": "pt"},
        )


def _sharpen(model: Any, hidden_size: int, score_std: float) -> None:
    """Give each residue and position its own direction, and the scores the given standard deviation."""
    import torch

    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if "query.weight" in name or "key.weight" in name:
                tensor.normal_(std=(score_std / hidden_size) ** 0.5)
            elif "query.bias" in name or "key.bias" in name:
                tensor.normal_(std=0.3)
            elif "_embeddings.weight" in name:
                tensor.normal_(std=1.0)
            elif "dense.weight" in name or "value.weight" in name:
                tensor.normal_(std=0.7 * hidden_size**-0.5)


def _as_published(state: dict[str, Any]) -> dict[str, Any]:
    """Move what newer versions of transformers keep elsewhere to where the published files have it."""
    shared = state.pop("esm.rotary_embeddings.inv_freq", None)
    if shared is not None:
        layers = {name.split(".")[3] for name in state if name.startswith("esm.encoder.layer.")}
        for layer in layers:
            name = f"esm.encoder.layer.{layer}.attention.self.rotary_embeddings.inv_freq"
            state[name] = shared.clone()
    return state


def main(arguments: list[str]) -> None:
    """Write one checkpoint, as the module's docstring says."""
    kind = arguments[1] if len(arguments) > 1 else "bert"
    if kind == "bert":
        print(write_tiny_bert(arguments[0]))
    else:
        print(write_tiny_esm(arguments[0], rotary={"esm2": True, "esm1b": False}[kind]))


if __name__ == "__main__":
    main(sys.argv[1:])
