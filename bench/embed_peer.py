"""The peer of bench/embed.ts: embedding images with eager PyTorch on the CPU, in batches."""
import json
import sys
import time

import numpy as np
import torch
from torch_networks import network

net = images = None
for line in sys.stdin:
    ask = json.loads(line)
    if ask["do"] == "start":
        torch.set_num_threads(ask["threads"])
        net = network(ask["preset"], ask["weights"]).eval()
        images = torch.from_numpy(np.fromfile(ask["images"], dtype=np.uint8)).view(-1, 28, 28)
        answer = {"version": torch.__version__}
    else:
        with torch.inference_mode():
            wall, cpu = time.perf_counter(), time.process_time()
            embeddings = torch.cat([net(batch) for batch in images[: ask["total"]].split(ask["batch"])])
            answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        if "embeddings" in ask:
            embeddings.numpy().astype("<f4").tofile(ask["embeddings"])
    print(json.dumps(answer), flush=True)
