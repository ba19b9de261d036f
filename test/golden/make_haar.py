"""Boxes that OpenCV's cascades find on the photos of ../shared/data/celeb5.

    pip install opencv-python-headless==4.12.0.88
    python test/golden/make_haar.py

Also writes haarcascade_frontalface_default.xml.gz, the second cascade of the test, from OpenCV's own package (its licence is in its header).
Photos are named by their SHA-256, and the SHA-256 of the grey pixels is kept, so that a reader knows that it looks at the same numbers.
"""
import gzip
import hashlib
import json
import pathlib
import sys

import cv2

here = pathlib.Path(__file__).parent
root = here.parent.parent
photos = root.parent / "shared" / "data" / "celeb5"
settings = [{"scaleFactor": 1.1, "minNeighbors": 3, "minSize": 0}, {"scaleFactor": 1.25, "minNeighbors": 1, "minSize": 40}]
default = pathlib.Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
paths = {"alt2": root / "assets" / "haarcascade_frontalface_alt2.xml", "default": default}

(here / "haarcascade_frontalface_default.xml.gz").write_bytes(gzip.compress(default.read_bytes(), 9, mtime=0))
cascades = {name: cv2.CascadeClassifier(str(path)) for name, path in paths.items()}
out = {}
for path in sorted(photos.rglob("*.jpg")):
    image = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    boxes = {}
    for name, cascade in cascades.items():
        boxes[name] = []
        for s in settings:
            found = cascade.detectMultiScale(gray, s["scaleFactor"], s["minNeighbors"], minSize=(s["minSize"], s["minSize"]))
            boxes[name].append(sorted([int(v) for v in box] for box in found))
    key = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    out[key] = {"gray": hashlib.sha256(gray.tobytes()).hexdigest()[:16], **boxes}
target = here / "haar.json"
lines = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in out.items())
target.write_text(
    f'{{\n  "versions": {json.dumps({"opencv": cv2.__version__, "python": sys.version.split()[0]})},\n  "settings": {json.dumps(settings)},\n  "photos": {{\n{lines}\n  }}\n}}\n'
)
