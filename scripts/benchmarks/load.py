"""A thousand client processes, and a coordinator among peers that are not clients."""
import contextlib
import json
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from runs import BIN, MIB, QUICKSTART, row, spread

THOUSAND = ("federation.clients=1000", "data.examples_per_client=60")
# Preface and an empty SETTINGS frame: a server that is alive answers with its own.
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


class Started:
    """A `fedround run` in the background, with the times of its events."""

    def __init__(self, folder, *overrides, descriptors=None):
        self.out = os.path.join(folder, "run")
        command = [BIN / "fedround", "run", QUICKSTART, "--out", self.out, "--format", "json"]
        for override in overrides:
            command += ["--set", override]
        limit = None if descriptors is None else (
            lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)))
        self.start = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=limit)
        self.events = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.events.append((time.monotonic() - self.start, json.loads(line)))

    def of(self, kind):
        return [(at, event) for at, event in list(self.events) if event["event"] == kind]

    def port(self):
        path = os.path.join(self.out, "endpoint.json")
        while not os.path.exists(path):
            time.sleep(0.005)
        with open(path) as file:
            return int(json.load(file)["address"].rsplit(":", 1)[1])

    def finish(self):
        self.process.wait()
        self.reader.join()
        if self.process.returncode != 0:
            raise SystemExit(f"scripts/bench: a run ended with {self.process.returncode}: {self.events[-1:]}")
        return self


def memory(out):
    """Proportional memory of all processes of the run in `out`, in bytes."""
    total = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if out.encode() in (process / "cmdline").read_bytes():
                pss = next(line for line in (process / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
                total += int(pss.split()[1]) * 1024
    return total


def bench_thousand():
    with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
        run = Started(folder, *THOUSAND, "federation.cohort=100", "run.rounds=12")
        most = 0
        while run.process.poll() is None:
            if len(run.of("joined")) == 1000:
                most = max(most, memory(run.out))
            time.sleep(0.2)
        run.finish()
        connected = next(at for at, event in run.of("joined") if event["clients"] == 1000)
        rounds = [event for _, event in run.of("round")]
        row("1000 processes: all connected after, s", f"{connected:.2f}", "<= 6")
        row("1000 processes: memory of all, proportional, GiB", f"{most / MIB / 1024:.2f}", "<= 2.5")
        row("1000 processes, rounds of 100: s per round", spread([event["wall_s"] for event in rounds]))
        row("1000 processes: updates missing", sum(event["cohort"] - event["folded"] for event in rounds), "0")
    with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
        run = Started(folder, *THOUSAND, "run.rounds=3").finish()
        peak = run.of("finished")[0][1]["peak_rss_bytes"] / MIB
        folded = sum(event["folded"] for _, event in run.of("round"))
        row(f"1000 upload at once ({folded} folded): coordinator's peak RSS, MiB", f"{peak:.0f}", "<= 100 + 64")


def bench_start(repetitions):
    """A client that joins, is told to leave and exits: CPU of 100, by the launcher's count."""
    values = []
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
            output = subprocess.run([BIN / "fedround", "run", QUICKSTART, "--set", "federation.clients=100", "--set",
                                     "run.rounds=0", "--out", folder + "/run"],
                                    stdout=subprocess.PIPE, text=True, check=True).stdout
        line = next(line for line in output.splitlines() if line.startswith("cpu"))
        values.append(float(line.split(",")[1].split()[0]) * 1000 / 100)
    row("a client from exec to exit, no task: CPU ms", spread(values, "{:.2f}"), "<= 5")


def flood(port, stop, held):
    """Connects endlessly; every other connection speaks HTTP/2, the rest are silent. Keeps the last 200."""
    connections = []
    while not stop.is_set():
        with contextlib.suppress(OSError):
            peer = socket.create_connection(("127.0.0.1", port), timeout=0.1)
            if len(connections) % 2:
                peer.sendall(HELLO)
            connections.append(peer)
            held.append(1)
        if len(connections) > 200:
            connections.pop(0).close()
    for peer in connections:
        peer.close()


def accepts(port, deadline_s=20):
    """Seconds until a new connection is answered."""
    start = time.monotonic()
    while time.monotonic() < start + deadline_s:
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), timeout=0.5) as peer:
                peer.sendall(HELLO)
                if peer.recv(9):
                    return time.monotonic() - start
    return deadline_s


def bench_flood(repetitions):
    ratios, again, attempts = [], [], []
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
            quiet = Started(folder, "run.rounds=60", descriptors=256).finish().of("finished")[0][0]
        with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
            run = Started(folder, "run.rounds=60", descriptors=256)
            port, stop, held = run.port(), threading.Event(), []
            flooder = threading.Thread(target=flood, args=(port, stop, held))
            flooder.start()
            while len(run.of("round")) < 40 and run.process.poll() is None:
                time.sleep(0.02)
            flooded = run.of("round")[-1][0]
            done = len(run.of("round"))
            stop.set()
            flooder.join()
            again.append(accepts(port))
            run.finish()
        ratios.append(flooded / done / (quiet / 60))
        attempts.append(len(held) / flooded)
    row("flood at ulimit -n 256: time per round / without", spread(ratios, "{:.2f}"), "<= 1.5")
    row("  connections per second of the flood", spread(attempts, "{:.0f}"))
    row("  accepting again after, s", spread(again), "<= 2")


STRANGER = pathlib.Path(__file__).resolve().parent / "stranger.py"


def among_strangers(rounds, strangers):
    """Seconds per round, peak RSS in MiB and bytes of log of a coordinator among so many peers without the token."""
    with tempfile.TemporaryDirectory(prefix="fedround-bench-") as folder:
        run = Started(folder, f"run.rounds={rounds}")
        port = str(run.port())
        peers = [subprocess.Popen([STRANGER, port, "600"] + ["--gzip"] * (i % 3 == 2), stdout=subprocess.DEVNULL)
                 for i in range(strangers)]
        try:
            run.finish()
        finally:
            for peer in peers:
                peer.terminate()
                peer.wait()
        log = os.path.getsize(os.path.join(run.out, "logs/coordinator.log"))
        finished = run.of("finished")[0][1]
    seconds = [event["wall_s"] for _, event in run.of("round")]
    return statistics.mean(seconds), finished["peak_rss_bytes"] / MIB, log


def bench_strangers(repetitions, rounds=500):
    """Three peers that make calls without pause and never read an answer; one says that its calls are compressed."""
    ratios, more, logs = [], [], []
    for _ in range(repetitions):
        quiet, quiet_peak, _ = among_strangers(rounds, 0)
        seconds, peak, log = among_strangers(rounds, 3)
        ratios.append(seconds / quiet)
        more.append(peak - quiet_peak)
        logs.append(log / 1024)
    row("three that call without token: time per round / without", spread(ratios, "{:.2f}"), "<= 1.5")
    row("  coordinator's peak RSS, MiB more", spread(more, "{:.1f}"), "<= 64")
    row("  its log, KiB", spread(logs, "{:.1f}"), "<= 1024")
