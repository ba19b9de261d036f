"""The peer of bench/tsne.ts: scikit-learn's Barnes-Hut t-SNE, one run for each request line."""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.manifold import TSNE

for line in sys.stdin:
    ask = json.loads(line)
    points = np.fromfile(ask["points"], dtype="<f4").reshape(-1, ask["dim"])
    wall, cpu = time.perf_counter(), time.process_time()
    model = TSNE(method="barnes_hut", perplexity=ask["perplexity"], max_iter=ask["iterations"], init="pca", angle=0.5, random_state=ask["seed"])
    positions = model.fit_transform(points)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    positions.astype("<f4").tofile(ask["positions"])
    print(json.dumps({"wall": wall, "cpu": cpu, "iterations": int(model.n_iter_) + 1, "ownKl": float(model.kl_divergence_), "version": sklearn.__version__}), flush=True)
