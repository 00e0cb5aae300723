"""A plain PyTorch loop of W1, one process, no network."""
import os
import subprocess

from runs import QUICKSTART, ROOT, Run, row, spread


def bench_peers(repetitions):
    # With OpenBLAS: the reference BLAS that Debian installs otherwise is ten times slower.
    subprocess.run(["apt-get", "install", "-qqy", "--no-install-recommends", "python3-torch",
                    "libopenblas0-pthread"], check=True, stdout=subprocess.DEVNULL)
    environment = dict(os.environ, OPENBLAS_CORETYPE="SkylakeX", ATEN_CPU_CAPABILITY="avx512", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    script = str(ROOT / "scripts/reference/fedavg_torch.py")
    per_round, ratios = [], []
    for _ in range(repetitions):
        long = Run(QUICKSTART, "run.rounds=40")
        short = Run(QUICKSTART, "run.rounds=10")
        ours = (long.cpu_s - short.cpu_s) / 30
        output = subprocess.run(["/usr/bin/python3", script, "--cost"], env=environment,
                                stdout=subprocess.PIPE, text=True, check=True).stdout
        per_round.append(float(output))
        ratios.append(per_round[-1] / ours)
    row("plain PyTorch loop of W1, no network: CPU s a round", spread(per_round))
    row("plain PyTorch loop / fedround", spread(ratios, "{:.2f}"))
