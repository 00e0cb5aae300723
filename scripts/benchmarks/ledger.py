"""What the ledger says about runs, and what it costs itself."""
import os
import re
import sqlite3
import statistics
import subprocess

from runs import BIN, QUICKSTART, Run, row, spread

HUNDRED = ("federation.clients=100", "data.examples_per_client=600")


def path(out):
    """(rounds whose critical path is within 1 % of the wall time, rounds), by `fedround verify`."""
    text = subprocess.run([BIN / "fedround", "verify", out], stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(int, re.search(r"(\d+) of (\d+) rounds within 1 %", text).groups()))


def overhead(out):
    """Of clients' own connections: wire bytes beyond messages, as a share; and booked minus the kernel's."""
    with sqlite3.connect(os.path.join(out, "ledger.sqlite")) as ledger:
        wire, messages, payloads = ledger.execute(
            "SELECT sum(traffic.wire_bytes_down + traffic.wire_bytes_up), sum(message_bytes_down + message_bytes_up), "
            "sum(payload_bytes_down + payload_bytes_up) "
            "FROM traffic JOIN connections USING (connection) WHERE client IS NOT NULL").fetchone()
        booked = ledger.execute("SELECT sum(wire_bytes_down + wire_bytes_up) FROM traffic").fetchone()[0]
        kernel = ledger.execute("SELECT sum(wire_bytes_down + wire_bytes_up) FROM connections").fetchone()[0]
    return (wire - messages) / messages, booked - kernel


def bench_ledger(repetitions):
    w1 = Run(QUICKSTART, "run.rounds=100", look=lambda out: (path(out), overhead(out)))
    (good, rounds), (share, difference) = w1.seen
    row("W1: rounds whose critical path is its wall time +-1 %", f"{good} of {rounds}", ">= 99 %")
    good, rounds = Run(QUICKSTART, *HUNDRED, "run.rounds=10", look=path).seen
    row("100 clients: the same", f"{good} of {rounds}", ">= 99 %")
    row("W1: wire beyond messages of 0.8 MB", f"{100 * share:.3f} %", "<= 0.1 %")
    row("W1: booked wire bytes minus the kernel's", f"{difference} B", "0 B")
    bench_cost(repetitions)


def bench_cost(repetitions):
    """CPU of whole runs, in turns: each run without the ledger is between two runs with it."""
    ratios, control = [], []
    for _ in range(2 * repetitions):
        first, without, second = (Run(QUICKSTART, "run.rounds=40", f"ledger.enabled={enabled}").cpu_s
                                  for enabled in ("true", "false", "true"))
        ratios.append((first + second) / 2 / without)
        control.append(first / second)
    row("W1: CPU with ledger and timers / without", spread(ratios), "<= 1.01")
    row("  control: with / with", spread(control), "1")
