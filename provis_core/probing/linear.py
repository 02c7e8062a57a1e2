"""Linear classifiers: fitted by scikit-learn, applied as sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["LinearProbe", "fit_l1", "fit_probe"]

_Floats = npt.NDArray[np.float64]
_MOST_STEPS: Final = 500


@dataclass(frozen=True, eq=False)
class LinearProbe:
    """A fitted classifier; numbers of features are as they come, scaling is in the weights.

    Attributes
    ----------
    weights : numpy.ndarray, shape (n_classes, n_features), dtype float64
        One row where there are two classes: of the second one.
    bias : numpy.ndarray, shape (n_classes,), dtype float64
    classes : numpy.ndarray, shape (n_classes,), dtype int64
        Labels; always all of them.
    """

    weights: _Floats
    bias: _Floats
    classes: npt.NDArray[np.int64]

    def score(self, features: npt.NDArray[np.float32]) -> _Floats:
        """Return log-odds, shape (n, n_classes), or (n,) of two classes."""
        scores: _Floats = features.astype(np.float64) @ self.weights.T + self.bias
        return scores[:, 0] if len(self.weights) == 1 else scores

    def predict(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """Return the class of each row."""
        scores = self.score(features)
        chosen = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        found: npt.NDArray[np.int64] = self.classes[chosen]
        return found

    def score_pairs(self, vectors: npt.NDArray[np.float32]) -> _Floats:
        """Return log-odds of all pairs i < j of vectors, shape (n, n), as `score` of their `pair_features`.

        No features of pairs are made: the products are one matrix product, the differences two sums.
        """
        wide = vectors.astype(np.float64)
        product, difference = np.split(self.weights[0], 2)
        along = wide @ difference
        scores: _Floats = (wide * product) @ wide.T + along[:, None] - along[None, :] + self.bias[0]
        return scores


def fit_probe(
    features: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], c: float = 1.0
) -> LinearProbe:
    """Fit a logistic regression on standardised features.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, n_features)
    labels : numpy.ndarray, shape (n,)
        Of two classes at least.
    c : float
        Inverse strength of the L2 penalty, as scikit-learn's ``C``.

    Returns
    -------
    LinearProbe
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    scaled = scaler.fit_transform(features)
    fitted = LogisticRegression(C=c, max_iter=_MOST_STEPS).fit(scaled, labels)
    weights = fitted.coef_ / scaler.scale_
    bias = fitted.intercept_ - weights @ scaler.mean_
    return LinearProbe(weights.astype(np.float64), bias.astype(np.float64), fitted.classes_)


def fit_l1(features: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], penalty: float) -> LinearProbe:
    """Fit a logistic regression with L1 penalty on features as they are, as Rao et al. do on attention.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, n_features)
    labels : numpy.ndarray, shape (n,)
    penalty : float
        Strength; scikit-learn's ``C`` is its inverse.

    Returns
    -------
    LinearProbe
    """
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(
        C=1 / penalty, l1_ratio=1, solver="liblinear", max_iter=_MOST_STEPS, random_state=0
    ).fit(features, labels)
    return LinearProbe(
        fitted.coef_.astype(np.float64), np.atleast_1d(fitted.intercept_).astype(np.float64), fitted.classes_
    )
