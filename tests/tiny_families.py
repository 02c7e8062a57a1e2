"""Small checkpoints of the further families, each in the layout in which the real ones are published.

As in `tiny_checkpoints` the weights are random, scaled until attention is sharp. Sentencepiece models are
trained by sentencepiece itself, on single letters with spaces between them, as those of ProtTrans were.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = [
    "write_tiny_albert",
    "write_tiny_ankh",
    "write_tiny_esmc",
    "write_tiny_modernbert",
    "write_tiny_prot_t5",
    "write_tiny_roformer",
    "write_tiny_xlnet",
]

LETTERS = "LAGVESIKRDTPNQFYMHCWXUBZO"
BERT_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS]

N_LAYERS = 4
N_HEADS = 4
HIDDEN = 32
SHARP = 3.0
"""Standard deviation of the scores before softmax, about."""


def write_tiny_albert(folder: Path) -> Path:
    """Rostlab/prot_albert: ``spiece.model``, ``pytorch_model.bin``, one group of shared layers."""
    config = {
        "architectures": ["AlbertForMaskedLM"], "attention_probs_dropout_prob": 0, "bos_token_id": 2,
        "classifier_dropout_prob": 0.1, "down_scale_factor": 1, "embedding_size": 16, "eos_token_id": 3,
        "gap_size": 0, "hidden_act": "gelu_new", "hidden_dropout_prob": 0, "hidden_size": HIDDEN,
        "initializer_range": 0.02, "inner_group_num": 1, "intermediate_size": 2 * HIDDEN,
        "layer_norm_eps": 1e-12, "max_position_embeddings": 256, "model_type": "albert",
        "net_structure_type": 0, "num_attention_heads": N_HEADS, "num_hidden_groups": 1,
        "num_hidden_layers": N_LAYERS, "num_memory_blocks": 0, "pad_token_id": 0, "type_vocab_size": 2,
        "vocab_size": 34,
    }  # fmt: skip

    def sharpen(name: str, tensor: Any) -> None:
        if "embeddings.weight" in name or "embedding_hidden_mapping_in.weight" in name:
            tensor.normal_(std=1.0 if "embeddings" in name else 16**-0.5)
        elif "query.weight" in name or "key.weight" in name:
            tensor.normal_(std=(SHARP / HIDDEN) ** 0.5)
        elif name.endswith("dense.weight") or "value.weight" in name or "ffn" in name:
            tensor.normal_(std=0.7 * HIDDEN**-0.5)

    _write_model(folder, "AlbertForMaskedLM", config, sharpen, weights="bin")
    train_pieces(
        folder, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"]
    )
    return folder


def write_tiny_prot_t5(folder: Path, *, encoder_only: bool = False) -> Path:
    """Rostlab/prot_t5_xl_uniref50, with its decoder, or the encoder alone in half precision."""
    config = {
        "architectures": ["T5EncoderModel" if encoder_only else "T5ForConditionalGeneration"],
        "d_ff": 64, "d_kv": 16, "d_model": HIDDEN, "decoder_start_token_id": 0, "dropout_rate": 0.1,
        "eos_token_id": 1, "feed_forward_proj": "relu", "initializer_factor": 1.0,
        "is_encoder_decoder": True, "layer_norm_epsilon": 1e-06, "model_type": "t5",
        "num_decoder_layers": N_LAYERS, "num_heads": N_HEADS, "num_layers": N_LAYERS, "pad_token_id": 0,
        "relative_attention_num_buckets": 32, "vocab_size": 128,
    }  # fmt: skip
    _write_model(folder, config["architectures"][0], config, _sharpen_t5(16), weights="bin")
    if encoder_only:
        _halve(folder / "pytorch_model.bin")
    train_pieces(folder, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    _write_json(folder / "tokenizer_config.json", {"do_lower_case": False})
    _write_json(
        folder / "special_tokens_map.json",
        {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"},
    )
    return folder


def write_tiny_ankh(folder: Path) -> Path:
    """ElnaggarLab/ankh-base: ``tokenizer.json`` with plain letters, a gated T5, more layers than decoder."""
    import tokenizers

    config = {
        "architectures": ["T5ForConditionalGeneration"], "d_ff": 64, "d_kv": 8, "d_model": HIDDEN,
        "decoder_start_token_id": 0, "dense_act_fn": "gelu_new", "dropout_rate": 0.0, "eos_token_id": 1,
        "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0, "is_encoder_decoder": True,
        "is_gated_act": True, "layer_norm_epsilon": 1e-06, "model_type": "t5", "num_decoder_layers": 2,
        "num_heads": N_HEADS, "num_layers": N_LAYERS, "pad_token_id": 0,
        "relative_attention_max_distance": 128, "relative_attention_num_buckets": 64,
        "tie_word_embeddings": False, "vocab_size": 144,
    }  # fmt: skip
    _write_model(folder, "T5ForConditionalGeneration", config, _sharpen_t5(8))
    pieces = [
        "<pad>",
        "</s>",
        "<unk>",
        *"ALGVSRETIDPKQNFYMHWCXBOUZ",
        *(f"<extra_id_{i}>" for i in range(115)),
    ]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], unk_id=2)
    )
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(folder / "tokenizer_config.json", {"eos_token": "</s>", "tokenizer_class": "T5Tokenizer"})
    return folder


def _sharpen_t5(head_size: int) -> Callable[[str, Any], None]:
    def sharpen(name: str, tensor: Any) -> None:
        if "SelfAttention.q." in name or "SelfAttention.k." in name:
            tensor.normal_(std=(SHARP / head_size**0.5 / HIDDEN) ** 0.5)
        elif "relative_attention_bias" in name:
            tensor.normal_(std=1.5)
        elif "shared" in name:
            tensor.normal_(std=1.0)
        elif tensor.ndim == 2:
            tensor.normal_(std=0.7 * HIDDEN**-0.5)

    return sharpen


def write_tiny_xlnet(folder: Path) -> Path:
    """Rostlab/prot_xlnet: ``spiece.model`` and ``pytorch_model.bin``."""
    config = {
        "architectures": ["XLNetLMHeadModel"], "attn_type": "bi", "bi_data": False, "bos_token_id": 1,
        "clamp_len": -1, "d_head": 8, "d_inner": 64, "d_model": HIDDEN, "dropout": 0.1, "end_n_top": 5,
        "eos_token_id": 2, "ff_activation": "gelu", "initializer_range": 0.02, "layer_norm_eps": 1e-12,
        "mem_len": 512, "model_type": "xlnet", "n_head": N_HEADS, "n_layer": N_LAYERS, "pad_token_id": 5,
        "reuse_len": 256, "same_length": False, "start_n_top": 5, "summary_activation": "tanh",
        "summary_last_dropout": 0.1, "summary_type": "last", "summary_use_proj": True, "untie_r": True,
        "vocab_size": 37,
    }  # fmt: skip

    def sharpen(name: str, tensor: Any) -> None:
        if "word_embedding" in name:
            tensor.normal_(std=1.0)
        elif name.endswith(("rel_attn.q", "rel_attn.k", "rel_attn.r")):
            tensor.normal_(std=(SHARP / HIDDEN) ** 0.5)
        elif name.endswith("_bias") and "rel_attn" in name:
            tensor.normal_(std=0.5)
        elif tensor.ndim > 1:
            tensor.normal_(std=0.7 * HIDDEN**-0.5)

    _write_model(folder, "XLNetLMHeadModel", config, sharpen, weights="bin")
    symbols = ["<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"]
    train_pieces(folder, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, control_symbols=symbols)
    return folder


def write_tiny_esmc(folder: Path, *, tokenizer: bool = True) -> Path:
    """biohub/ESMC-300M as transformers writes it; the tokenizer's own vocabulary needs no file."""
    import transformers

    config = {
        "architectures": ["EsmcForMaskedLM"], "hidden_size": HIDDEN, "intermediate_size": 64,
        "mask_token_id": 32, "model_type": "esmc", "num_attention_heads": N_HEADS,
        "num_hidden_layers": N_LAYERS, "pad_token_id": 1, "vocab_size": 64,
    }  # fmt: skip

    def sharpen(name: str, tensor: Any) -> None:
        if "q_norm.weight" in name or "k_norm.weight" in name:
            tensor.copy_(0.5 * tensor.normal_().abs() + 1.1)
        elif "embed_tokens" in name:
            tensor.normal_(std=1.0)
        elif tensor.ndim > 1:
            tensor.normal_(std=0.7 * HIDDEN**-0.5)

    _write_model(folder, "EsmcForMaskedLM", config, sharpen)
    if tokenizer:
        transformers.EsmcTokenizer().save_pretrained(folder)
    return folder


def write_tiny_modernbert(folder: Path) -> Path:
    """A ModernBERT whose tokens are letters, two of three layers with a window of 16 tokens."""
    import tokenizers

    config = {
        "architectures": ["ModernBertForMaskedLM"], "attention_bias": False, "cls_token_id": 2,
        "bos_token_id": 2, "eos_token_id": 3, "global_attn_every_n_layers": 3,
        "global_rope_theta": 160000.0, "hidden_activation": "gelu", "hidden_size": HIDDEN,
        "intermediate_size": 64, "local_attention": 32, "local_rope_theta": 10000.0,
        "max_position_embeddings": 1024, "model_type": "modernbert", "norm_eps": 1e-05,
        "num_attention_heads": N_HEADS, "num_hidden_layers": N_LAYERS, "pad_token_id": 0,
        "position_embedding_type": "absolute", "sep_token_id": 3, "vocab_size": 30,
    }  # fmt: skip

    def sharpen(name: str, tensor: Any) -> None:
        if "Wqkv" in name:
            tensor.normal_(std=0.7 * HIDDEN**-0.5)
            tensor[: 2 * HIDDEN].normal_(std=(SHARP / HIDDEN) ** 0.5)
        elif "tok_embeddings" in name:
            tensor.normal_(std=1.0)
        elif tensor.ndim > 1:
            tensor.normal_(std=0.7 * HIDDEN**-0.5)

    _write_model(folder, "ModernBertForMaskedLM", config, sharpen)
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({token: i for i, token in enumerate(BERT_TOKENS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def write_tiny_roformer(folder: Path) -> Path:
    """A RoFormer whose tokens are letters, with ``vocab.txt``."""
    config = {
        "architectures": ["RoFormerForMaskedLM"], "attention_probs_dropout_prob": 0.1,
        "embedding_size": HIDDEN, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": HIDDEN,
        "initializer_range": 0.02, "intermediate_size": 64, "layer_norm_eps": 1e-12,
        "max_position_embeddings": 256, "model_type": "roformer", "num_attention_heads": N_HEADS,
        "num_hidden_layers": N_LAYERS, "pad_token_id": 0, "rotary_value": False, "type_vocab_size": 2,
        "vocab_size": 30,
    }  # fmt: skip

    def sharpen(name: str, tensor: Any) -> None:
        if "query.weight" in name or "key.weight" in name:
            tensor.normal_(std=(SHARP / HIDDEN) ** 0.5)
        elif "_embeddings.weight" in name:
            tensor.normal_(std=1.0)
        elif "dense.weight" in name or "value.weight" in name:
            tensor.normal_(std=0.7 * HIDDEN**-0.5)

    _write_model(folder, "RoFormerForMaskedLM", config, sharpen, weights="bin")
    (folder / "vocab.txt").write_text("\n".join(BERT_TOKENS) + "\n")
    return folder


def train_pieces(folder: Path, *, model_type: str = "word", **options: Any) -> Path:
    """Train ``spiece.model`` on letters with spaces between them."""
    import sentencepiece

    choose = random.Random(0)
    lines = [" ".join(choose.choices(LETTERS, k=60)) for _ in range(200)]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type=model_type, vocab_size=66,
        hard_vocab_limit=False, character_coverage=1.0, minloglevel=2, num_threads=1, **options,
    )  # fmt: skip
    (folder / "spiece.model").write_bytes(model.getvalue())
    return folder / "spiece.model"


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=2) + "\n")


def _write_model(
    folder: Path,
    name: str,
    config: dict[str, Any],
    sharpen: Callable[[str, Any], None],
    weights: str = "safetensors",
    seed: int = 0,
) -> None:
    """Write ``config.json`` and weights of the class of transformers that the published file was made by."""
    import torch
    import transformers
    from safetensors.torch import save_file

    _write_json(folder / "config.json", config)
    cls = getattr(transformers, name)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = cls(cls.config_class(**config))
        for key, tensor in model.named_parameters():
            sharpen(key, tensor)
    state = {key: tensor.clone().contiguous() for key, tensor in model.state_dict().items()}
    if weights == "bin":
        torch.save(state, folder / "pytorch_model.bin")
    else:
        save_file(state, folder / "model.safetensors", {"format": "pt"})


def _halve(path: Path) -> None:
    import torch

    state = torch.load(path, weights_only=True)
    torch.save({key: tensor.half() for key, tensor in state.items()}, path)
