"""Golden values for src/metrics, from scikit-learn and scipy; MAP@R and friends from the paper's formulas in plain numpy.

    python test/golden/make_metrics.py      (writes metrics.json beside itself)
"""
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics as m
from sklearn.neighbors import KNeighborsClassifier

rng = np.random.default_rng(7)
out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}}

# Embeddings: five overlapping classes of unequal size, labels with gaps, one class of a single point.
dim = 4
sizes = {0: 40, 2: 30, 3: 25, 7: 20, 9: 1}
labels = np.concatenate([np.full(n, c) for c, n in sizes.items()])
rng.shuffle(labels)
centres = {c: rng.normal(size=dim) for c in sizes}
points = np.stack([centres[c] + 0.8 * rng.normal(size=dim) for c in labels]).astype(np.float32)
x = points.astype(np.float64)
d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(-1))


def order(rows, columns, same):
    a = np.sqrt(((rows[:, None] - columns[None]) ** 2).sum(-1))
    if same:
        np.fill_diagonal(a, np.inf)
    o = np.argsort(a, axis=1, kind="stable")
    return o[:, :-1] if same else o


def retrieval(neighbours, query_labels, reference_labels, same):
    """Musgrave et al. 2020, section 3.2; a query without a match is left out."""
    rows, lone = [], 0
    for q, label in enumerate(query_labels):
        R = int((reference_labels == label).sum()) - int(same)
        if R == 0:
            lone += 1
            continue
        rel = (reference_labels[neighbours[q]] == label).astype(float)
        p_at = np.cumsum(rel) / np.arange(1, len(rel) + 1)
        rows.append([label, rel[0], rel[:R].sum() / R, (p_at[:R] * rel[:R]).sum() / R, *[float(rel[:k].any()) for k in (1, 3, 10)]])
    rows = np.array(rows)
    by_class = np.stack([rows[rows[:, 0] == c].mean(0) for c in np.unique(rows[:, 0])])
    name = lambda r: {"precisionAt1": r[1], "rPrecision": r[2], "mapAtR": r[3], "recallAt": {"1": r[4], "3": r[5], "10": r[6]}}
    return {"queries": name(rows.mean(0)), "classes": name(by_class.mean(0)), "count": len(rows), "lone": lone}


loo = order(x, x, True)
ref, ref_labels, qry, qry_labels = x[:80], labels[:80], x[80:], labels[80:]
split = order(qry, ref, False)
clusters = (labels * 3 + rng.integers(0, 3, len(labels)) * (rng.random(len(labels)) < 0.4)) % 6
same = (labels[:, None] == labels[None]) & ~np.eye(len(labels), dtype=bool)
knn = KNeighborsClassifier(1).fit(ref, ref_labels)
out["embedding"] = {
    "dim": dim,
    "points": points.ravel().tolist(),
    "labels": labels.tolist(),
    "clusters": clusters.tolist(),
    "references": 80,
    "leaveOneOut": retrieval(loo, labels, labels, True),
    "split": retrieval(split, qry_labels, ref_labels, False),
    "accuracy1": float((knn.predict(qry) == qry_labels).mean()),
    "silhouette": float(m.silhouette_score(x, labels)),
    "intra": float(d[same].mean()),
    "inter": float(d[labels[:, None] != labels[None]].mean()),
    "between02": float(d[np.ix_(labels == 0, labels == 2)].mean()),
    "nmi": float(m.normalized_mutual_info_score(labels, clusters)),
    "ami": float(m.adjusted_mutual_info_score(labels, clusters)),
    "ari": float(m.adjusted_rand_score(labels, clusters)),
}

# Classification: probabilities over six classes, over-confident, with mistakes.
c = 6
truth = rng.integers(0, c, 300)
logits = rng.normal(size=(300, c)) * 1.5
logits[np.arange(300), truth] += 1.2
p = np.exp(logits * 1.6)
p = (p / p.sum(1, keepdims=True)).astype(np.float32).astype(np.float64)
p /= p.sum(1, keepdims=True)
pred = p.argmax(1)
conf = p.max(1)
bins = np.clip(np.ceil(conf * 15).astype(int) - 1, 0, 14)
gaps = [(float((bins == b).mean()), abs(float((pred == truth)[bins == b].mean() - conf[bins == b].mean()))) for b in range(15) if (bins == b).any()]
precision, recall, f1, support = m.precision_recall_fscore_support(truth, pred)
out["classification"] = {
    "classes": c,
    "probabilities": p.ravel().tolist(),
    "truth": truth.tolist(),
    "accuracy": float(m.accuracy_score(truth, pred)),
    "confusion": m.confusion_matrix(truth, pred).ravel().tolist(),
    "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
    "ece": sum(w * g for w, g in gaps), "mce": max(g for _, g in gaps),
    "nll": float(m.log_loss(truth, p)),
    "brier": float(m.brier_score_loss(truth, p, scale_by_half=False)),
}

# Two groups of scores with many ties (rounded to .1), high = in.
inside = np.round(rng.normal(1.0, 1.0, 137), 1)
outside = np.round(rng.normal(-0.2, 1.2, 91), 1)
correct = rng.random(137) < 0.8
y = np.r_[np.ones(137), np.zeros(91)]
s = np.r_[inside, outside]


def fpr95(y, s):
    fpr, tpr, _ = m.roc_curve(y, s, drop_intermediate=False)
    return float(fpr[np.argmax(tpr >= 0.95)])


fpr, tpr, _ = m.roc_curve(y, s, drop_intermediate=False)
ts = np.r_[np.inf, np.unique(s)[::-1]]
ccr = np.array([((inside >= t) & correct).mean() for t in ts])
fa = np.array([(outside >= t).mean() for t in ts])
t0 = 0.3
out["ranking"] = {
    "inside": inside.tolist(), "outside": outside.tolist(), "correct": correct.astype(int).tolist(),
    "auroc": float(m.roc_auc_score(y, s)),
    "auprIn": float(m.average_precision_score(y, s)), "auprOut": float(m.average_precision_score(1 - y, -s)),
    "fpr95": fpr95(y, s), "fpr95OutPositive": fpr95(1 - y, -s),
    "roc": {"x": fpr.tolist(), "y": tpr.tolist()},
    "oscr": float(np.trapezoid(ccr, fa)), "oscrCurve": {"x": fa.tolist(), "y": ccr.tolist()},
    "threshold": t0,
    "keptShare": float((inside >= t0).mean()), "keptRightShare": float(((inside >= t0) & correct).mean()), "rejectedShare": float((outside < t0).mean()),
}

# Intervals and tests.
wilson = []
for k, n, level in [(9, 10, 0.95), (0, 20, 0.95), (20, 20, 0.9), (4837, 5000, 0.99), (1, 3, 0.5)]:
    ci = stats.binomtest(k, n).proportion_ci(level, "wilson")
    wilson.append([k, n, level, ci.low, ci.high])
mcnemar = [[b, c, float(stats.binomtest(min(b, c), b + c).pvalue)] for b, c in [(3, 11), (25, 40), (7, 7), (180, 260), (1, 0)]]
values = rng.exponential(size=80)
boot = stats.bootstrap((values,), np.mean, n_resamples=20000, method="percentile", rng=1).confidence_interval
out["intervals"] = {
    "wilson": wilson, "mcnemar": mcnemar,
    "normalQuantile": [[q, float(stats.norm.ppf(q))] for q in (0.025, 0.2, 0.5, 0.9, 0.975, 0.9995, 0.999999)],
    "bootstrap": {"values": values.tolist(), "low": float(boot.low), "high": float(boot.high), "sd": float(values.std() / np.sqrt(80))},
}
Path(__file__).with_name("metrics.json").write_text(json.dumps(out))
