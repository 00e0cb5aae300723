#!/usr/bin/python3
"""A peer without the token that makes calls without pause and never reads an answer.

usage: stranger.py PORT SECONDS [--gzip]   (on 127.0.0.1; with --gzip each call says that it is compressed)

Prints how many calls it got rid of and over how many connections.
"""
import contextlib
import functools
import socket
import sys
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS, DATA = 4, 1, 0
END_STREAM, END_HEADERS = 1, 4
# Calls in one write.
BATCH = 200


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def field(name, value):
    """Remembered by the peer's table, so that later calls name it in one byte."""
    return b"\x40" + bytes([len(name)]) + name + bytes([len(value)]) + value


@functools.lru_cache(maxsize=64)  # so that it costs the machine little but what the coordinator does about it
def calls(first_stream, known, gzip):
    """A batch of calls. `known`: the connection's table has their fields."""
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"x"), (b"te", b"trailers"),
              (b":path", b"/fedround.v1.FederationService/FetchModel"), (b"content-type", b"application/grpc")]
    if gzip:
        fields.append((b"grpc-encoding", b"gzip"))
    batch = b""
    for i in range(BATCH):
        stream = first_stream + 2 * i
        block = bytes(0x80 | 61 + n for n in range(len(fields), 0, -1)) if known else \
            b"".join(field(*each) for each in fields)
        message = bytes([1 if gzip else 0, 0, 0, 0, 0])
        batch += frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, message)
        known = True
    return batch


def attack(port, seconds, gzip):
    made = connections = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5) as peer:
            connections += 1
            peer.sendall(PREFACE + frame(SETTINGS, 0, 0))
            stream = 1
            while time.monotonic() < end:
                peer.sendall(calls(stream, stream > 1, gzip))
                stream += 2 * BATCH
                made += BATCH
    print(f"{made} calls over {connections} connections")


if __name__ == "__main__":
    attack(int(sys.argv[1]), float(sys.argv[2]), "--gzip" in sys.argv[3:])
