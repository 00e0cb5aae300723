#!/usr/bin/python3
"""A fedround client in Python, from the .proto alone.

It shows all that a client in another language needs: `Client` speaks the protocol (copy it), `run`
takes part in a run with any model (federated_model.py), and started as a program it trains a network in
NumPy (relu_network.py) beside the C++ clients.

    python3 fedround_client.py --endpoint RUN/endpoint.json --client 9 --data shard.npz

shard.npz holds `x` [examples, inputs] and `y` [examples]. Needs grpcio, protobuf, NumPy, and protoc
with its Python plugin for gRPC (Debian: python3-grpcio python3-numpy protobuf-compiler-grpc).
"""

import argparse
import concurrent.futures
import importlib
import json
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import grpc
import numpy as np

from relu_network import ReluNetwork

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
PROTOCOL_VERSION = 3
# The names in TaskCost.phases.
PHASES = ("wait_instruction", "queue", "download", "decode", "wait_slot", "train", "encode",
          "wait_credit", "upload")


def load_protocol():
    """Compiles the .proto files; returns the modules of their messages and of their stubs."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            ["protoc", f"-I{PROTO}", f"--python_out={out}", f"--grpc_python_out={out}",
             f"--plugin=protoc-gen-grpc_python={shutil.which('grpc_python_plugin')}",
             *(str(file) for file in sorted(PROTO.glob("fedround/v1/*.proto")))],
            check=True)
        sys.path.insert(0, out)
        try:
            return (importlib.import_module("fedround.v1.federation_pb2"),
                    importlib.import_module("fedround.v1.federation_pb2_grpc"))
        finally:
            sys.path.remove(out)


pb, pb_grpc = load_protocol()


class Client:
    """One client of a federation.

    Call join, then for each of instructions(): fetch, submit, report_cost.
    Errors are grpc.RpcError: e.code() says which (see client/coordinator_link.h). An upload that
    ends with ABORTED has lost its place to one that moved: submit sends it again.
    """

    def __init__(self, address, token, client):
        self.client = client
        self.metadata = (("fedround-token", token),)
        self.channel = grpc.insecure_channel(address, options=(
            ("grpc.max_receive_message_length", 17 << 20),
            ("grpc.keepalive_time_ms", 20_000),
            ("grpc.use_local_subchannel_pool", 1),  # A connection of its own: the bytes on it are this client's.
            ("grpc.enable_http_proxy", 0)))
        self.stub = pb_grpc.FederationServiceStub(self.channel)
        self.welcome = None
        self.asked = queue.SimpleQueue()

    def join(self, timeout_s=30):
        """Announces this client; returns the Welcome: experiment, tensors, chunk size."""
        deadline = time.monotonic() + timeout_s
        grpc.channel_ready_future(self.channel).result(timeout_s)
        request = pb.JoinRequest(
            protocol_version=PROTOCOL_VERSION, host=socket.gethostname(), build="python",
            pid=os.getpid(), clients=[pb.ClientRange(first=self.client, last=self.client)],
            answers_ping=True)
        while self.welcome is None:
            events = self.stub.Join(request, metadata=self.metadata)
            try:
                self.welcome = next(events).welcome
            except grpc.RpcError as error:
                # For instance, it has not been noticed yet that a predecessor of this client is gone.
                if error.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        if self.welcome.down or self.welcome.scalars:
            raise ValueError("federation.algorithm: this client only sends updates, but the run's algorithm needs "
                             f"{[*self.welcome.down, *(scalar.name for scalar in self.welcome.scalars)]} as well")
        threading.Thread(target=self.listen, args=(events,), daemon=True).start()
        return self.welcome

    def listen(self, events):
        """Receives messages of the Join call, even while a task is under way, since pings cannot wait."""
        try:
            for event in events:
                if event.WhichOneof("event") == "ping":
                    self.stub.Pong(pb.PongRequest(client=self.client, id=event.ping.id),
                                   metadata=self.metadata, timeout=60)
                elif event.WhichOneof("event") == "instruction":
                    self.asked.put(event.instruction)
            self.asked.put(None)
        except grpc.RpcError as error:
            self.asked.put(error)

    def instructions(self):
        """Yields what the coordinator asks for, until it says leave."""
        while True:
            instruction = self.asked.get()
            if isinstance(instruction, grpc.RpcError):
                raise instruction
            if instruction is None or instruction.task == pb.Instruction.LEAVE:
                return
            yield instruction

    def fetch(self, instruction, timeout_s=None):
        """Returns the instruction's model: a dict of float32 arrays in the order of tensors."""
        request = pb.FetchModelRequest(client=self.client, round=instruction.round,
                                       model_id=instruction.model_id)
        chunks = self.stub.FetchModel(request, metadata=self.metadata, timeout=timeout_s)
        flat = np.frombuffer(b"".join(chunk.data for chunk in chunks), dtype="<f4")
        model, offset = {}, 0
        for tensor in self.welcome.tensors:
            size = int(np.prod(tensor.shape))
            model[tensor.name] = flat[offset:offset + size].reshape(tensor.shape).copy()
            offset += size
        if offset != flat.size:
            raise ValueError(f"the model has {flat.size} parameters, its tensors {offset}")
        return model

    def trained(self):
        """Returns the names of the tensors to train and to send; the others are frozen."""
        return [tensor.name for tensor in self.welcome.tensors if not tensor.frozen]

    def encode(self, vector):
        """The bytes of an update as the run's codec writes them (common/codec/codecs)."""
        layout = [(section.name, section.codec) for section in self.welcome.update]
        if layout == [("update", "float32")]:
            return vector.astype("<f4").tobytes()
        if layout == [("update", "fp16")]:
            return vector.astype("<f2").tobytes()
        raise ValueError(f"uplink.codec: this client cannot encode an update of {layout}, only float32 "
                         "and fp16")

    def submit(self, instruction, update, weight, metrics=None, timeout_s=None):
        """Sends `update` (new - old by trained tensor), or only metrics if it is None.

        Returns the time.monotonic_ns() at which the credit came, and the bytes of the payload. Without a timeout it lasts as long
        as the round: the coordinator ends it then.
        """
        vector = None if update is None else np.concatenate(
            [np.ravel(update[name]) for name in self.trained()])
        payload = b"" if vector is None else self.encode(vector)
        header = pb.UpdateHeader(
            protocol_version=PROTOCOL_VERSION, run_id=self.welcome.run_id,
            incarnation=self.welcome.incarnation, ask=instruction.ask, client=self.client,
            model_id=instruction.model_id, weight=weight, metrics=metrics or {})
        if vector is not None:
            header.sections.add(name="update", codec=self.welcome.update[0].codec,
                                elements=vector.size, bytes=len(payload))
        while True:
            try:
                return self.send(header, payload, timeout_s), len(payload)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.ABORTED:
                    raise
                time.sleep(0.2)  # whoever took its place is sending at this moment

    def send(self, header, payload, timeout_s):
        """One SubmitUpdate call."""
        started, credit_ns = queue.SimpleQueue(), []

        def messages():
            header.sent_ns = time.monotonic_ns()
            yield pb.UpdateChunk(header=header)
            started.get().initial_metadata()  # The credit: there is room for the payload.
            credit_ns.append(time.monotonic_ns())
            for offset in range(0, len(payload), self.welcome.chunk_bytes):
                yield pb.UpdateChunk(data=payload[offset:offset + self.welcome.chunk_bytes])

        call = self.stub.SubmitUpdate.future(messages(), metadata=self.metadata, timeout=timeout_s)
        started.put(call)
        call.result()
        return credit_ns[0]

    def report_cost(self, instruction, timeline, bytes_down=0, bytes_up=0, timeout_s=60):
        """Reports what the task cost; the phases of the next task begin where this one ended."""
        cost = pb.TaskCost(
            ask=instruction.ask, client=self.client, start_ns=timeline.start_ns,
            end_ns=timeline.last_ns,
            phases=[pb.PhaseTime(name=name, ns=ns) for name, ns in timeline.phase_ns.items()],
            payload_bytes_down=bytes_down, payload_bytes_up=bytes_up,
            sent_ns=time.monotonic_ns())
        timeline.restart()
        try:
            self.stub.ReportCost(cost, metadata=self.metadata, timeout=timeout_s)
        except grpc.RpcError as error:
            # The answer counts all the same; after the last one the coordinator may be gone.
            print(f"round {instruction.round}: the cost report was lost: {error.details()!r}",
                  file=sys.stderr, flush=True)


class Timeline:
    """A gapless chain of phases: each ends where the next one starts."""

    def __init__(self):
        self.last_ns = time.monotonic_ns()
        self.restart()

    def restart(self):
        self.start_ns = self.last_ns
        self.phase_ns = dict.fromkeys(PHASES, 0)

    def end(self, phase, now_ns=None):
        """The time since the last mark belongs to `phase`."""
        now_ns = max(now_ns or time.monotonic_ns(), self.last_ns)
        self.phase_ns[phase] += now_ns - self.last_ns
        self.last_ns = now_ns


def size(tensors):
    """Returns the bytes of a dict of tensors in the form in which they are sent."""
    return 4 * sum(value.size for value in tensors.values())


def perform(client, instruction, model, timeline):
    """Does one task: fetches the parameters, trains or scores them, answers, reports the cost."""
    timeline.end("wait_instruction")
    old = client.fetch(instruction)
    timeline.end("download")
    update = None
    if instruction.task == pb.Instruction.TRAIN:
        start = {name: values.copy() for name, values in old.items()}
        new, examples, metrics = model.train(start, instruction.plan)
        update = {name: new[name] - old[name] for name in client.trained()}
    else:
        examples, metrics = model.evaluate(old)
    timeline.end("train")
    credit_ns, bytes_up = client.submit(instruction, update, weight=examples, metrics=metrics)
    timeline.end("wait_credit", credit_ns)
    timeline.end("upload")
    client.report_cost(instruction, timeline, bytes_down=size(old), bytes_up=bytes_up)
    print(f"client {client.client}, round {instruction.round}: {metrics}", flush=True)


def take_part(client, make_model):
    """Joins, and carries out what `client` is asked until the run is over.

    `make_model(client)` returns its FederatedModel, once client.welcome says what the run is.
    """
    experiment = client.join().experiment
    if experiment.uplink.stages:
        sys.exit("uplink.stages: this client knows none")
    try:
        client.encode(np.zeros(0))
    except ValueError as error:
        sys.exit(str(error))
    model = make_model(client)
    timeline = Timeline()
    for instruction in client.instructions():
        perform(client, instruction, model, timeline)


def ids_of(ranges):
    """The clients of "3" or "0-4,7"."""
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def run(endpoint, ranges, make_model):
    """Takes part as each of the clients `ranges`, in a thread each. `endpoint`: the run's endpoint.json."""
    deadline = time.monotonic() + 30
    while not os.path.exists(endpoint) and time.monotonic() < deadline:
        time.sleep(0.02)  # the coordinator is still starting
    where = json.loads(pathlib.Path(endpoint).read_text())
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(list(ids_of(ranges)))) as pool:
        for done in [pool.submit(take_part, Client(where["address"], where["token"], client), make_model)
                     for client in ids_of(ranges)]:
            done.result()


def relu_network(client, path, seed):
    """The model of a run with a network of fedround's own, on the examples in the .npz at `path`."""
    experiment = client.welcome.experiment
    preset = experiment.model.preset
    if preset not in ("mlp", "linear"):
        sys.exit(f"model.preset = {preset}: this trainer knows mlp and linear only")
    activation = experiment.model.activation.name
    if activation != "relu":
        sys.exit(f"model.activation = {activation}: this trainer knows relu only")
    data = np.load(path)
    x = data["x"].reshape(len(data["x"]), -1).astype(np.float32) * np.float32(experiment.data.scale)
    return ReluNetwork(x, data["y"].astype(np.int64), seed, client.trained())


def main():
    parser = argparse.ArgumentParser(description="Take part in a fedround run.")
    parser.add_argument("--endpoint", required=True, help="the run's endpoint.json")
    parser.add_argument("--client", "--clients", required=True, help="id of this client, or ids such as 0-4")
    parser.add_argument("--data", required=True, help=".npz with x and y, see above")
    parser.add_argument("--seed", type=int, default=0, help="of the order of examples (0)")
    args = parser.parse_args()
    run(args.endpoint, args.client, lambda client: relu_network(client, args.data, args.seed))


if __name__ == "__main__":
    main()
