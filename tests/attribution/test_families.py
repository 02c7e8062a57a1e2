"""Every family: one path through our network gives what a plain loop over transformers' eager one gives."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from provis_core.attribution.conductance import integrate
from provis_core.attribution.problem import Problem
from provis_core.attribution.quadrature import make_stencils
from provis_core.checkpoints.config import read_family
from provis_core.checkpoints.families import known_families
from provis_core.models import load_model
from provis_core.models.readout import Readout
from tests.models.family_cases import soften

from .reference import FAMILIES, EagerNetwork, integrate_plainly

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),  # torch's own forward mode
]

SEQUENCE = "PQITLWQRP"
OTHER = "PKLTVWERA"
STEPS = 60


class Scored(torch.nn.Module):
    """Our network, whose last layer stands in the place of logits."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids):
        return type("Output", (), {"logits": self.encoder(input_ids=input_ids).last_hidden_state})


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory):
    """A smooth checkpoint by transformers alone, our question about it, and the baseline's tokens."""
    case = FAMILIES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    case.write(folder)
    soften(folder)
    model = load_model(folder, device="cpu")
    return EagerNetwork(case, folder, torch.float64), *make_problem(model)


def make_problem(model):
    family = read_family(model.config)
    module = model._network.get_submodule(family.embedding)
    readout = Readout("token", Scored(model._network).eval(), module, family.embedding_axis)
    ids, other = (torch.tensor([model.vocabulary.encode(one)]) for one in (SEQUENCE, OTHER))
    first = len(model.vocabulary.prefix)
    residues = slice(first, first + len(SEQUENCE))
    ends = readout.embed(ids), readout.embed(other)
    size = model.n_layers, model.n_heads
    return Problem(readout, ids, residues, *size, EagerNetwork.score, *ends), other


def test_every_family_is_compared():
    names = {
        "bert": "BERT", "esm2": "ESM", "esmc": "ESM C", "t5": "T5", "albert": "ALBERT", "tape": "TAPE",
        "modernbert": "ModernBERT", "roformer": "RoFormer", "xlnet": "XLNet",
    }  # fmt: skip
    assert names.keys() <= FAMILIES.keys()
    alike = {"AntiBERTy"}  # a BERT with other tokens
    assert {one.name for one in known_families()} == {*names.values(), *alike}


def test_residues_and_heads_equal_a_plain_loop_in_float64(family):
    eager, problem, other = family
    start, end = eager.embed(other), eager.embed(problem.ids)
    torch.testing.assert_close(problem.embedded.double(), end, rtol=0, atol=1e-5)
    tokens, heads = integrate_plainly(eager, problem.ids, start, end, STEPS)
    ours = integrate(problem, STEPS, lambda nodes: (make_stencils(nodes),))
    assert np.abs(tokens).max() > 0.01
    assert np.abs(heads).max(axis=(1, 2)).min() > 1e-3
    np.testing.assert_allclose(ours.embedding, tokens, rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.heads[0], heads, rtol=0, atol=eager.case.tolerance)
    special = np.ones(problem.n_tokens, dtype=bool)
    special[problem.residues] = False
    assert not ours.embedding[special].any()


def test_any_number_of_steps_in_a_pass_gives_the_same(family):
    _, problem, _ = family
    results = [integrate(problem, 9, lambda nodes: (make_stencils(nodes),), batch) for batch in (1, 2, 5, 9)]
    for other in results[1:]:
        np.testing.assert_allclose(other.embedding, results[0].embedding, rtol=0, atol=1e-6)
        np.testing.assert_allclose(other.heads, results[0].heads, rtol=0, atol=1e-6)


def test_captum_gives_the_same_for_residues_and_heads(family):
    """Its conductance takes differences between steps; what they miss falls with their number and is removed.

    It gives one layer at a time, and asks for a module of its own for each: layers that share one are copied.
    """
    attr = pytest.importorskip("captum.attr", reason="captum is not installed")
    eager, problem, other = family
    start, end = eager.embed(other), eager.embed(problem.ids)
    network, places = eager.with_places()

    class FromEmbeddings(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = torch.nn.Identity()
            self.network = network.network

        def forward(self, embedded):
            return network.run(problem.ids, self.inside(embedded))

    module = FromEmbeddings()
    gradients = attr.LayerIntegratedGradients(module, module.inside)
    theirs = gradients.attribute(end, start, n_steps=12, method="gausslegendre", internal_batch_size=1)
    ours = integrate(problem, 12, lambda nodes: ())
    np.testing.assert_allclose(ours.embedding, theirs[0].sum(dim=1).detach().numpy(), rtol=0, atol=1e-5)
    heads = integrate(problem, STEPS, lambda nodes: (make_stencils(nodes),)).heads[0]
    conductance = attr.LayerConductance(module, places[1])

    def attribute(n_steps):
        values = conductance.attribute(
            end, start, n_steps=n_steps, method="riemann_trapezoid", internal_batch_size=n_steps,
            attribute_to_layer_input=True,
        )  # fmt: skip
        return values[0].reshape(problem.n_tokens, problem.n_heads, -1).sum(dim=2).T.detach().numpy()

    expected = extrapolate([attribute(n) for n in (10, 20, 40, 80, 160)])
    np.testing.assert_allclose(heads[1], expected, rtol=0, atol=eager.case.tolerance)


def extrapolate(values):
    """The limit of what was computed with more and more steps, twice as many each time (Richardson)."""
    for order in range(1, len(values)):
        ahead = 2.0**order
        values = [(ahead * fine - rough) / (ahead - 1) for rough, fine in itertools.pairwise(values)]
    return values[0]
