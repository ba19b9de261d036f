"""Golden values for src/data: .npy files by numpy, distance transform and image warps by scipy.

    python test/golden/make_data.py      (writes data.json beside itself)
"""
import base64
import io
import json
from pathlib import Path

import numpy as np
import scipy
from scipy import ndimage

rng = np.random.default_rng(11)
out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__}}


def b64(data):
    return base64.b64encode(data).decode()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return {"shape": list(array.shape), "values": array.ravel().astype(np.float64).tolist(), "file": b64(buffer.getvalue())}


out["npy"] = {
    "float32": npy(rng.normal(size=(3, 5)).astype(np.float32)),
    "float64": npy(rng.normal(size=(4, 2))),
    "flat": npy(rng.normal(size=7).astype(np.float32)),
    "fortran": npy(np.asfortranarray(rng.normal(size=(3, 4)).astype(np.float32))),
    "int64": npy(np.arange(6).reshape(2, 3)),
}

# A blob image: distances to the nearest ink pixel and to the nearest paper pixel, squared.
h, w = 19, 26
ink = ndimage.gaussian_filter(rng.normal(size=(h, w)), 1.6)
mask = (ink > 0.12).astype(np.uint8)
out["distance"] = {
    "height": h,
    "width": w,
    "mask": mask.ravel().tolist(),
    "toInk": np.rint(ndimage.distance_transform_edt(mask == 0) ** 2).ravel().tolist(),
    "toPaper": np.rint(ndimage.distance_transform_edt(mask == 1) ** 2).ravel().tolist(),
}

# Warps: the uniform draws in the augmenter's order (angle, scale x, scale y, shear, shift x, shift y, then x and y of each grid node).
picture = np.clip(ndimage.gaussian_filter(rng.normal(size=(28, 28)), 1.2) * 600 + 60, 0, 255).astype(np.uint8)
cases = []
for elastic in (0.0, 3.0):
    limits = {"rotate": 25.0, "scale": 0.2, "shear": 0.3, "translate": 2.5, "elastic": elastic}
    nodes = 5
    draws = rng.uniform(size=6 + (2 * nodes * nodes if elastic else 0))
    signed = 2 * draws - 1
    angle = np.deg2rad(limits["rotate"]) * signed[0]
    scale = np.diag([1 + limits["scale"] * signed[1], 1 + limits["scale"] * signed[2]])
    shear = np.array([[1, limits["shear"] * signed[3]], [0, 1]])
    shift = limits["translate"] * signed[4:6]
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(rotation @ shear @ scale)
    ys, xs = np.mgrid[0:28, 0:28].astype(np.float64)
    at = np.stack([xs - 13.5 - shift[0], ys - 13.5 - shift[1]]).reshape(2, -1)
    u, v = (back @ at).reshape(2, 28, 28) + 13.5
    if elastic:
        grid = elastic * signed[6:].reshape(nodes, nodes, 2)
        where = [ys / 7, xs / 7]
        u = u + ndimage.map_coordinates(grid[:, :, 0], where, order=1)
        v = v + ndimage.map_coordinates(grid[:, :, 1], where, order=1)
    warped = ndimage.map_coordinates(picture.astype(np.float64), [v, u], order=1, mode="grid-constant", cval=0)
    cases.append({"limits": limits, "draws": draws.tolist(), "warped": np.round(warped, 4).ravel().tolist()})
out["warp"] = {"picture": picture.ravel().tolist(), "cases": cases}

Path(__file__).with_name("data.json").write_text(json.dumps(out) + "\n")
