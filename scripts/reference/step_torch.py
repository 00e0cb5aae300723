#!/usr/bin/env python3
"""What a training step costs in PyTorch, one thread: the 2NN and the CNN of McMahan et al. 2017.

Prints one JSON object per line, with the keys model, batch and samples_per_s (by CPU time of the thread; the median
of short slices in which the cases take turns). Data is made up and larger than the caches; every step sees the
next batch of it.

    OPENBLAS_CORETYPE=SkylakeX ATEN_CPU_CAPABILITY=avx512 OMP_NUM_THREADS=1 /usr/bin/python3 \\
        scripts/reference/step_torch.py [--seconds S]

The variables give PyTorch 1.13 and OpenBLAS the wide vectors that they do not find on newer CPUs by themselves.
"""
import argparse
import itertools
import json
import statistics
import time

import torch
from torch import nn

CASES = (("2nn", 1), ("2nn", 10), ("2nn", 50), ("2nn", 128), ("cnn", 10), ("cnn", 50))
INPUTS, CLASSES, EXAMPLES = 784, 10, 4000
SLICE_S = 0.02


def make_model(name):
    if name == "2nn":
        return nn.Sequential(nn.Linear(INPUTS, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, CLASSES))
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 512), nn.ReLU(), nn.Linear(512, CLASSES))


class Case:
    def __init__(self, name, batch, inputs, labels):
        self.model = make_model(name)
        # Too small to change what is measured, as in fedround's own benchmark.
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=1e-6)
        self.batch = batch
        self.batches = itertools.cycle(list(zip(inputs.split(batch), labels.split(batch)))[:len(inputs) // batch])
        self.times = []
        self.run(3)
        self.steps = max(1, round(SLICE_S / (self.run(3) / 3)))

    def run(self, steps):
        """CPU seconds of so many steps."""
        start = time.thread_time()
        for _ in range(steps):
            inputs, labels = next(self.batches)
            self.optimiser.zero_grad(set_to_none=True)
            nn.functional.cross_entropy(self.model(inputs), labels).backward()
            self.optimiser.step()
        return time.thread_time() - start

    def take_turn(self):
        self.run(1)
        self.times.append(self.run(self.steps) / self.steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    inputs, labels = torch.randn(EXAMPLES, INPUTS), torch.randint(CLASSES, (EXAMPLES,))
    cases = [(name, Case(name, batch, inputs, labels)) for name, batch in CASES]
    end = time.thread_time() + options.seconds
    while time.thread_time() < end:
        for _, case in cases:
            case.take_turn()
    for name, case in cases:
        print(json.dumps({"model": name, "batch": case.batch,
                          "samples_per_s": case.batch / statistics.median(case.times)}))


if __name__ == "__main__":
    main()
