"""Contacts from all heads: a logistic regression on APC-corrected attention (Rao et al. 2021)."""
# ruff: noqa: TID253

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

__all__ = ["ContactRegression", "fit_contact_regression"]


@dataclass(frozen=True)
class ContactRegression:
    """Fitted weights.

    Attributes
    ----------
    weights : ndarray, shape=(n_heads,), dtype=float64
        One per head, for the unscaled APC-corrected attention.
    bias : float
        Intercept.
    """

    weights: NDArray[np.float64]
    bias: float

    def score(self, corrected: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score pairs: (n_heads, n, n) -> (1, n, n), log-odds of a contact."""
        odds = np.tensordot(self.weights, corrected, axes=1) + self.bias
        return odds[None].astype(np.float32)


def fit_contact_regression(
    chains: Iterable[tuple[NDArray[np.float32], NDArray[np.bool_]]],
    min_separation: int = 6,
    penalty: float = 1.0,
) -> ContactRegression:
    """Fit by penalised maximum likelihood (L2 on the weights of standardised features).

    Parameters
    ----------
    chains : iterable of (corrected, contacts)
        APC-corrected attention, shape=(n_heads, n, n), and contacts, shape=(n, n), of each training chain.
    min_separation : int
        Pairs nearer in sequence are left out.
    penalty : float
        Strength of the L2 penalty.
    """
    features, labels = list[NDArray[np.float32]](), list[NDArray[np.bool_]]()
    for corrected, contacts in chains:
        row, column = np.triu_indices(len(contacts), min_separation)
        features.append(corrected[:, row, column].T)
        labels.append(contacts[row, column])
    x = np.concatenate(features).astype(np.float64)
    y = np.concatenate(labels).astype(np.float64)
    mean, spread = x.mean(0), np.maximum(x.std(0), 1e-12)
    x = (x - mean) / spread

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = x @ parameters[:-1] + parameters[-1]
        value = np.logaddexp(0.0, odds).sum() - y @ odds + 0.5 * penalty * parameters[:-1] @ parameters[:-1]
        residual = 1.0 / (1.0 + np.exp(-odds)) - y
        gradient = np.append(x.T @ residual + penalty * parameters[:-1], residual.sum())
        return float(value), gradient

    rate = np.clip(y.mean(), 1e-6, 1 - 1e-6)
    start = np.append(np.zeros(x.shape[1]), np.log(rate / (1 - rate)))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    weights = found[:-1] / spread
    return ContactRegression(weights=weights, bias=float(found[-1] - weights @ mean))
