"""Golden values for src/projection: t-SNE's P, gradient and KL, a whole run, and the quality of a map.

    python test/golden/make_tsne.py      (writes tsne.json beside itself)

P is the plain formula in float64, its widths bisected to the last bit, and checked here against scikit-learn's own (float32, tolerance 1e-5).
Gradient, KL and twenty steps from fixed positions are those of scikit-learn's exact method. The run is scikit-learn's TSNE(method='barnes_hut').
"""
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.spatial.distance import squareform
from sklearn.manifold import TSNE, _t_sne, trustworthiness
from sklearn.neighbors import NearestNeighbors

rng = np.random.default_rng(11)


def joint(x, perplexity):
    n = len(x)
    k = min(n - 1, int(3 * perplexity + 1))
    d = ((x[:, None] - x[None]) ** 2).sum(-1)
    p = np.zeros((n, n))
    for i in range(n):
        row = d[i].copy()
        row[i] = np.inf
        near = np.argsort(row, kind="stable")[:k]
        low, high = -60.0, 60.0  # bisects log beta
        for _ in range(200):
            beta = np.exp((low + high) / 2)
            w = np.exp(-beta * (row[near] - row[near].min()))
            w /= w.sum()
            entropy = -(w[w > 0] * np.log(w[w > 0])).sum()
            low, high = ((low + high) / 2, high) if entropy > np.log(perplexity) else (low, (low + high) / 2)
        p[i, near] = w
    return (p + p.T) / (2 * n)


def sklearn_joint(x, perplexity):
    k = min(len(x) - 1, int(3 * perplexity + 1))
    d = NearestNeighbors(n_neighbors=k).fit(x).kneighbors_graph(mode="distance")
    d.data **= 2
    return _t_sne._joint_probabilities_nn(d, perplexity, 0).toarray()


def clusters(n, dim, count):
    centres = rng.normal(size=(count, dim)) * 3
    return (centres[rng.integers(count, size=n)] + rng.normal(size=(n, dim))).astype(np.float32).round(3)


def floats(a):
    return [float(v) for v in np.ravel(a)]


def exact(p, y):
    return _t_sne._kl_divergence(y.ravel().astype(np.float64), squareform(p, checks=False), 1, len(y), 2)


# P, gradient and KL: small, at positions of the size a real map has.
points, perplexity = clusters(60, 5, 3), 8
p = joint(points.astype(np.float64), perplexity)
reference = sklearn_joint(points, perplexity)
assert np.abs(p - reference).max() < 1e-4 * p.max(), np.abs(p - reference).max() / p.max()
positions = (rng.normal(size=(60, 2)) * 4).astype(np.float32).round(3)
kl, gradient = exact(p, positions)
upper = np.triu(p > 0, 1)
assert np.abs(gradient).max() > 1e-3
small = {
    "dim": 5, "perplexity": perplexity, "points": floats(points), "row": np.nonzero(upper)[0].tolist(), "column": np.nonzero(upper)[1].tolist(),
    "value": floats(p[upper]), "positions": floats(positions), "kl": float(kl), "gradient": floats(gradient),
    "trustworthiness": float(trustworthiness(points, positions, n_neighbors=10)),
}

# The schedule: scikit-learn's own descent, exact gradient, 12 early iterations and 8 more.
schedule = {"learningRate": 20.0, "earlyIterations": 12, "iterations": 20}
y = positions.ravel().astype(np.float64)
for factor, first, last, momentum in [(12, 0, 12, 0.5), (1, 12, 20, 0.8)]:
    args = [squareform(p, checks=False) * factor, 1, len(points), 2]
    y, _, _ = _t_sne._gradient_descent(_t_sne._kl_divergence, y, first, last, momentum=momentum, learning_rate=20.0, args=args)
small["schedule"] = {**schedule, "positions": floats(y)}

# A whole run.
points, perplexity = clusters(400, 6, 8), 20
p = joint(points.astype(np.float64), perplexity)
run = TSNE(method="barnes_hut", perplexity=perplexity, max_iter=1000, init="pca", random_state=0)
y = run.fit_transform(points)


def kept(a, b, k=10):
    def near(v):
        d = ((v[:, None].astype(np.float64) - v[None]) ** 2).sum(-1)
        np.fill_diagonal(d, np.inf)
        return np.argsort(d, axis=1, kind="stable")[:, :k]
    return float(np.mean([len(set(s) & set(t)) / k for s, t in zip(near(a), near(b))]))


whole = {
    "dim": 6, "perplexity": perplexity, "points": floats(points), "positions": floats(y.round(4)), "kl": float(exact(p, y.round(4))[0]), "iterations": int(run.n_iter_) + 1,
    "learningRate": float(run.learning_rate_), "trustworthiness": float(trustworthiness(points, y.round(4), n_neighbors=10)), "preservation": kept(points, y.round(4)),
}

out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}, "small": small, "run": whole}
Path(__file__).with_name("tsne.json").write_text(json.dumps(out) + "\n")
