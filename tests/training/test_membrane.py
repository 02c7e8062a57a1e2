"""The membrane readout of the bundled model: how it is trained and measured, and what it says."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("Bio", reason="training needs Biopython")

from provis_core.checkpoints.config import read_config, read_family  # noqa: E402
from provis_core.checkpoints.readouts import read_readouts  # noqa: E402
from provis_core.models import load_model  # noqa: E402
from provis_core.training.membrane import (  # noqa: E402
    LONGEST,
    MembraneProtein,
    choose_proteins,
    embed_proteins,
    find_neighbours,
    load_proteins,
    measure_auroc,
    measure_interval,
    score_states,
    train_head,
    train_membrane,
)
from tests.tiny_checkpoints import write_tiny_esm  # noqa: E402

BUNDLED = Path(__file__).parents[2] / "resources" / "provis_mini"
LETTERS = list("ACDEFGHIKLMNPQRSTVWY")
BACTERIORHODOPSIN = (
    "QAQITGRPEWIWLALGTALMGLGTLYFLVKGMGVSDPDAKKFYAITTLVPAIAFTMYLSMLLGYGLTMVPFGGEQNPIYWARYADWLFTTPLLLLDLALL"
    "VDADQGTILALVGADGIMIGTGLVGALTKVYSYRFVWWAISTAAMLYILYVLFFGFTSKAESMRPEVASTFKVLRNVTVVLWSAYPVVWLIGSEGAGIVP"
    "LNIETLLFMVLDVSAKVGFGLILLRSRAIFGEAEAPEPSAGDGAAATS"
)
LYSOZYME = (
    "KVFGRCELAAAMKRHGLDNYRGYSLGNWVCAAKFESNFNTQATNRNTDGSTDYGILQINSRWWCNDGRTPGSRNLCNIPCSALLSSDITASVNCAKKIVSDGNG"
    "MNAWVAWRNRCKGTDVQAWIRGCRL"
)


def make_proteins(n: int, *, seed: int = 0) -> list[MembraneProtein]:
    """Every second one has a stretch of leucine and isoleucine in the membrane."""
    random = np.random.default_rng(seed)
    proteins = []
    for i in range(n):
        letters = random.choice(LETTERS, 60)
        spans = np.zeros(60, dtype=bool)
        if i % 2:
            spans[20:41] = True
            letters[spans] = random.choice(["L", "I", "V"], 21)
        proteins.append(MembraneProtein(f"p{i}", "".join(letters), i // 2 % 5, spans))
    return proteins


def write_tmbed(folder: Path, proteins: list[MembraneProtein]) -> Path:
    path = folder / "sites" / "tmbed" / "tmbed.jsonl.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt") as lines:
        for one in proteins:
            row = {"id": one.name, "cv": one.fold, "sequence": one.sequence}
            row["topology"] = "".join("H" if inside else "1" for inside in one.spans)
            lines.write(json.dumps(row) + "\n")
    return folder


def test_the_area_under_the_curve_is_that_of_scipy():
    from scipy.stats import mannwhitneyu

    random = np.random.default_rng(1)
    scores = random.integers(0, 6, 50).astype(float)  # with ties
    truth = random.random(50) < 0.4
    wins = mannwhitneyu(scores[truth], scores[~truth]).statistic
    assert measure_auroc(scores, truth) == pytest.approx(wins / (truth.sum() * (~truth).sum()))
    assert measure_auroc(np.array([0.0, 1, 2]), np.array([False, True, True])) == 1
    low, high = measure_interval(scores, truth, n_draws=300)
    assert low < measure_auroc(scores, truth) < high


def test_as_many_others_as_membrane_proteins_in_each_fold(tmp_path):
    proteins = make_proteins(100)
    long = MembraneProtein("long", "L" * (LONGEST + 1), 0, np.ones(LONGEST + 1, dtype=bool))
    many = [*proteins, long, *(MembraneProtein(f"s{i}", one.sequence, one.fold, one.spans) for i, one in
            enumerate(make_proteins(100, seed=2)) if not one.is_membrane)]  # fmt: skip
    chosen = choose_proteins(load_proteins(write_tmbed(tmp_path, many)))
    names = [one.name for one in chosen]
    assert "long" not in names
    assert len(names) == len(set(names)) == 100
    for fold in range(5):
        assert sum(one.fold == fold and one.is_membrane for one in chosen) == 10
        assert sum(one.fold == fold and not one.is_membrane for one in chosen) == 10
    assert names == [one.name for one in choose_proteins(many)]


def test_neighbours_are_those_with_thirty_percent_over_half_of_the_shorter():
    base, other = (one.sequence for one in make_proteins(4)[::2])
    close = base[:30] + other[30:]  # identical over half
    short = base[:20] + other[20:]  # over a third
    proteins = [MembraneProtein(name, one, 0, np.zeros(60, dtype=bool)) for name, one in
                (("close", close), ("short", short), ("other", other))]  # fmt: skip
    assert find_neighbours(proteins, [MembraneProtein("base", base, 1, np.zeros(60, dtype=bool))]) == {0}


def test_the_same_seed_gives_the_same_head_and_it_learns(tmp_path):
    proteins = make_proteins(60)
    truth = np.array([one.is_membrane for one in proteins])
    states = embed_proteins(write_tiny_esm(tmp_path / "tiny", n_layers=1), proteins)
    before = torch.random.get_rng_state()
    heads = [train_head(states[:40], truth[:40]) for _ in range(2)]
    torch.testing.assert_close(torch.random.get_rng_state(), before)
    scores = [score_states(head, states[40:]) for head in heads]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert measure_auroc(scores[0], truth[40:]) > 0.8


def test_the_whole_way_writes_a_readout_that_is_read(tmp_path):
    folder = write_tiny_esm(tmp_path / "tiny", n_layers=1)
    report = train_membrane(folder, write_tmbed(tmp_path / "data", make_proteins(80)))
    assert set(report["folds"]) == set(range(5))
    assert report["test"] == 16
    assert report["training"] + report["neighbours"] == 64
    model = load_model(folder, device="cpu")
    assert [one.name for one in model.readouts] == ["membrane", "masked_lm", "contact"]
    held_out = [one for one in make_proteins(80) if one.fold == 0]
    scores = []
    for one in held_out:
        with torch.no_grad():
            ids = torch.tensor([model.vocabulary.encode(one.sequence)])
            soluble, membrane = model.readout("sequence").logits(ids)[0].tolist()
        scores.append(membrane - soluble)
    truth = np.array([one.is_membrane for one in held_out])
    assert measure_auroc(np.array(scores), truth) == pytest.approx(report["auroc"])


def test_the_bundled_readout_tells_a_membrane_protein_and_its_card_has_its_numbers():
    (config, letters, _) = read_readouts(BUNDLED, read_family(read_config(BUNDLED)))
    assert (config.name, config.labels, letters.kind) == ("membrane", ("Soluble", "Membrane"), "masked_lm")
    assert (config.path.stat().st_size) < 200_000
    found = re.search(r"held-out AUROC (\S+) \((\S+) to (\S+)\)", config.note)
    card = (BUNDLED / "README.md").read_text(encoding="utf-8")
    told = re.search(r"\| this readout \| (\S+) \((\S+) to (\S+)\)", card)
    rounded = pytest.approx(list(map(float, found.groups())), abs=0.0051)
    assert list(map(float, told.groups())) == rounded
    model = load_model(BUNDLED, device="cpu")
    called = []
    for sequence in (BACTERIORHODOPSIN, LYSOZYME):
        ids = torch.tensor([model.vocabulary.encode(sequence)])
        with torch.no_grad():
            logits = model.readout("membrane").logits(ids)[0]
        called.append(config.labels[int(logits.argmax())])
    assert called == ["Membrane", "Soluble"]
