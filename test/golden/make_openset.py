"""Golden values for src/openset, from numpy, scipy and scikit-learn.

    python test/golden/make_openset.py      (writes openset.json beside itself)
"""
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import entropy
from sklearn.covariance import EmpiricalCovariance, shrunk_covariance
from sklearn.neighbors import NearestCentroid, NearestNeighbors

rng = np.random.default_rng(11)
n, c = 60, 10
truth = rng.integers(0, c, n)
logits = rng.normal(size=(n, c)) * 3
logits[np.arange(n), truth] += 2.5
logits = logits.astype(np.float32)
z = logits.astype(np.float64)
T = 1.7
p = softmax(z / T, axis=1)
top = np.sort(p, axis=1)
# The coefficient by its other definition: half the relative mean absolute difference.
coefficient = np.abs(p[:, :, None] - p[:, None]).sum((1, 2)) / (2 * c * p.sum(1))
nll = lambda b: -log_softmax(z * b, axis=1)[np.arange(n), truth].mean()
best = minimize_scalar(nll, bounds=(0.01, 10), method="bounded", options={"xatol": 1e-12})
out = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
    "softmax": {
        "classes": c, "temperature": T, "logits": z.ravel().tolist(), "truth": truth.tolist(),
        "probabilities": p[:5].ravel().tolist(),
        "scores": {
            "gini-coefficient": coefficient.tolist(),
            "gini-impurity": (1 - (p**2).sum(1)).tolist(),
            "max-softmax": p.max(1).tolist(),
            "entropy": entropy(p, axis=1).tolist(),
            "softmax-margin": (top[:, -1] - top[:, -2]).tolist(),
            "energy": (-T * logsumexp(z / T, axis=1)).tolist(),
            "max-logit": z.max(1).tolist(),
        },
        "fit": {"temperature": 1 / best.x, "nllBefore": nll(1.0), "nllAfter": best.fun},
    },
}

# Embeddings: three correlated classes in five dimensions (no noise is round), queries among and beyond them.
dim, per = 5, [50, 40, 30]
labels = np.repeat([1, 4, 6], per)
mix = rng.normal(size=(3, dim, dim)) * 0.6 + np.eye(dim)
means = rng.normal(size=(3, dim)) * 3
train = np.concatenate([means[i] + rng.normal(size=(m, dim)) @ mix[i] for i, m in enumerate(per)]).astype(np.float32)
query = np.concatenate([train[::20] + 0.1, rng.normal(size=(10, dim)) * 6]).astype(np.float32)
x, q = train.astype(np.float64), query.astype(np.float64)
unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
kth = lambda r, s, k: NearestNeighbors(n_neighbors=k).fit(r).kneighbors(s)[0][:, -1].tolist()
class_means = {l: x[labels == l].mean(0) for l in (1, 4, 6)}
s = 0.05


def maha(rows, centres, to):
    """Squared Mahalanobis distance of q to each of `to`, with the shrunken covariance of rows about centres."""
    cov = EmpiricalCovariance(assume_centered=True).fit(rows - centres).covariance_
    inverse = np.linalg.inv(shrunk_covariance(cov, shrinkage=s))
    return np.stack([np.einsum("ij,jk,ik->i", q - m, inverse, q - m) for m in to], 1)


own = np.stack([class_means[l] for l in labels])
shared = maha(x, own, class_means.values()).min(1)
each = np.concatenate([maha(x[labels == l], own[labels == l], [class_means[l]]) for l in (1, 4, 6)], 1).min(1)
background = maha(x, x.mean(0), [x.mean(0)])[:, 0]
centroid = NearestCentroid().fit(x, labels)
out["embedding"] = {
    "dim": dim, "train": x.ravel().tolist(), "labels": labels.tolist(), "queries": q.ravel().tolist(), "shrinkage": s,
    "knn7": kth(x, q, 7), "knn7normalized": kth(unit(x), unit(q), 7),
    "classMean": np.linalg.norm(q[:, None] - centroid.centroids_[None], axis=2).min(1).tolist(),
    "mahalanobis": shared.tolist(), "perClass": each.tolist(),
    "relative": (shared - background).tolist(), "relativePerClass": (each - background).tolist(),
}

# Conformal p-values and thresholds by their definition.
cal, test = np.round(rng.normal(size=39), 1), np.round(rng.normal(size=12) * 2, 1)
out["conformal"] = {
    "calibration": cal.tolist(), "scores": test.tolist(),
    "pBelow": [(1 + int((cal <= t).sum())) / 40 for t in test], "pAbove": [(1 + int((cal >= t).sum())) / 40 for t in test],
    "alpha": 0.1, "tBelow": float(np.sort(cal)[int(0.1 * 40) - 1]), "tAbove": float(np.sort(cal)[::-1][int(0.1 * 40) - 1]),
}
Path(__file__).with_name("openset.json").write_text(json.dumps(out))
