#!/usr/bin/python3
"""Writes the values of PyTorch's activations and of their derivatives, in float64.

usage: scripts/golden/activations_torch.py > tests/golden/activations_torch.json   (Debian: python3-torch)
"""

import json
import platform

import torch
from torch import nn

# What an experiment says, and PyTorch's module.
CASES = [
    ("elu", {}, nn.ELU()),
    ("elu", {"alpha": 2.5}, nn.ELU(2.5)),
    ("gelu", {}, nn.GELU()),
    ("gelu_tanh", {}, nn.GELU(approximate="tanh")),
    ("hardswish", {}, nn.Hardswish()),
    ("hardtanh", {}, nn.Hardtanh()),
    ("identity", {}, nn.Identity()),
    ("leaky_relu", {}, nn.LeakyReLU()),
    ("leaky_relu", {"slope": 0.3}, nn.LeakyReLU(0.3)),
    ("mish", {}, nn.Mish()),
    ("relu", {}, nn.ReLU()),
    ("relu6", {}, nn.ReLU6()),
    ("selu", {}, nn.SELU()),
    ("sigmoid", {}, nn.Sigmoid()),
    ("silu", {}, nn.SiLU()),
    ("softplus", {}, nn.Softplus()),
    ("tanh", {}, nn.Tanh()),
]
# No kink among them.
POINTS = [-19.5, -7.25, -3.5, -2.75, -1.5, -0.75, -0.125, 0.125, 0.75, 1.5, 2.75, 3.5, 7.25, 19.5]


def case(name, options, module):
    z = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    value = module(z)
    value.sum().backward()
    return {"activation": name, "options": options, "value": value.tolist(), "slope": z.grad.tolist()}


print(json.dumps({
    "made_by": f"scripts/golden/activations_torch.py, PyTorch {torch.__version__}, Python {platform.python_version()}",
    "points": POINTS,
    "cases": [case(*c) for c in CASES],
}, indent=1))
