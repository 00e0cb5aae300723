#!/usr/bin/env python3
"""W1 in PyTorch: the same initial weights, the same shards, the same batches as fedround's quickstart.

Writes tests/golden/w1_pytorch.tsv, which tests/simulate/w1_reference_test.cc compares with. The random numbers
are drawn again here from the definitions in common/base/rng.h, so this is also a second implementation of them.

    /usr/bin/python3 scripts/reference/fedavg_torch.py > tests/golden/w1_pytorch.tsv

With --cost it prints the CPU seconds of one round (training, averaging and scoring) instead.
"""
import gzip
import sys
import time

import numpy as np
import torch

SEEDS = (1, 2, 3, 4, 5)
ROUNDS, CLIENTS, EXAMPLES, BATCH, RATE = 20, 10, 600, 10, 0.05
LAYERS = (784, 200, 200, 10)
INITIAL_WEIGHTS, PARTITION, BATCH_ORDER = 1, 2, 6
FOLDER = "/usr/share/datasets/fashion-mnist"


def words(seed, purpose, round_, client, count):
    """The first `count` words of a stream: Philox4x32-10 over blocks (index, purpose, round, client)."""
    blocks = -(-count // 4)
    mask = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    counter = [np.arange(blocks, dtype=np.uint64)] + [
        np.full(blocks, v, dtype=np.uint64) for v in (purpose, round_, client)
    ]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * counter[0]
        p1 = np.uint64(0xCD9E8D57) * counter[2]
        counter = [
            (p1 >> shift) ^ counter[1] ^ np.uint64(key[0]),
            p1 & mask,
            (p0 >> shift) ^ counter[3] ^ np.uint64(key[1]),
            p0 & mask,
        ]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(counter, axis=1).reshape(-1)[:count]


def normals(seed, tensor, count):
    w = words(seed, INITIAL_WEIGHTS, 0, tensor, 4 * count).reshape(count, 4)
    u = ((w[:, 0::2] << np.uint64(32)) | w[:, 1::2]) >> np.uint64(11)
    u = u.astype(np.float64) * 2.0**-53
    return np.sqrt(-2.0 * np.log(1.0 - u[:, 0])) * np.cos(2.0 * np.pi * u[:, 1])


def shuffle(values, stream):
    """Fisher-Yates from the back with Lemire's unbiased bounded draws, as Shuffle and Rng::Below."""
    stream = iter(stream)
    for i in range(len(values), 1, -1):
        product = int(next(stream)) * i
        if (product & 0xFFFFFFFF) < i:
            threshold = (2**32 - i) % i
            while (product & 0xFFFFFFFF) < threshold:
                product = int(next(stream)) * i
        j = product >> 32
        values[i - 1], values[j] = values[j], values[i - 1]
    return values


def load(kind):
    with gzip.open(f"{FOLDER}/{kind}-images-idx3-ubyte.gz") as f:
        x = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 784).astype(np.float32) / np.float32(255)
    with gzip.open(f"{FOLDER}/{kind}-labels-idx1-ubyte.gz") as f:
        y = np.frombuffer(f.read(), np.uint8, offset=8).astype(np.int64)
    return torch.from_numpy(x), torch.from_numpy(y)


def make_model(seed):
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(LAYERS, LAYERS[1:])):
        layer = torch.nn.Linear(fan_in, fan_out)
        weight = normals(seed, 2 * i, fan_in * fan_out) * np.sqrt(2.0 / fan_in)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.astype(np.float32).reshape(fan_out, fan_in)))
            layer.bias.zero_()
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def train(model, x, y, order):
    loss_of = torch.nn.CrossEntropyLoss()
    sgd = torch.optim.SGD(model.parameters(), lr=RATE)
    for first in range(0, len(order), BATCH):
        batch = order[first : first + BATCH]
        sgd.zero_grad()
        loss_of(model(x[batch]), y[batch]).backward()
        sgd.step()


def run(seed, x, y, test_x, test_y, rounds=ROUNDS):
    """Yields (round, accuracy)."""
    dealt = shuffle(list(range(len(y))), words(seed, PARTITION, 0, 0, len(y) + 64))
    model = make_model(seed)
    for round_ in range(1, rounds + 1):
        start = [p.detach().clone() for p in model.parameters()]
        total = [torch.zeros_like(p, dtype=torch.float64) for p in start]
        for client in range(CLIENTS):
            rows = torch.tensor(dealt[client * EXAMPLES : (client + 1) * EXAMPLES])
            order = shuffle(list(range(EXAMPLES)), words(seed, BATCH_ORDER, round_, client, EXAMPLES + 64))
            with torch.no_grad():
                for p, s in zip(model.parameters(), start):
                    p.copy_(s)
            train(model, x[rows], y[rows], order)
            for t, p, s in zip(total, model.parameters(), start):
                t += (p.detach() - s).double()
        with torch.no_grad():
            for p, s, t in zip(model.parameters(), start, total):
                p.copy_(s + (t / CLIENTS).float())
            accuracy = (model(test_x).argmax(1) == test_y).double().mean().item()
        yield round_, accuracy


def cost(x, y, test_x, test_y):
    # The shuffles are pure Python here: a PyTorch user's would cost nothing, so these are not counted.
    global shuffle
    shuffle = lambda values, stream: values
    starts = [time.process_time()]
    for _ in run(1, x, y, test_x, test_y, rounds=6):
        starts.append(time.process_time())
    return sorted(b - a for a, b in zip(starts[1:], starts[2:]))[2]


def main():
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--cost"]:
        print(f"{cost(*load('train'), *load('t10k')):.4f}")
        return
    print(f"# scripts/reference/fedavg_torch.py, PyTorch {torch.__version__}, NumPy {np.__version__}")
    print("seed\tround\taccuracy")
    x, y = load("train")
    test_x, test_y = load("t10k")
    for seed in SEEDS:
        for round_, accuracy in run(seed, x, y, test_x, test_y):
            print(f"{seed}\t{round_}\t{accuracy:.4f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
