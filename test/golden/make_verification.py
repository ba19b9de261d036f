"""Golden values for precision at k, B-cubed, Clopper-Pearson and verification in src/metrics, from scipy, scikit-learn and plain numpy.

    python test/golden/make_verification.py      (writes verification.json beside itself)
"""
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import stats
from scipy.spatial.distance import pdist
from sklearn.metrics import roc_curve

rng = np.random.default_rng(11)
out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}}

# Six people of unequal size, one with a single photo, and four unlabelled photos.
dim = 3
sizes = {0: 12, 1: 7, 4: 20, 5: 1, 8: 9, 9: 15, -1: 4}
labels = np.concatenate([np.full(n, c) for c, n in sizes.items()])
rng.shuffle(labels)
centres = {c: 1.6 * rng.normal(size=dim) for c in sizes}
points = np.stack([centres[c] + 0.7 * rng.normal(size=dim) for c in labels]).astype(np.float32)
known = labels >= 0
x, y = points[known].astype(np.float64), labels[known]

# Precision at k, leave-one-out.
d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(-1))
np.fill_diagonal(d, np.inf)
neighbours = np.argsort(d, axis=1, kind="stable")[:, :-1]
relevant = y[neighbours] == y[:, None]
ks = [1, 2, 6, 7, 12, 25]
rows = []
for person in [*sorted(c for c, n in sizes.items() if c >= 0 and n > 1), None]:
    asks = np.isin(y, [c for c, n in sizes.items() if n > 1]) if person is None else y == person
    for k in ks:
        n = np.array([sizes[c] for c in y[asks]])
        rows.append({"label": person, "k": k, "precision": float(relevant[asks, :k].mean()), "ceiling": float((np.minimum(k, n - 1) / k).mean()), "queries": int(asks.sum())})
out["precisionAtK"] = {"dim": dim, "points": points.ravel().tolist(), "labels": labels.tolist(), "rows": rows}

# Verification: pairs, TAR at a FAR, equal error rate by scikit-learn's ROC.
same = np.array([y[i] == y[j] for i in range(len(y)) for j in range(i + 1, len(y))])
pairs = pdist(x)
genuine, impostor = pairs[same], pairs[~same]
fpr, tpr, thresholds = roc_curve(same, -pairs, drop_intermediate=False)
at = np.argmin(np.abs(fpr - (1 - tpr)))
far = 0.02
best = np.flatnonzero(fpr <= far)[-1]
ordered = np.sort(impostor)
allowed = int(far * len(impostor))
middle = (ordered[allowed - 1] + ordered[allowed]) / 2  # the rule of calibrateVerification
out["verification"] = {
    "genuine": len(genuine), "impostor": len(impostor), "genuineSum": float(genuine.sum()), "impostorSum": float(impostor.sum()),
    "far": far, "measuredFar": float((impostor <= -thresholds[best]).mean()), "threshold": float(middle), "tar": float((genuine <= middle).mean()), "mostTar": float(tpr[best]), "equalErrorRate": float((fpr[at] + 1 - tpr[at]) / 2),
}

# Exact intervals.
cases = [[0, 10, 0.95], [10, 10, 0.95], [3, 17, 0.95], [5, 5549, 0.95], [1340, 1354, 0.99], [0, 2995, 0.9], [250_000, 1_000_000, 0.95], [1, 1, 0.95]]
out["clopperPearson"] = []
for k, n, level in cases:
    i = stats.binomtest(k, n).proportion_ci(level, method="exact")
    out["clopperPearson"].append({"successes": k, "trials": n, "level": level, "low": float(i.low), "high": float(i.high)})

# B-cubed, straight from the definition; noise (-1) made singletons, unlabelled points dropped.
truth = rng.integers(-1, 5, 90)
clusters = np.where(rng.random(90) < 0.75, truth % 4, rng.integers(-1, 6, 90))
clusters[::11] = -1
t, c = truth[truth >= 0], clusters[truth >= 0].copy()
c[c < 0] = -np.arange(1, (c < 0).sum() + 1)
together = (c[:, None] == c[None]) & (t[:, None] == t[None])
p = (together.sum(1) / (c[:, None] == c[None]).sum(1)).mean()
r = (together.sum(1) / (t[:, None] == t[None]).sum(1)).mean()
out["bCubed"] = {"truth": truth.tolist(), "clusters": clusters.tolist(), "precision": float(p), "recall": float(r), "f1": float(2 * p * r / (p + r))}

Path(__file__).with_suffix("").with_name("verification.json").write_text(json.dumps(out))
