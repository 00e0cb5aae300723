#!/usr/bin/python3
"""Trains a small network in PyTorch, in float64, and writes what our own must reproduce.

usage: scripts/golden/nn_torch.py > tests/golden/nn_torch.json   (Debian: python3-torch)

Weights start as float32 numbers, so both sides start from the same point. Flat parameters are in the
order of `Network::tensors()`, which is PyTorch's.
"""

import json
import platform

import torch

WIDTHS = [7, 5, 4, 3]
BATCH = 6
ACTIVATIONS = {
    "gelu": torch.nn.GELU,
    "identity": torch.nn.Identity,
    "relu": torch.nn.ReLU,
    "sigmoid": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
}
PLAIN = {"learning_rate": 0.125, "momentum": 0.0, "weight_decay": 0.0}
CASES = [(name, PLAIN) for name in ACTIVATIONS] + [
    ("relu", {"learning_rate": 0.125, "momentum": 0.875, "weight_decay": 0.03125}),
    ("gelu", {"learning_rate": 0.125, "momentum": 0.0, "weight_decay": 0.03125}),
]


def make_network(activation, generator):
    layers = []
    for fan_in, fan_out in zip(WIDTHS, WIDTHS[1:]):
        layer = torch.nn.Linear(fan_in, fan_out)
        layer.weight.data = torch.randn(fan_out, fan_in, generator=generator) / fan_in**0.5
        layer.bias.data = torch.randn(fan_out, generator=generator) * 0.1
        layers += [layer, ACTIVATIONS[activation]()]
    return torch.nn.Sequential(*layers[:-1]).double()


def flat(tensors):
    values = torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).tolist()
    return [float(f"{value:.9g}") for value in values]


def run(activation, options):
    generator = torch.Generator().manual_seed(1)
    network = make_network(activation, generator)
    inputs = torch.randn(BATCH, WIDTHS[0], generator=generator)
    labels = torch.randint(WIDTHS[-1], (BATCH,), generator=generator)
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=options["learning_rate"],
        momentum=options["momentum"],
        weight_decay=options["weight_decay"],
    )
    case = {
        "activation": activation,
        **options,
        "inputs": flat([inputs]),
        "labels": labels.tolist(),
        "initial": flat(network.parameters()),
    }
    for step in range(1, 11):
        optimiser.zero_grad()
        logits = network(inputs.double())
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        optimiser.step()
        if step == 1:
            case["loss_before_step_1"] = loss.item()
            case["correct_before_step_1"] = int((logits.argmax(1) == labels).sum())
            case["after_1_step"] = flat(network.parameters())
    case["loss_before_step_10"] = loss.item()
    case["after_10_steps"] = flat(network.parameters())
    return case


def main():
    head = {
        "made_by": "scripts/golden/nn_torch.py",
        "tool": f"PyTorch {torch.__version__}, Python {platform.python_version()}",
        "widths": WIDTHS,
    }
    lines = [f'"{key}": {json.dumps(value)}' for key, value in head.items()]
    cases = ",\n".join(json.dumps(run(*case)) for case in CASES)
    print("{" + ",\n".join(lines) + ',\n"cases": [\n' + cases + "\n]}")


main()
