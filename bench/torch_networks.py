"""The digit networks as a PyTorch user writes them; parameters in the order and of the shapes of kindred's."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Student(nn.Module):
    def __init__(self, dim=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.dense1 = nn.Linear(3136, 128)
        self.embedding = nn.Linear(128, dim)

    def forward(self, images):
        x = images.unsqueeze(1).float() / 255
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.embedding(F.relu(self.dense1(x.flatten(1))))


class Default(nn.Module):
    def __init__(self, dim=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, stride=2)
        self.conv2 = nn.Conv2d(32, 64, 4, stride=2)
        self.conv3 = nn.Conv2d(64, 128, 3)
        self.conv4 = nn.Conv2d(128, 128, 3)
        self.dense1 = nn.Linear(128, 128)
        self.embedding = nn.Linear(128, dim)

    def forward(self, images):
        x = images.unsqueeze(1).float() / 255
        x = F.relu(self.conv4(F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))))))
        return F.normalize(self.embedding(F.relu(self.dense1(x.flatten(1)))), eps=1e-6)


def network(preset, weights_path):
    """The network with weights read from one file, parameter after parameter."""
    net = {"student": Student, "default": Default}[preset]()
    flat = torch.from_numpy(np.fromfile(weights_path, dtype="<f4"))
    nn.utils.vector_to_parameters(flat, net.parameters())
    return net


def triplet_loss(embeddings, labels):
    n = len(embeddings) // 3
    return F.triplet_margin_loss(embeddings[:n], embeddings[n : 2 * n], embeddings[2 * n :], margin=0.4)


def soft_negative_loss(embeddings, labels):
    square = embeddings.square().sum(1, keepdim=True)
    d = ((square + square.T - 2 * embeddings @ embeddings.T).clamp(min=0) + 1e-8).sqrt()
    same = labels[:, None] == labels[None]
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    soft_min = -0.1 * (d / -0.1).masked_fill(same, -1e4).logsumexp(1)
    return F.relu(d - soft_min[:, None] + 0.4)[positive].mean()
