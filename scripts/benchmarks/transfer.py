"""Models of 0.8 to 80 MB moved around without training, against a bare gRPC echo; the fold."""
import os
import statistics
import subprocess
import tempfile

from runs import BIN, Run, row, spread


def echo(folder, inputs, hidden, *overrides):
    """An experiment that moves a model of this shape around and does not train it."""
    path = os.path.join(folder, f"echo-{hidden[0]}.toml")
    with open(path, "w") as file:
        file.write(f"""
[data]
name = {{name = "blobs", classes = 10, features = {inputs}, train = 40, test = 10}}
[model]
hidden = {hidden}
[training]
epochs = 0
[evaluation]
every = 0
""")
    return Run(path, *overrides)


# name, inputs, hidden layers: about 0.8, 8 and 80 MB of parameters
SHAPES = (("0.8 MB", 784, [200, 200], 40), ("8 MB", 1000, [1000, 1000], 15), ("80 MB", 2000, [3500, 3700], 5))


def bench_echo(repetitions):
    with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
        runs = [echo(folder, *SHAPES[2][1:3], "federation.clients=10", "run.rounds=4",
                     "limits.upload_buffer_bytes=0") for _ in range(repetitions)]
    row("echo of 80 MB, 10 clients, one upload buffered: s per round",
        spread([e["wall_s"] for run in runs for e in run.of("round")[1:]]), "<= 1.5")
    row("echo of 80 MB: coordinator's peak RSS, MB",
        spread([run.of("finished")[0]["peak_rss_bytes"] / 1e6 for run in runs], "{:.0f}"), "<= 400")


def bench_transfer(repetitions):
    with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
        for name, inputs, hidden, rounds in SHAPES:
            ratios, rates = [], []
            for _ in range(repetitions):
                run = echo(folder, inputs, hidden, "federation.clients=1", f"run.rounds={rounds}")
                tasks = run.tasks[2:]
                payload = float(tasks[0]["payload_bytes_down"])
                ours = [statistics.median(float(task["download_s"]) for task in tasks),
                        statistics.median(float(task["wait_credit_s"]) + float(task["upload_s"]) for task in tasks)]
                bare = subprocess.run([BIN / "transfer_bench", str(int(payload)), str(rounds)],
                                      stdout=subprocess.PIPE, text=True, check=True).stdout.split()
                ratios.append(sum(map(float, bare)) / sum(ours))
                rates.append(2 * payload / sum(ours) / 1e9)
            row(f"transfer of {name}, down and up: share of a bare echo", spread(ratios, "{:.2f}"), ">= 0.8")
            row(f"transfer of {name}: GB/s", spread(rates, "{:.2f}"))


def bench_fold():
    print(subprocess.run([BIN / "fold_bench"], stdout=subprocess.PIPE, text=True, check=True).stdout, end="")
    print("                       targets: 4 per pass >= 0.60 (2NN), >= 0.50 (20M), of reading")
