"""Golden values for src/projection/pca.ts, from scikit-learn's PCA in float64 on float32 points.

    python test/golden/make_pca.py      (writes pca.json beside itself)
"""
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.decomposition import PCA

rng = np.random.default_rng(3)


def case(points, components):
    points = points.astype(np.float32)
    model = PCA(n_components=components, svd_solver="full").fit(points.astype(np.float64))
    return {
        "dim": points.shape[1],
        "components": components,
        "points": [float(v) for v in points.ravel()],
        "mean": model.mean_.tolist(),
        "axes": model.components_.ravel().tolist(),
        "explainedVariance": model.explained_variance_.tolist(),
        "explainedVarianceRatio": model.explained_variance_ratio_.tolist(),
        "transformed": model.transform(points.astype(np.float64)).ravel().tolist(),
    }


mix = rng.normal(size=(8, 8))
tall = rng.normal(size=(40, 8)) @ mix + rng.normal(size=8) * 5
wide = rng.normal(size=(6, 30)) * np.linspace(3, 0.2, 30) + 2
# Two real directions, one column a copy of another, one column constant: the covariance is singular.
flat = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 7))
flat[:, 3] = flat[:, 1]
flat[:, 5] = 4.0

out = {
    "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    "tall": case(tall, 5),
    "wide": case(wide, 4),
    "rank deficient": case(flat, 2),
}
Path(__file__).with_name("pca.json").write_text(json.dumps(out) + "\n")
