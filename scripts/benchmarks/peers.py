"""A plain PyTorch loop of W1, one process, no network."""
import os
import subprocess

from runs import QUICKSTART, ROOT, Run, row, spread


# What PyTorch and OpenBLAS need to use wide vectors on CPUs they do not know, and one thread.
PYTORCH = dict(os.environ, OPENBLAS_CORETYPE="SkylakeX", ATEN_CPU_CAPABILITY="avx512", OMP_NUM_THREADS="1",
               OPENBLAS_NUM_THREADS="1")


def install(*packages):
    subprocess.run(["apt-get", "install", "-qqy", "--no-install-recommends", *packages], check=True,
                   stdout=subprocess.DEVNULL)


def reference(script, *arguments, environment):
    """What a script of scripts/reference prints."""
    return subprocess.run(["/usr/bin/python3", ROOT / "scripts/reference" / script, *arguments], env=environment,
                          stdout=subprocess.PIPE, text=True, check=True).stdout


def bench_peers(repetitions):
    # With OpenBLAS: the reference BLAS that Debian installs otherwise is ten times slower.
    install("python3-torch", "libopenblas0-pthread")
    per_round, ratios = [], []
    for _ in range(repetitions):
        long = Run(QUICKSTART, "run.rounds=40")
        short = Run(QUICKSTART, "run.rounds=10")
        ours = (long.cpu_s - short.cpu_s) / 30
        per_round.append(float(reference("fedavg_torch.py", "--cost", environment=PYTORCH)))
        ratios.append(per_round[-1] / ours)
    row("plain PyTorch loop of W1, no network: CPU s per round", spread(per_round))
    row("plain PyTorch loop / fedround", spread(ratios, "{:.2f}"), ">= 2.3")
