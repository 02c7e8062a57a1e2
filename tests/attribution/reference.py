"""Integrated gradients and conductance by a plain loop, from transformers' eager attention in float64.

None of our code is used: derivatives along the path are taken in forward mode, one pass per step. A case's
output projection is found by its name; its input is what the heads give.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.models.family_cases import CASES
from tests.tiny_checkpoints import write_tiny_bert, write_tiny_esm

__all__ = ["FAMILIES", "EagerCase", "EagerNetwork", "integrate_plainly"]


@dataclass(frozen=True)
class EagerCase:
    """A family, its class of transformers and the names of its parts.

    Attributes
    ----------
    write : callable
        Writes a checkpoint into a folder.
    model_class : str
    embedding : str
        Module on whose output the path lies.
    projection : str
        End of the name of the modules that the heads' outputs go into; empty for XLNet, which has none.
    n_calls : int
        How often each of them is called in a pass.
    tolerance : float
        Of heads; larger where ReLU bends the path.
    """

    write: Callable[[Path], Any]
    model_class: str
    embedding: str
    projection: str
    n_calls: int = 1
    tolerance: float = 1e-5


FAMILIES = {
    "bert": EagerCase(
        partial(write_tiny_bert, n_layers=4), "BertModel", "embeddings", "attention.output.dense"
    ),
    "esm2": EagerCase(
        partial(write_tiny_esm, rotary=True, n_layers=4), "EsmModel", "embeddings", "attention.output.dense"
    ),
    "esm1b": EagerCase(
        partial(write_tiny_esm, rotary=False, n_layers=4), "EsmModel", "embeddings", "attention.output.dense"
    ),
    "tape": EagerCase(CASES["tape"].write, "BertModel", "embeddings", "attention.output.dense"),
    "albert": EagerCase(CASES["albert"].write, "AlbertModel", "embeddings", "attention.dense", n_calls=4),
    "t5": EagerCase(
        CASES["prot_t5"].write, "T5EncoderModel", "encoder.embed_tokens", "SelfAttention.o", 1, 5e-4
    ),
    "ankh": EagerCase(CASES["ankh"].write, "T5EncoderModel", "encoder.embed_tokens", "SelfAttention.o"),
    "esmc": EagerCase(CASES["esmc"].write, "EsmcModel", "embed_tokens", "o_proj"),
    "modernbert": EagerCase(CASES["modernbert"].write, "ModernBertModel", "embeddings", "attn.Wo"),
    "roformer": EagerCase(CASES["roformer"].write, "RoFormerModel", "embeddings", "attention.output.dense"),
    "xlnet": EagerCase(CASES["xlnet"].write, "XLNetModel", "word_embedding", ""),
}


class EagerNetwork:
    """transformers' own network with a smooth score on its last layer.

    Parameters
    ----------
    case : EagerCase
    folder : pathlib.Path
    dtype : torch.dtype
    """

    def __init__(self, case: EagerCase, folder: Path, dtype: Any) -> None:
        import transformers

        self.case = case
        network = getattr(transformers, case.model_class).from_pretrained(
            folder, attn_implementation="eager", dtype=dtype
        )
        self.network = network.to(dtype).eval().requires_grad_(False)
        self.embedding = self.network.get_submodule(case.embedding)
        self.outputs: list[Any] = []
        config = self.network.config
        self.n_layers, self.n_heads = config.num_hidden_layers, config.num_attention_heads

    @staticmethod
    def score(hidden: Any) -> Any:
        """Score of the last layer's output, shape (n_sequences, n_tokens, width)."""
        import torch

        plan = torch.cos(torch.arange(hidden[0].numel(), dtype=hidden.dtype)).reshape(hidden.shape[1:])
        return torch.tanh((plan * hidden).mean(dim=(1, 2)) * 3)

    def embed(self, ids: Any) -> Any:
        """What the embedding module gives, sequences first."""
        found: list[Any] = []
        hook = self.embedding.register_forward_hook(lambda *arguments: found.append(arguments[2]))
        self.network(input_ids=ids)
        hook.remove()
        return self.turn(found[0])

    def turn(self, embedded: Any) -> Any:
        return embedded if self.case.projection else embedded.transpose(0, 1)

    def run(self, ids: Any, embedded: Any) -> Any:
        """Score of given embeddings; what the heads give is in `outputs`, tokens before features."""
        self.outputs = []
        with self._listen(embedded):
            return self.score(self.network(input_ids=ids.expand(len(embedded), -1)).last_hidden_state)

    def with_places(self) -> tuple[EagerNetwork, list[Any]]:
        """A copy with one module for each layer, whose input is what its heads give; and these modules."""
        import torch

        other = copy.copy(self)
        other.network = copy.deepcopy(self.network)
        other.embedding = other.network.get_submodule(self.case.embedding)
        if self.case.n_calls > 1:  # one group of layers for all
            encoder = other.network.encoder
            groups = [copy.deepcopy(encoder.albert_layer_groups[0]) for _ in range(self.n_layers)]
            encoder.albert_layer_groups = torch.nn.ModuleList(groups)
            encoder.config.num_hidden_groups = self.n_layers
            other.case = replace(self.case, n_calls=1)
        if self.case.projection:
            named = other.network.named_modules()
            return other, [module for name, module in named if name.endswith(self.case.projection)]
        places = []
        for layer in other.network.layer:
            core, place = layer.rel_attn.rel_attn_core, torch.nn.Identity()
            layer.place = place
            layer.rel_attn.rel_attn_core = partial(_pass_through, place, core)
            places.append(place)
        return other, places

    @contextmanager
    def _listen(self, embedded: Any) -> Iterator[None]:
        hooks = [self.embedding.register_forward_hook(lambda *_: self.turn(embedded))]
        restored = []
        if self.case.projection:
            modules = [m for name, m in self.network.named_modules() if name.endswith(self.case.projection)]
            hooks += [
                m.register_forward_pre_hook(lambda _, inputs: self.outputs.append(inputs[0])) for m in modules
            ]
            expected = len(modules) * self.case.n_calls
        else:
            for layer in self.network.layer:
                restored.append((layer.rel_attn, layer.rel_attn.rel_attn_core))
                layer.rel_attn.rel_attn_core = partial(self._keep, layer.rel_attn.rel_attn_core)
            expected = len(restored)
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            for module, function in restored:
                module.rel_attn_core = function
        assert len(self.outputs) == expected == self.n_layers

    def _keep(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        self.outputs.append(result)
        return result

    def by_head(self, tensor: Any) -> Any:
        """One layer's, of one sequence, shape (n_tokens, n_heads, head_size)."""
        if self.case.projection:
            return tensor[0].reshape(tensor.shape[1], self.n_heads, -1)
        return tensor[:, 0]


def _pass_through(place: Any, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What a layer of XLNet gives, its sequences first on the way through."""
    return place(function(*arguments, **options).transpose(0, 1)).transpose(0, 1)


def integrate_plainly(network: EagerNetwork, ids: Any, start: Any, end: Any, n_steps: int) -> tuple[Any, Any]:
    """Relevance of tokens, shape (n_tokens,), and of heads, shape (n_layers, n_heads, n_tokens)."""
    import torch
    from torch.autograd import forward_ad

    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    tokens = np.zeros(ids.shape[1])
    heads = np.zeros((network.n_layers, network.n_heads, ids.shape[1]))
    for node, weight in zip((1 + nodes) / 2, weights / 2, strict=True):
        point = (start + node * (end - start)).requires_grad_()
        score = network.run(ids, point)
        by_embedding, *by_output = torch.autograd.grad(score.sum(), [point, *network.outputs])
        tokens += weight * (by_embedding * (end - start))[0].sum(dim=1).numpy()
        with forward_ad.dual_level(), torch.no_grad():
            network.run(ids, forward_ad.make_dual(point.detach(), end - start))
            slopes = [forward_ad.unpack_dual(one).tangent for one in network.outputs]
        for layer, (gradient, slope) in enumerate(zip(by_output, slopes, strict=True)):
            product = network.by_head(gradient) * network.by_head(slope)
            heads[layer] += weight * product.sum(dim=2).T.numpy()
    return tokens, heads
