"""Networks whose relevance is known by hand, and the numbers that an integral is made of."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.attribution.conductance import integrate
from provis_core.attribution.methods import find_method, known_methods
from provis_core.attribution.methods._method import Options
from provis_core.attribution.methods.ig import compare_ranks
from provis_core.attribution.pairs import split_by_key
from provis_core.attribution.problem import Problem
from provis_core.attribution.quadrature import make_nodes, make_paper_stencils, make_stencils
from provis_core.errors import InputError

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

VALUES = torch.tensor([[1.0, 0.0], [2.0, 1.0], [4.0, -1.0], [0.0, 3.0]], dtype=torch.float64)
"""What each token's embedding is, and the values of its two heads: one number each."""


class Uniform(torch.nn.Module):
    """One layer whose two heads, one number each, look at all tokens alike; a logit is made of them."""

    def __init__(self, power=1, weights=(1.0, 1.0)):
        super().__init__()
        self.embedding = torch.nn.Embedding.from_pretrained(VALUES)
        self.power, self.plan = power, torch.tensor(weights, dtype=torch.float64)
        self.is_causal = False

    def forward(self, input_ids):
        from provis_core.models import capture

        embedded = self.embedding(input_ids)
        value = embedded[:, :, :, None].transpose(1, 2)
        output, _ = capture.attend(self, 0 * value, 0 * value, value, None, is_causal=False)
        logits = (output[..., 0] @ self.plan).mean(dim=1) ** self.power
        return type("Output", (), {"logits": logits[:, None]})


def make_problem(**options):
    from provis_core.models.readout import Readout

    module = Uniform(**options)
    readout = Readout("sequence", module, module.embedding, labels=("one",))
    ids = torch.tensor([[0, 1, 2, 3]])
    embedded = readout.embed(ids)
    baseline = torch.zeros_like(embedded)
    baseline[:, 0] = embedded[:, 0]
    return Problem(readout, ids, slice(1, 4), 1, 2, lambda logits: logits[:, 0], embedded, baseline)


def test_a_linear_network_by_hand():
    """The score is the mean of all numbers: each token brings a fourth of its own, each head its half."""
    problem = make_problem()
    attribution = find_method("ig").run(problem, Options())
    np.testing.assert_allclose(attribution.tokens, [0, 3 / 4, 3 / 4, 3 / 4], rtol=0, atol=1e-6)
    by_head = np.array([(2 + 4 + 0) / 4, (1 - 1 + 3) / 4]) / 4
    np.testing.assert_allclose(
        attribution.heads[0], np.repeat(by_head[:, None], 4, axis=1), rtol=0, atol=1e-6
    )
    assert attribution.steps == 20
    pairs = split_by_key(problem, HeadId(0, 0), 9, lambda *_: None)
    np.testing.assert_allclose(pairs, np.repeat([[2, 4, 0]], 3, axis=0) / 16, rtol=0, atol=1e-6)


def test_a_square_is_shared_in_proportion():
    """F = s^2 with s growing from a to b: each part of s brings (a + b) times itself."""
    problem = make_problem(power=2)
    attribution = find_method("ig").run(problem, Options())
    ends = 1 / 4, (1 + 2 + 4 + 0 + 0 + 1 - 1 + 3) / 4
    parts = np.array([0, 3, 3, 3]) / 4 * sum(ends)
    np.testing.assert_allclose(attribution.tokens, parts, rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        attribution.heads.sum(axis=2), [[1.5 * sum(ends), 0.75 * sum(ends)]], atol=1e-6
    )
    assert attribution.tokens.sum() == pytest.approx(ends[1] ** 2 - ends[0] ** 2, abs=1e-6)


def test_a_head_that_nobody_reads_has_nothing():
    for name in ("ig", "paper", "ablate"):
        attribution = find_method(name).run(make_problem(power=2, weights=(1.0, 0.0)), Options(steps=8))
        assert not attribution.heads[0, 1].any()
        sums = attribution.heads.sum(axis=2) if attribution.head_sums is None else attribution.head_sums
        assert sums[0, 1] == 0
        assert sums[0, 0] > 1


def test_the_other_methods_by_hand():
    problem = make_problem()
    masking = find_method("masking").run(problem, Options(batch=2))
    np.testing.assert_allclose(masking.tokens, [0, 3 / 4, 3 / 4, 3 / 4], atol=1e-6)
    product = find_method("gradient_x_input").run(problem, Options())
    np.testing.assert_allclose(product.tokens, [1 / 4, 3 / 4, 3 / 4, 3 / 4], atol=1e-6)
    received = find_method("attention").run(problem, Options())
    np.testing.assert_allclose(received.heads[0], np.array([[0, 0.75, 0.75, 0.75]] * 2), atol=1e-6)
    ablated = find_method("ablate").run(problem, Options())
    np.testing.assert_allclose(
        ablated.head_sums, [[1.5, 0.75]], atol=1e-6
    )  # the baseline's mean is the first's


@pytest.mark.parametrize("method", known_methods(), ids=lambda method: method.name)
def test_every_method_keeps_the_contract(method):
    problem = make_problem(power=2)
    seen = []
    attribution = method.run(problem, Options(steps=8, on_step=lambda *step: seen.append(step)))
    assert attribution.tokens.shape == (4,)
    assert attribution.heads.shape in {(1, 2, 4), (1, 2, 0), (0, 0, 0)}
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    if method.is_complete:
        assert attribution.tokens.sum() == pytest.approx(6.25 - 1 / 16, abs=1e-6)

    class Stopped(Exception):
        pass

    def stop(done, total):
        raise Stopped

    with pytest.raises(Stopped):
        method.run(problem, Options(steps=8, on_step=stop))


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match=r"Did you mean «method=masking»"):
        find_method("maskin")


@pytest.mark.parametrize("n_steps", [2, 3, 7, 8, 20])
def test_derivatives_are_exact_for_polynomials(n_steps):
    nodes, weights = make_nodes(n_steps)
    assert weights.sum() == pytest.approx(1)
    stencils = make_stencils(nodes)
    for degree in range(min(7, n_steps)):
        values, slopes = nodes**degree, degree * nodes ** max(0, degree - 1)
        ours = [factors @ values[start : start + len(factors)] for start, factors in stencils]
        np.testing.assert_allclose(ours, slopes, rtol=0, atol=1e-9)


def test_the_papers_differences_are_those_of_numpy():
    nodes, _ = make_nodes(9)
    values = np.sin(3 * nodes)
    ours = [factors @ values[start : start + len(factors)] for start, factors in make_paper_stencils(nodes)]
    np.testing.assert_allclose(ours, np.gradient(values, nodes), rtol=0, atol=1e-12)


def test_ranks_are_those_of_scipy():
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    chosen = np.random.default_rng(0)
    one, other = chosen.integers(0, 5, 40).astype(float), chosen.normal(size=40)
    assert compare_ranks(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
    assert compare_ranks(one, one) == pytest.approx(1)
    assert compare_ranks(np.zeros(4), np.arange(4.0)) == 0


def test_memory_is_that_of_seven_nodes_however_many_steps():
    from provis_core.attribution import conductance

    held = []

    class Watched(conductance._Sums):
        def add(self, outputs, gradients):
            super().add(outputs, gradients)
            held.append((len(self._outputs), len(self._gradients)))

    original, conductance._Sums = conductance._Sums, Watched
    try:
        integrate(make_problem(), 60, lambda nodes: (make_stencils(nodes),))
    finally:
        conductance._Sums = original
    assert max(outputs for outputs, _ in held) == 6  # and the one that comes
    assert max(gradients for _, gradients in held) == 6
