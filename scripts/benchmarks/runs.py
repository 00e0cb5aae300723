"""A run of the programs that are measured, and how its figures are printed."""
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = ROOT / "build/release/bin"
QUICKSTART = ROOT / "experiments/quickstart.toml"
MIB = 1024 * 1024


def spread(values, form="{:.3f}"):
    """"median [lower quartile, upper quartile]"."""
    values = sorted(values)
    quarter = [values[round((len(values) - 1) * q)] for q in (0.25, 0.75)]
    return f"{form.format(statistics.median(values))} [{', '.join(form.format(q) for q in quarter)}]"


def row(what, value, target=""):
    print(f"{what:<52} {value:<30} {target}", flush=True)


class Run:
    """One `fedround run`, its events with the times they came, and what all its processes used.

    `look` is called with the run folder before it goes; what it returns is kept as `seen`.
    """

    def __init__(self, config, *overrides, look=None):
        with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
            out = os.path.join(folder, "run")
            command = [BIN / "fedround", "run", config, "--out", out, "--format", "json"]
            for override in overrides:
                command += ["--set", override]
            start = time.monotonic()
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            self.events = []
            for line in process.stdout:
                event = json.loads(line)
                event["at"] = time.monotonic() - start
                self.events.append(event)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                sys.exit(f"scripts/bench: {' '.join(map(str, command))} ended with {process.returncode}")
            self.cpu_s = usage.ru_utime + usage.ru_stime  # of all processes: each parent waited for its own
            self.tasks = []
            if os.path.exists(os.path.join(out, "clients.csv")):
                with open(os.path.join(out, "clients.csv")) as file:
                    self.tasks = list(csv.DictReader(file))
            if look is not None:
                self.seen = look(out)

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]

    def first_round_at(self):
        first = self.of("round")[0]
        return first["at"] - first["wall_s"]
