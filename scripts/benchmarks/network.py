"""A training step and an activation: against the machine's limits, PyTorch and oneDNN."""
import json
import subprocess

from peers import PYTORCH, install, reference
from runs import BIN, row, spread


class Missing(Exception):
    """This build or machine cannot run a case; the message says why."""


def bench(*arguments):
    """The rows of one `fedround bench`."""
    done = subprocess.run([BIN / "fedround", "bench", *arguments, "--format", "json"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Missing(done.stderr.strip())
    return json.loads(done.stdout)


def pytorch():
    """Samples per second by (model, batch)."""
    output = reference("step_torch.py", environment=PYTORCH)
    rows = map(json.loads, output.splitlines())
    return {(step["model"], step["batch"]): step["samples_per_s"] for step in rows}


def pick(rows, **wanted):
    """The one row with these values."""
    found = [entry for entry in rows if all(entry.get(key) == value for key, value in wanted.items())]
    if len(found) != 1:
        raise SystemExit(f"scripts/bench: {len(found)} rows of fedround bench have {wanted}, not one")
    return found[0]


def relu(rows, **wanted):
    return pick(rows, row="step", activation="relu", kernel="fast", **wanted)


class Turns:
    """Values by what they are, over several turns."""

    def __init__(self):
        self.values = {}

    def add(self, what, value):
        self.values.setdefault(what, []).append(value)

    def row(self, what, target, form="{:.2f}"):
        if what in self.values:
            row(what, spread(self.values[what], form), target)


def add_dense(turns, peer):
    rows = bench("step", "--model", "2nn", "--batch", "1,10,50,128", "--activation", "gelu", "--peer", "onednn",
                 "--seconds", "3")
    for batch in (1, 10, 50, 128):
        step = relu(rows, batch=batch)
        turns.add(f"2NN, batch {batch}: share of peak", step["peak_ratio"])
        turns.add(f"2NN, batch {batch}: share of L2 limit", step["l2_ratio"])
        turns.add(f"2NN, batch {batch}: / PyTorch", step["samples_per_s"] / peer["2nn", batch])
        turns.add(f"2NN, batch {batch}: / oneDNN", pick(rows, row="peer", batch=batch)["ratio"])
        again = pick(rows, row="difference", batch=batch, a="relu")
        gelu = pick(rows, row="difference", batch=batch, a="gelu")
        turns.add(f"2NN, batch {batch}: A/A, % of a step", 100 * again["share"])
        turns.add(f"2NN, batch {batch}: gelu - relu, % of a step", 100 * gelu["share"])
        turns.add(f"2NN, batch {batch}: gelu - relu is significant", gelu["significant"])
    turns.add("evaluation of 10,000: share of peak", relu(rows, **{"pass": "forward"})["peak_ratio"])


def add_mnist(turns, peer):
    rows = bench("step", "--model", "2nn", "--batch", "10", "--data", "mnist", "--activation", "relu", "--seconds", "2")
    turns.add("2NN on MNIST, batch 10: / PyTorch",
              relu(rows, **{"pass": "train"})["samples_per_s"] / peer["2nn", 10])


def add_cnn(turns, peer):
    rows = bench("step", "--model", "cnn", "--batch", "10,50", "--activation", "relu", "--seconds", "4")
    for batch in (10, 50):
        step = relu(rows, batch=batch)
        turns.add(f"CNN, batch {batch}: share of peak", step["peak_ratio"])
        turns.add(f"CNN, batch {batch}: / PyTorch", step["samples_per_s"] / peer["cnn", batch])


def add_activations(turns):
    rows = bench("activations", "--elements", "2000", "--kernel", "fast", "--seconds", "0.5")
    ours = [entry for entry in rows if entry.get("kernel") == "fast"]
    for way in ("forward", "backward"):
        for entry in ours:
            if f"{way}_ns" in entry:  # of a time below the resolution there is only a bound
                turns.add((way, "ns", entry["activation"]), entry[f"{way}_ns"])
            if f"{way}_of_peer" in entry:
                turns.add((way, "/ peer", entry["activation"]), entry[f"{way}_of_peer"])


def row_of_slowest(turns, what, way, unit, target, among=lambda name: True):
    """The activation with the largest median."""
    groups = [(sorted(values)[len(values) // 2], key[2], values) for key, values in turns.values.items()
              if key[:2] == (way, unit) and among(key[2])]
    if groups:
        _, name, values = max(groups)
        row(f"{what}: {name}", spread(values), target)


def print_rows(turns):
    turns.row("2NN, batch 10: share of peak", ">= 0.75")
    turns.row("2NN, batch 10: / PyTorch", ">= 5", "{:.1f}")
    turns.row("2NN, batch 50: / oneDNN", ">= 1.0")
    turns.row("2NN, batch 128: / oneDNN", ">= 1.0")
    turns.row("2NN, batch 1: share of L2 limit", ">= 0.65")
    turns.row("2NN on MNIST, batch 10: / PyTorch", ">= 6.5", "{:.1f}")
    turns.row("CNN, batch 50: share of peak", ">= 0.65")
    turns.row("CNN, batch 50: / PyTorch", ">= 1.5")
    turns.row("evaluation of 10,000: share of peak", ">= 0.75")
    for batch in (1, 10, 50):
        turns.row(f"2NN, batch {batch}: A/A, % of a step", "within 0.5", "{:+.2f}")
        turns.row(f"2NN, batch {batch}: gelu - relu, % of a step", "", "{:+.2f}")
        seen = turns.values[f"2NN, batch {batch}: gelu - relu is significant"]
        row("  significant in", f"{sum(seen)} of {len(seen)} turns", "all")
    row_of_slowest(turns, "slowest forward, ns", "forward", "ns", "<= 0.26", lambda name: name != "softplus")
    row_of_slowest(turns, "softplus forward, ns", "forward", "ns", "<= 0.5", lambda name: name == "softplus")
    row_of_slowest(turns, "slowest backward, ns", "backward", "ns", "<= 0.45")
    row_of_slowest(turns, "forward / best of Eigen, libmvec, worst", "forward", "/ peer", "<= 1")
    row_of_slowest(turns, "backward / best of Eigen, libmvec, worst", "backward", "/ peer", "<= 1")


def bench_network(repetitions):
    install("libdnnl-dev")
    turns, missing = Turns(), {}
    for _ in range(repetitions):
        peer = pytorch()
        for add in (add_dense, add_mnist, add_cnn):
            try:
                add(turns, peer)
            except Missing as reason:
                missing[add.__name__.removeprefix("add_")] = reason
        add_activations(turns)
    print_rows(turns)
    for what, reason in missing.items():
        row(f"{what}: not measured", str(reason))
