#!/usr/bin/python3
"""Trains small networks in PyTorch, in float64, and writes the results that ours must reproduce.

usage: scripts/golden/nn_torch.py > tests/golden/nn_torch.json   (Debian: python3-torch)

Weights start as float32 numbers, so both sides start from the same point. Flat parameters are in the
order of `Network::tensors()`, which is PyTorch's. Images are written channels last.
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


# A case is (activation, options of SGD, layers); without layers it is the MLP of WIDTHS.
IMAGE = (9, 8, 2)
LAYERS = [
    {"name": "conv2d", "channels": 4, "kernel": 3, "padding": 1},
    {"name": "activation"},
    {"name": "max_pool"},
    {"name": "conv2d", "channels": 5, "kernel": 3, "stride": 2, "padding": 2},
    {"name": "layer_norm"},
    {"name": "activation", "activation": "tanh"},
    {"name": "flatten"},
    {"name": "dense", "units": 6},
    {"name": "layer_norm"},
    {"name": "activation"},
]
CASES = [(*case, []) for case in CASES] + [
    ("gelu", PLAIN, LAYERS),
    ("relu", {"learning_rate": 0.125, "momentum": 0.5, "weight_decay": 0.03125}, LAYERS),
]


def make_mlp(activation, generator):
    layers = []
    for fan_in, fan_out in zip(WIDTHS, WIDTHS[1:]):
        layer = torch.nn.Linear(fan_in, fan_out)
        layer.weight.data = torch.randn(fan_out, fan_in, generator=generator) / fan_in**0.5
        layer.bias.data = torch.randn(fan_out, generator=generator) * 0.1
        layers += [layer, ACTIVATIONS[activation]()]
    return torch.nn.Sequential(*layers[:-1]).double()


def make_layer(layer, shape, activation):
    """`shape` is what the layer gets, without the batch."""
    name = layer["name"]
    if name == "conv2d":
        return torch.nn.Conv2d(shape[0], layer["channels"], layer["kernel"], layer.get("stride", 1), layer["padding"])
    if name == "layer_norm":
        return torch.nn.LayerNorm(list(shape))
    if name == "dense":
        return torch.nn.Linear(shape[0], layer["units"])
    if name == "activation":
        return ACTIVATIONS[layer.get("activation", activation)]()
    return {"max_pool": torch.nn.MaxPool2d(2), "flatten": torch.nn.Flatten()}[name]


def make_custom(layers, activation, generator):
    height, width, channels = IMAGE
    value = torch.zeros(1, channels, height, width)
    modules = []
    for layer in layers + [{"name": "dense", "units": WIDTHS[-1]}]:
        modules.append(make_layer(layer, value.shape[1:], activation))
        value = modules[-1](value)
    network = torch.nn.Sequential(*modules)
    for module in modules:
        for name, tensor in module.named_parameters():
            middle = 1.0 if isinstance(module, torch.nn.LayerNorm) and name == "weight" else 0.0
            spread = 0.1 if name == "bias" or middle else tensor[0].numel() ** -0.5
            tensor.data = middle + spread * torch.randn(tensor.shape, generator=generator)
    return network.double()


def flat(tensors):
    values = torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).tolist()
    return [float(f"{value:.9g}") for value in values]


def make(activation, layers, generator):
    """The network, its inputs, and what a case says of them."""
    if not layers:
        network = make_mlp(activation, generator)
        inputs = torch.randn(BATCH, WIDTHS[0], generator=generator)
        return network, inputs, {"inputs": flat([inputs])}
    network = make_custom(layers, activation, generator)
    height, width, channels = IMAGE
    inputs = torch.randn(BATCH, channels, height, width, generator=generator)
    return network, inputs, {"image": IMAGE, "layers": layers, "inputs": flat([inputs.permute(0, 2, 3, 1)])}


def run(activation, options, layers):
    generator = torch.Generator().manual_seed(1)
    network, inputs, described = make(activation, layers, generator)
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
        **described,
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
