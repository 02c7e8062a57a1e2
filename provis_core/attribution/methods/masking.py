"""One residue at a time is replaced by the baseline's: what the score loses is its relevance."""

from __future__ import annotations

import numpy as np

from ..problem import Problem
from ._method import Attribution, Method, Options

__all__ = ["METHOD"]


def _run(problem: Problem, options: Options) -> Attribution:
    first, end, _ = problem.residues.indices(problem.n_tokens)
    (whole,) = problem.evaluate_each([problem.embedded])
    tokens = np.zeros(problem.n_tokens)
    for start in range(first, end, options.batch):
        places = range(start, min(start + options.batch, end))
        without = []
        for place in places:
            one = problem.embedded.clone()
            one[:, place] = problem.baseline[:, place]
            without.append(one)
        tokens[places.start : places.stop] = whole - np.array(problem.evaluate_each(without, options.batch))
        options.on_step(places.stop - first, end - first)
    return Attribution(tokens, steps=end - first)


METHOD = Method("masking", "one residue at a time takes the baseline's place", _run)
