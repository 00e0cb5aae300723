#!/usr/bin/python3
"""The models of three rounds of FedAdagrad, FedYogi and FedAdam, in double, as Algorithm 2 of Reddi et al. 2021
(arXiv:2003.00295) says: the numbers in tests/common/algorithm/adaptive_test.cc.

    scripts/reference/adaptive_servers.py
"""

import math

ETA, TAU = 0.1, 0.01
UPDATES = [[0.5, 0.25, -1.0], [0.5, -0.25, 0.125], [0.0, 0.0625, 0.5]]


def sign(x):
    return (x > 0) - (x < 0)


SECOND = {
    "fedadagrad": (0.0, lambda v, d: v + d * d),
    "fedyogi": (0.9, lambda v, d: v - (1 - 0.99) * d * d * sign(v - d * d)),
    "fedadam": (0.9, lambda v, d: 0.99 * v + (1 - 0.99) * d * d),
}

for name, (beta1, second) in SECOND.items():
    x, m, v = [1.0, -2.0, 3.0], [0.0] * 3, [TAU * TAU] * 3
    for update in UPDATES:
        for i, delta in enumerate(update):
            m[i] = beta1 * m[i] + (1 - beta1) * delta
            v[i] = second(v[i], delta)
            x[i] += ETA * m[i] / (math.sqrt(v[i]) + TAU)
        print(name, " ".join(f"{value:.7f}" for value in x))
