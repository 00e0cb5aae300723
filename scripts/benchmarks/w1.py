"""W1, experiments/quickstart.toml: what a round, a start and a process cost."""
import subprocess
import tempfile

from runs import BIN, MIB, QUICKSTART, Run, row, spread


def bench_w1(repetitions):
    runs, short = [], []
    for _ in range(repetitions):  # interleaved: the difference is free of the start's cost
        runs.append(Run(QUICKSTART, "run.rounds=40"))
        short.append(Run(QUICKSTART, "run.rounds=10"))
    row("W1: CPU seconds per round, all processes",
        spread([(a.cpu_s - b.cpu_s) / 30 for a, b in zip(runs, short)]), "<= 0.075")
    row("W1: wall seconds per round",
        spread([e["wall_s"] for run in runs for e in run.of("round")[1:]]), "<= 0.04")
    row("W1: accuracy after 10 rounds", f"{short[0].of('evaluated')[-1]['accuracy']:.4f}", "0.79 to 0.82")
    row("W1: start of the command to the first round, s",
        spread([run.first_round_at() for run in runs + short]), "<= 0.5")
    row("W1: coordinator's peak RSS, MiB",
        spread([run.of("finished")[0]["peak_rss_bytes"] / MIB for run in runs], "{:.1f}"), "<= 40")
    row("W1: largest client's peak RSS, MiB", client_peak(), "<= 15")
    fifty = [Run(QUICKSTART, "federation.clients=50", "run.rounds=1") for _ in range(repetitions)]
    row("50 processes: start to the first round, s",
        spread([run.first_round_at() for run in fifty]), "<= 2")


def client_peak():
    """From the summary's lines, which have it from the kernel."""
    with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
        output = subprocess.run([BIN / "fedround", "run", QUICKSTART, "--out", folder + "/run"],
                                stdout=subprocess.PIPE, text=True, check=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("memory"))
    return line.split(",")[1].split()[0]
