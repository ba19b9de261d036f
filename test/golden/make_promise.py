"""Golden values for conformal promises and the drift test in src/openset, from scipy.

    python test/golden/make_promise.py      (writes promise.json beside itself)
"""
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.special import kolmogorov
from scipy.stats import beta, ks_2samp

rng = np.random.default_rng(5)
out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__}, "beta": [], "ks": []}

for n, keep in [(30, 0.95), (40, 0.95), (59, 0.9), (99, 0.99), (100, 0.84), (5000, 0.95), (5000, 0.84), (19, 0.95)]:
    place = int(np.floor((1 - keep) * (n + 1) + 1e-9))
    low, high = beta.ppf([0.025, 0.975], n + 1 - place, place)
    out["beta"].append({"n": n, "keep": keep, "low": float(low), "high": float(high)})

for n, m, shift, digits in [(20, 20, 0, 9), (31, 25, 1.2, 9), (50, 20, 0.3, 9), (200, 23, -0.8, 9), (40, 60, 0, 1), (500, 100, 0.5, 9), (7, 5, 0.2, 9), (60, 60, 3, 9)]:
    a, b = np.round(rng.normal(size=n), digits), np.round(rng.normal(size=m) + shift, digits)
    r = ks_2samp(a, b, method="exact")
    out["ks"].append({"a": a.tolist(), "b": b.tolist(), "d": float(r.statistic), "p": float(r.pvalue), "sign": int(r.statistic_sign)})

# Beyond the exact count: Kolmogorov's limit.
a, b = np.arange(5000) / 5000, (np.arange(4500) / 4500) ** 1.05
d = float(ks_2samp(a, b, method="asymp").statistic)
out["large"] = {"power": 1.05, "d": d, "p": float(kolmogorov(np.sqrt(5000 * 4500 / 9500) * d))}
Path(__file__).with_name("promise.json").write_text(json.dumps(out))
