"""One question to a small masked language model: baselines, scores, and what is refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.attention.relevance import Relevance
from provis_core.attribution.explain import explain, make_problem
from provis_core.attribution.scores import find_class, make_score
from provis_core.errors import CacheError, InputError, SequenceError
from provis_core.models import load_model
from provis_core.targets.predictions import Prediction
from tests.models.family_cases import soften
from tests.tiny_checkpoints import write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

SEQUENCE = "PQITLWQRPL"
MUTATION = Prediction("substitution", (4,), "LV")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    write_tiny_bert(folder, n_layers=3, max_positions=32)
    soften(folder)
    return load_model(folder, device="cpu")


@pytest.fixture(scope="module")
def logits(model):
    """Logits of some tokens, by the network itself."""

    def compute(ids):
        with torch.no_grad():
            return model.readout().logits(torch.tensor([ids]))[0]

    return compute


def test_residues_add_up_and_every_layer_has_its_share(model):
    relevance = explain(model, SEQUENCE, MUTATION, head=HeadId(1, 2))
    assert relevance.error < 0.01
    assert relevance.prediction == "L5V"
    assert not relevance.special.any()
    assert relevance.heads.shape == (3, 4, len(SEQUENCE))
    assert relevance.head_special.any()
    total = relevance.heads.sum(axis=2) + relevance.head_special.sum(axis=2)
    np.testing.assert_allclose(relevance.head_sums, total, rtol=0, atol=1e-5)
    assert relevance.pairs.shape == (len(SEQUENCE), len(SEQUENCE))
    assert np.abs(relevance.pairs).max() > 1e-4


def test_pairs_of_a_head_add_up_to_it(model):
    """Keys that are special tokens have the rest, so it is shown where they are counted in."""
    from provis_core.attribution.pairs import split_by_key

    problem, _ = make_problem(model, SEQUENCE, MUTATION, "mask")
    whole = type(problem)(
        problem.readout, problem.ids, slice(0, problem.n_tokens), 3, 4, problem.score, problem.embedded,
        problem.baseline,
    )  # fmt: skip
    from provis_core.attribution.conductance import integrate
    from provis_core.attribution.quadrature import make_stencils

    heads = integrate(problem, 20, lambda nodes: (make_stencils(nodes),)).heads[0]
    for head in (HeadId(0, 1), HeadId(2, 3)):
        pairs = split_by_key(whole, head, 20, lambda *_: None)
        np.testing.assert_allclose(pairs.sum(axis=1), heads[head], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "write", [write_tiny_bert, partial(write_tiny_esm, rotary=True)], ids=["post", "pre"]
)
def test_heads_and_skip_connection_add_up_in_every_layer(tmp_path, write):
    """What the skip brings is computed by itself: the gradient at the addition, by how its input changes."""
    write(tmp_path, n_layers=3)
    soften(tmp_path)
    model = load_model(tmp_path, device="cpu")
    problem, _ = make_problem(model, SEQUENCE, MUTATION, "X")

    from provis_core.attribution.conductance import integrate
    from provis_core.attribution.quadrature import make_nodes, make_stencils

    n_steps = 40
    heads = integrate(problem, n_steps, lambda nodes: (make_stencils(nodes),)).heads[0].sum(axis=(1, 2))
    layers = model._network.encoder.layer
    seen: dict[str, list] = {"sum": [], "skip": []}
    hooks = [
        layer.attention.output.register_forward_pre_hook(lambda _, a: seen["skip"].append(a[1]))
        for layer in layers
    ]
    hooks += [
        layer.attention.output.dense.register_forward_hook(lambda *a: seen["sum"].append(a[2]))
        for layer in layers
    ]
    nodes, weights = make_nodes(n_steps)
    skips = np.zeros(3)
    way = problem.embedded - problem.baseline
    for node, weight in zip(nodes, weights, strict=True):
        point = (problem.baseline + node * way).float()
        with torch.enable_grad():
            seen["sum"].clear()
            score = problem.evaluate(point.clone().requires_grad_())
            gradients = torch.autograd.grad(score.sum(), list(seen["sum"]))
        h = 1e-3
        ends = []
        for shift in (-h, h):
            seen["skip"].clear()
            with torch.no_grad():
                problem.evaluate(point + shift * way)
            ends.append([one.double() for one in seen["skip"]])
        for layer in range(3):
            slope = (ends[1][layer] - ends[0][layer]) / (2 * h)
            skips[layer] += weight * float((gradients[layer].double() * slope).sum())
    for hook in hooks:
        hook.remove()
    after, before = problem.evaluate_each([problem.embedded, problem.baseline])
    np.testing.assert_allclose(heads + skips, after - before, rtol=5e-3)


def test_the_same_after_attention_was_drawn(model):
    before = explain(model, SEQUENCE, MUTATION, steps=8)
    model.attend(SEQUENCE, [HeadId(0, 0)])
    model.scan(SEQUENCE)
    after = explain(model, SEQUENCE, MUTATION, steps=8)
    np.testing.assert_array_equal(before.residues, after.residues)
    np.testing.assert_array_equal(before.heads, after.heads)


def test_scores_are_those_of_the_logits(model, logits):
    ids, mask = model.vocabulary.encode(SEQUENCE), model.vocabulary.mask
    wild, mutant = (model.vocabulary.ids[letter] for letter in "LV")
    hidden = [*ids]
    hidden[5] = mask
    plain, masked = logits(ids), logits(hidden)
    cases = {
        MUTATION: plain[5, mutant] - plain[5, wild],
        Prediction("substitution", (4,), "LV", masked=True): masked[5, mutant] - masked[5, wild],
        Prediction("residue", (4,), masked=True): masked[5].log_softmax(0)[wild],
        Prediction("likelihood"): sum(
            plain[i + 1].log_softmax(0)[ids[i + 1]] for i in range(len(SEQUENCE))
        ) / len(SEQUENCE),
    }  # fmt: skip
    for prediction, expected in cases.items():
        relevance = explain(model, SEQUENCE, prediction, method="gradient_x_input")
        assert relevance.score == pytest.approx(float(expected), abs=1e-4)
        assert Prediction.from_json(prediction.to_json()) == prediction


def test_a_hidden_position_is_hidden_in_the_baseline_as_well(model):
    relevance = explain(model, SEQUENCE, Prediction("residue", (4,), masked=True), steps=8)
    assert relevance.residues[4] == 0
    assert np.abs(relevance.residues).max() > 0


@pytest.mark.parametrize("baseline", ["pad", "mask", "X", "mean", "AAAAAAAAAA"])
def test_baselines_are_what_their_names_say(model, logits, baseline):
    relevance = explain(model, SEQUENCE, MUTATION, baseline=baseline.lower(), steps=8)
    assert relevance.baseline == baseline
    tokens = {"pad": model.vocabulary.pad, "mask": model.vocabulary.mask}
    if baseline == "mean":
        problem, _ = make_problem(model, SEQUENCE, MUTATION, "mean")
        rows = [
            model.readout().embed(torch.tensor([model.vocabulary.encode(letter * 10)]))
            for letter in "ACDEFGHIKLMNPQRSTVWY"
        ]
        expected = torch.stack(rows).mean(dim=0)[:, 1:-1]
        torch.testing.assert_close(problem.baseline[:, 1:-1], expected)
        return
    token = tokens[baseline] if baseline in tokens else model.vocabulary.ids[baseline[0]]
    middle = [token] * len(SEQUENCE)
    row = logits([*model.vocabulary.prefix, *middle, *model.vocabulary.suffix])[5]
    expected = row[model.vocabulary.ids["V"]] - row[model.vocabulary.ids["L"]]
    assert relevance.baseline_score == pytest.approx(float(expected), abs=1e-4)


def test_special_tokens_of_a_masked_baseline_are_not_blown_up(tmp_path):
    """token_dropout makes <cls> 0.88 / (1 - masked share) times as long; ours stays that of the sequence."""
    write_tiny_esm(tmp_path, rotary=False, n_layers=2)
    config = tmp_path / "config.json"
    assert '"token_dropout": true' in config.read_text()
    model = load_model(tmp_path, device="cpu")
    problem, _ = make_problem(model, SEQUENCE, MUTATION, "mask")
    torch.testing.assert_close(problem.baseline[:, 0], problem.embedded[:, 0])
    torch.testing.assert_close(problem.baseline[:, -1], problem.embedded[:, -1])


def test_a_path_from_a_zero_vector_is_refused(tmp_path):
    """ESM's masked residues are zeros under token_dropout, and its layers begin with a LayerNorm."""
    write_tiny_esm(tmp_path, rotary=True, n_layers=2)
    model = load_model(tmp_path, device="cpu")
    problem, _ = make_problem(model, SEQUENCE, MUTATION, "mask")
    assert not problem.baseline[:, 1:-1].any()
    with pytest.raises(InputError, match=r"jumps at the very start.*length zero.*such as X or mean"):
        explain(model, SEQUENCE, MUTATION, baseline="mask")
    assert explain(model, SEQUENCE, MUTATION, baseline="X", steps=8).change


def test_what_makes_no_sense_is_refused(model):
    with pytest.raises(
        InputError, match=r"is .* for the chain and for the baseline PQITLWQRPL.*there is none"
    ):
        explain(model, SEQUENCE, MUTATION, baseline=SEQUENCE)
    with pytest.raises(InputError, match=r"sequence of 3 letters.*sequence of 10 letters"):
        explain(model, SEQUENCE, MUTATION, baseline="AAA")
    for steps in (-1, 1, 100_000):
        with pytest.raises(InputError, match="steps="):
            explain(model, SEQUENCE, MUTATION, steps=steps)
    with pytest.raises(SequenceError, match=r"40 residues, and .* can take 30.*not stitched.*gaps=observed"):
        explain(model, 4 * SEQUENCE, MUTATION)
    with pytest.raises(InputError, match=r"classifier of sequences.*is a masked language model"):
        explain(model, SEQUENCE, Prediction("class", classes=("Membrane",)))
    with pytest.raises(InputError, match="the same token"):
        explain(model, SEQUENCE, Prediction("substitution", (4,), "UX"))


def test_other_number_formats_are_refused(tmp_path):
    write_tiny_bert(tmp_path, n_layers=1)
    with pytest.raises(InputError, match=r"runs in bfloat16.*float32"):
        explain(load_model(tmp_path, device="cpu", dtype="bfloat16"), SEQUENCE, MUTATION)


def test_a_bad_sum_is_told(tmp_path):
    write_tiny_bert(tmp_path, n_layers=4)
    sharp = load_model(tmp_path, device="cpu")
    every = (
        explain(sharp, SEQUENCE, Prediction("substitution", (4,), f"L{letter}"), steps=2)
        for letter in "ACDEFGHIKMN"
    )
    bad = next(relevance for relevance in every if relevance.error > 0.05)
    assert "add up to" in bad.notes[0]
    assert "after 2 steps" in bad.notes[0]
    assert not explain(sharp, SEQUENCE, MUTATION, steps=100).notes


def test_a_relevance_survives_its_file(model, tmp_path):
    relevance = explain(model, SEQUENCE, MUTATION, steps=8, head=HeadId(0, 1))
    relevance.save(tmp_path / "one.npz")
    again = Relevance.load(tmp_path / "one.npz")
    for name in ("residues", "special", "heads", "head_special", "head_sums", "pairs"):
        np.testing.assert_array_equal(getattr(again, name), getattr(relevance, name))
    for name in ("model", "sequence", "prediction", "method", "baseline", "steps", "score", "notes", "head"):
        assert getattr(again, name) == getattr(relevance, name)
    (tmp_path / "one.npz").write_bytes(b"nothing")
    with pytest.raises(CacheError):
        Relevance.load(tmp_path / "one.npz")


def test_classes_are_found_by_name_and_number():
    labels = ("Soluble", "Membrane", "Membrane, cell", "heavy-chain")
    assert find_class("membrane", labels) == 1
    assert find_class("sol", labels) == 0
    assert find_class("4", labels) == 3
    with pytest.raises(InputError, match=r"could be Membrane, Membrane, cell"):
        find_class("membr", labels)
    with pytest.raises(InputError, match="Did you mean Soluble"):
        find_class("Solubel", labels)


def test_a_difference_of_classes(model):
    rows = torch.tensor([[1.0, 5.0, 7.0, 2.0]])
    labels = ("Soluble", "Membrane", "Nuclear", "heavy-chain")
    for name, expected in {
        "Membrane-Soluble": 4,
        "membrane": 5,
        "heavy-chain": 2,
        "heavy-chain-Soluble": 1,
    }.items():
        score = make_score(Prediction("class", classes=(name,)), model.vocabulary, SEQUENCE, labels)
        assert float(score.compute(rows)[0]) == expected


def test_the_classifier_is_found_by_its_class():
    from provis_core.attribution.scores import find_readout
    from provis_core.checkpoints.readouts import ReadoutConfig

    species = ReadoutConfig("species", "sequence", ("Camel", "Human"))
    chain = ReadoutConfig("chain", "sequence", ("Heavy", "Light"))
    both = (species, chain, ReadoutConfig("masked_lm", "masked_lm"))

    def choose(*classes):
        readout, prediction = find_readout(Prediction("class", classes=classes), both, "toy")
        return readout.name, prediction.kind, prediction.classes

    assert choose("heavy") == ("chain", "class", ("heavy",))
    assert choose("Heavy-Light") == ("chain", "class", ("Heavy-Light",))
    assert choose("chain") == ("chain", "best", ())
    assert choose("species:2") == ("species", "class", ("2",))
    assert choose("human") == ("species", "class", ("human",))
    with pytest.raises(InputError, match="a class of species and of chain"):
        choose("2")
    with pytest.raises(
        InputError, match=r"question to a classifier of residues.*is a classifier of sequences"
    ):
        find_readout(Prediction("residue_class", (1,), classes=("binding",)), both[:2], "toy")


def test_memory_that_ran_out_is_tried_one_step_at_a_time(model, monkeypatch):
    from provis_core.attribution.methods import ig

    whole = ig.METHOD.run
    tried = []

    def run(problem, options):
        tried.append(options.batch)
        if options.batch > 1:
            raise MemoryError
        return whole(problem, options)

    monkeypatch.setitem(ig.METHOD.__dict__, "run", run)
    said = []
    relevance = explain(model, SEQUENCE, MUTATION, steps=8, batch=4, on_notice=said.append)
    assert tried == [4, 1]
    assert relevance.error < 0.5
    assert "one step at a time" in said[0]


def test_labels_may_be_found_by_what_they_mean():
    labels, meanings = ("GO:0016020", "GO:0003824"), ("membrane", "catalytic activity")
    assert find_class("membrane", labels, meanings) == 0
    assert find_class("catalytic", labels, meanings) == 1
    assert find_class("GO:0003824", labels, meanings) == 1


def test_a_baseline_of_the_same_class_is_told():
    from provis_core.attribution.explain import _check_path
    from provis_core.attribution.methods import find_method

    from .test_toys import make_problem as make_toy

    prediction = Prediction("class", classes=("one",))
    toy = make_toy()  # 2.5 for the chain, 0.25 for the baseline
    (note,), scores = _check_path(toy, find_method("ig"), prediction, "mask")
    assert scores == pytest.approx((2.5, 0.25))
    assert "gives the baseline mask the class as well (f 0.25, and 2.5 for the chain)" in note
    assert _check_path(toy, find_method("ig"), Prediction("likelihood"), "mask")[0] == []
