"""Golden values for src/clusters: scikit-learn's DBSCAN on clouds with noise, borders and ties.

    python test/golden/make_clusters.py      (writes clusters.json beside itself)
"""
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN

rng = np.random.default_rng(5)
out = {"versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__}, "cases": []}


def add(name, points, radius, min_points):
    points = points.astype(np.float32)
    model = DBSCAN(eps=radius, min_samples=min_points, algorithm="brute").fit(points.astype(np.float64))
    core = np.zeros(len(points), int)
    core[model.core_sample_indices_] = 1
    out["cases"].append({"name": name, "dim": points.shape[1], "points": points.ravel().tolist(), "radius": radius, "minPoints": min_points, "labels": model.labels_.tolist(), "core": core.tolist()})


blobs = np.concatenate([rng.normal(c, 0.5, (40, 2)) for c in [(0, 0), (3, 0), (0, 3.5), (4, 4)]] + [rng.uniform(-3, 7, (40, 2))])
rng.shuffle(blobs)
for radius, min_points in [(0.3, 3), (0.45, 5), (0.45, 1), (0.7, 12)]:
    add(f"blobs {radius} {min_points}", blobs, radius, min_points)
angle = rng.uniform(0, np.pi, 120)
moons = np.stack([np.cos(angle), np.sin(angle)], 1) * 2
moons[60:] = moons[60:] * [1, -1] + [2, 0.6]
add("moons", moons + 0.1 * rng.normal(size=moons.shape), 0.35, 4)
add("grid with ties", np.stack(np.meshgrid(np.arange(7), np.arange(5)), -1).reshape(-1, 2) * [1, 1.5], 1.0, 3)
wide = np.concatenate([c + 0.05 * rng.normal(size=(12, 32)) for c in rng.normal(size=(5, 32)) * 0.3] + [rng.normal(size=(8, 32))])
add("wide", wide, 0.5, 3)

Path(__file__).with_suffix("").with_name("clusters.json").write_text(json.dumps(out))
