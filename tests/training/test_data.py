"""Sequences to masked batches: nothing lost, nothing hidden that should not be."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from provis_core.training.batches import build_batch, cut_windows, mask_tokens, plan_epoch
from provis_core.training.corpus import Corpus, load_training, read_fasta
from provis_core.training.vocabulary import CLS, EOS, MASK, PAD, TOKENS, encode_tokens, write_tokenizer

pytestmark = pytest.mark.torch


def test_tokenizer_of_transformers_gives_our_ids(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="the tokenizer is that of transformers")
    write_tokenizer(tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    sequence = "ACDEFGHIKLMNPQRSTVWYXBZUO"
    assert tokenizer(sequence)["input_ids"] == [CLS, *encode_tokens(sequence).tolist(), EOS]
    assert len(set(encode_tokens(sequence[:20]).tolist())) == 20
    assert (tokenizer.mask_token_id, tokenizer.pad_token_id) == (MASK, PAD)


def test_unknown_letter_becomes_x() -> None:
    assert TOKENS[encode_tokens("J")[0]] == "X"


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
def test_read_fasta(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"some.fasta{suffix}"
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(suffix, open)
    with opener(path, "wb") as file:
        file.write(b">first one\nACD\nEF\n>second\n\n>third\nGH\n")
    assert list(read_fasta(path)) == [("first one", b"ACDEF"), ("second", b""), ("third", b"GH")]


def test_missing_shards_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train_"):
        load_training(tmp_path)


def test_windows_cover_each_residue_once(corpus: Corpus) -> None:
    windows = cut_windows(corpus, 64, np.random.default_rng(0))
    times_seen = np.zeros(corpus.n_residues, dtype=int)
    for start, stop in zip(windows.start, windows.stop, strict=True):
        times_seen[start:stop] += 1
    assert (times_seen == 1).all()
    assert windows.row_lengths.max() <= 64
    assert windows.first.sum() == windows.last.sum() == len(corpus.starts) - 1


def test_packing_loses_nothing(corpus: Corpus) -> None:
    plan = plan_epoch(corpus, 64, 512, (0, 1))
    members = np.concatenate(plan.batches)
    assert sorted(members) == list(range(len(plan.windows.start)))
    found = []
    for index, rows in enumerate(plan.batches):
        batch = build_batch(corpus, plan.windows, rows, 0.15, (0, 1, index))
        assert batch.inputs.size <= 512
        whole = batch.inputs.copy()
        whole.reshape(-1)[batch.positions] = batch.targets
        found.append(whole[whole >= 4])
    assert sorted(np.concatenate(found)) == sorted(corpus.tokens)


def test_batch_is_a_function_of_its_seed(corpus: Corpus) -> None:
    plan, again = (plan_epoch(corpus, 64, 512, (7, 0)) for _ in range(2))
    first, second = (build_batch(corpus, p.windows, p.batches[2], 0.15, (7, 0, 2)) for p in (plan, again))
    assert (first.inputs == second.inputs).all()
    assert (first.positions == second.positions).all()


def test_ends_of_a_chain_get_special_tokens() -> None:
    corpus = Corpus.from_sequences(["ACDEF"])
    plan = plan_epoch(corpus, 64, 512, (0,))
    batch = build_batch(corpus, plan.windows, plan.batches[0], 0.0, (0,))
    assert batch.inputs.tolist() == [[CLS, *encode_tokens("ACDEF").tolist(), EOS, PAD]]


def test_masking_hides_residues_alone_and_in_the_right_shares() -> None:
    tokens = np.tile(np.array([CLS, *encode_tokens("ACDEFGHIKLX"), EOS, PAD]), (4000, 1)).astype(np.int64)
    inputs, positions = mask_tokens(tokens, np.random.default_rng(0), 0.15)
    chosen = np.zeros(tokens.size, dtype=bool)
    chosen[positions] = True
    chosen = chosen.reshape(tokens.shape)
    special = (tokens < 4) | (tokens == TOKENS.index("X"))
    assert not chosen[special].any()
    assert (inputs[~chosen] == tokens[~chosen]).all()
    assert chosen[~special].mean() == pytest.approx(0.15, abs=0.01)
    assert (inputs[chosen] == MASK).mean() == pytest.approx(0.8, abs=0.02)
    assert (inputs[chosen] == tokens[chosen]).mean() == pytest.approx(0.1 + 0.1 / 20, abs=0.02)


def test_evaluation_hides_every_chosen_residue() -> None:
    tokens = np.tile(encode_tokens("ACDEF").astype(np.int64), (50, 1))
    inputs, positions = mask_tokens(tokens, np.random.default_rng(0), 0.5, only_mask=True)
    assert (inputs.reshape(-1)[positions] == MASK).all()
