"""The gallery's peers: FAISS IndexFlatL2 and numpy brute force, one query at a time, as `bench/gallery.ts` asks on stdin.

{"load": path, "dim": d}                         reads float32 rows, builds the index
{"search": path, "k": k, "engine": "faiss"|"numpy"}  answers each query by itself: seconds a query, ids of the k nearest
"""
import json
import sys
import time

import faiss
import numpy as np


def cpu():
    return time.process_time()


points = squared = index = None
for line in sys.stdin:
    request = json.loads(line)
    if "load" in request:
        dim = request["dim"]
        points = np.fromfile(request["load"], "<f4").reshape(-1, dim)
        squared = np.einsum("ij,ij->i", points, points)
        index = faiss.IndexFlatL2(dim)
        index.add(points)
        answer = {"rows": len(points), "faiss": faiss.__version__, "numpy": np.__version__, "threads": faiss.omp_get_max_threads()}
    else:
        queries = np.fromfile(request["search"], "<f4").reshape(-1, points.shape[1])
        k = request["k"]
        times, ids = [], []
        cpu0, wall0 = cpu(), time.perf_counter()
        for query in queries:
            start = time.perf_counter()
            if request["engine"] == "faiss":
                _, near = index.search(query[None], k)
                near = near[0]
            else:
                distances = squared - 2 * (points @ query)
                near = np.argpartition(distances, k)[:k]
                near = near[np.argsort(distances[near])]
            times.append(time.perf_counter() - start)
            ids.append(near.tolist())
        answer = {"wall": time.perf_counter() - wall0, "cpu": cpu() - cpu0, "times": times, "ids": ids}
    print(json.dumps(answer), flush=True)
