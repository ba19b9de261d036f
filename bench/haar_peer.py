"""The peer of bench/haar.ts: OpenCV's CascadeClassifier, `repeats` passes over the same grey images for each request line."""
import json
import sys
import time

import cv2
import numpy as np

cascades = {}
for line in sys.stdin:
    ask = json.loads(line)
    if ask.get("threads"):
        cv2.setNumThreads(ask["threads"])
    cascade = cascades.setdefault(ask["cascade"], cv2.CascadeClassifier(ask["cascade"]))
    flat = np.fromfile(ask["pixels"], dtype=np.uint8)
    images, at = [], 0
    for height, width in ask["sizes"]:
        images.append(flat[at : at + height * width].reshape(height, width))
        at += height * width
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(ask["repeats"]):
        boxes = [cascade.detectMultiScale(image, ask["scaleFactor"], ask["minNeighbors"]) for image in images]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = [sorted([int(v) for v in box] for box in image) for image in boxes]
    print(json.dumps({"wall": wall, "cpu": cpu, "boxes": found, "version": cv2.__version__}), flush=True)
