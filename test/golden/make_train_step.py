"""Five Adam steps of the digit network in PyTorch: the oracle of the training step.

    python3 -m venv .venv && .venv/bin/pip install torch==2.13.0 numpy && .venv/bin/python test/golden/make_train_step.py

Weights and images come from integer formulas that the test repeats, so the file holds results alone. The network is written as a PyTorch
user would write it (ReLU before the pool, torch's own triplet_margin_loss and Adam).
Recorded: the loss of each step, the gradient's norm at the first, and of every parameter after five steps its norm, its change's norm,
four projections and 200 entries.

Adam's epsilon is 1e-5 here. The triplet loss does not change when all embeddings move together, so the gradient of the last bias is zero but
for rounding (2e-8), and with the default 1e-8 Adam would blow that noise up to whole steps: PyTorch in float32 and in float64 then differ by 6e-4.
"""
import json, os, sys
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

torch.set_num_threads(1)
T = 24  # triplets

def pattern(n, salt):
    """Integers 0..65535 from a multiplicative hash (Knuth), the same in JavaScript."""
    i = np.arange(n, dtype=np.uint64) + np.uint64(salt * 7919)
    return (((i * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)) >> np.uint64(16)).astype(np.int64)

def weights(shape, salt):
    n = int(np.prod(shape))
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 64
    return (((pattern(n, salt) / 65535.0) * 2 - 1) * np.sqrt(3.0 / fan_in)).astype(np.float32).reshape(shape)

def images(n):
    """Image i shows the pattern of its class (anchors and positives i mod 5, negatives i+1 mod 5) under stronger noise."""
    classes = [pattern(784, 50 + c) % 96 for c in range(5)]
    noise = pattern(n * 784, 99).reshape(n, 784) % 160
    out = np.stack([classes[(i % T + (i >= 2 * T)) % 5] + noise[i] for i in range(n)]).reshape(n, 28, 28)
    out[:, :6, :] = 0; out[:, :, :5] = 0; out[:, 22:, :] = 0; out[:, :, 23:] = 0  # blank borders: ties in the pool
    return out.astype(np.uint8)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.dense1 = nn.Linear(3136, 128)
        self.embedding = nn.Linear(128, 10)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.embedding(F.relu(self.dense1(x.flatten(1))))

net = Net()
names = ['conv1.weight', 'conv1.bias', 'conv2.weight', 'conv2.bias', 'dense1.weight', 'dense1.bias', 'embedding.weight', 'embedding.bias']
params = dict(net.named_parameters())
start = {}
for salt, name in enumerate(names):
    start[name] = weights(tuple(params[name].shape), salt + 1)
    params[name].data = torch.from_numpy(start[name].copy())
x = torch.from_numpy(images(3 * T)).float()[:, None] / 255
opt = torch.optim.Adam(net.parameters(), lr=2e-4, eps=1e-5)
losses, grad_norms = [], {}
for step in range(5):
    e = net(x)
    loss = F.triplet_margin_loss(e[:T], e[T:2 * T], e[2 * T:], margin=0.4)
    opt.zero_grad(); loss.backward()
    if step == 0:
        grad_norms = {n: float(params[n].grad.double().norm()) for n in names}
    opt.step()
    losses.append(float(loss.detach()))

def describe(name):
    w = params[name].detach().double().numpy().ravel()
    stride = max(1, len(w) // 200)
    return {
        'norm': float(np.linalg.norm(w)),
        'change': float(np.linalg.norm(w - start[name].astype(np.float64).ravel())),
        'projections': [float((w * ((pattern(len(w), 1000 + k) / 65535.0) * 2 - 1)).sum()) for k in range(4)],
        'stride': stride,
        'entries': [float(np.float32(v)) for v in w[::stride][:200]],
    }

out = {
    'made_by': 'test/golden/make_train_step.py',
    'versions': {'python': sys.version.split()[0], 'torch': torch.__version__, 'numpy': np.__version__},
    'triplets': T, 'margin': 0.4, 'lr': 2e-4, 'epsilon': 1e-5, 'losses': losses, 'gradientNorms': grad_norms,
    'parameters': {n: describe(n) for n in names},
}
with open(os.path.join(os.path.dirname(__file__), 'train_step.json'), 'w') as f:
    json.dump(out, f)
    f.write('\n')
print(losses)
