"""The peer of bench/train-step.ts: training steps in eager PyTorch on the CPU."""
import json
import sys
import time

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch_networks import network, soft_negative_loss, triplet_loss

net = optimizer = loss_of = batches = None
done = 0


def step():
    global done
    images, labels = batches[done % len(batches)]
    done += 1
    loss = loss_of(net(images), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


for line in sys.stdin:
    ask = json.loads(line)
    if ask["do"] == "start":
        torch.set_num_threads(ask["threads"])
        net = network(ask["preset"], ask["weights"])
        loss_of = {"student": triplet_loss, "default": soft_negative_loss}[ask["preset"]]
        optimizer = torch.optim.Adam(net.parameters(), lr=ask["learningRate"])
        images = torch.from_numpy(np.fromfile(ask["images"], dtype=np.uint8)).view(ask["batches"], -1, 28, 28)
        labels = torch.from_numpy(np.fromfile(ask["labels"], dtype="<i8")).view(ask["batches"], -1)
        batches = list(zip(images, labels))
        answer = {"version": torch.__version__}
    elif ask["do"] == "steps":
        wall, cpu = time.perf_counter(), time.process_time()
        losses = [step() for _ in range(ask["steps"])]
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "losses": losses}
    else:
        with profile(activities=[ProfilerActivity.CPU]) as p:
            for _ in range(ask["steps"]):
                step()
        answer = {"ops": {e.key: e.self_cpu_time_total / 1000 / ask["steps"] for e in p.key_averages()}}
    print(json.dumps(answer), flush=True)
