// The least that a transfer can cost: the same calls with the same channel settings and nothing
// around the bytes. A bare server in a process of its own; no hashes, checks, ledger or credit.
//
//   transfer_bench BYTES REPETITIONS
//
// prints "down_s up_s", the medians of fetching and of sending BYTES.
#include <grpcpp/grpcpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "client/rpc/connection.h"
#include "common/base/measure/bench.h"
#include "common/base/measure/resource_usage.h"
#include "fedround/v1/federation.grpc.pb.h"

namespace fedround::client {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

// Chunks of `payload`, which outlives them.
std::vector<grpc::ByteBuffer> Cut(std::string& payload) {
  std::vector<grpc::ByteBuffer> chunks;
  for (std::size_t at = 0; at < payload.size(); at += kChunk) {
    const grpc::Slice slice(payload.data() + at, std::min(kChunk, payload.size() - at),
                            grpc::Slice::STATIC_SLICE);
    chunks.emplace_back(&slice, 1);
  }
  return chunks;
}

class SendAll : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit SendAll(const std::vector<grpc::ByteBuffer>& chunks) : chunks_(chunks) { Next(); }
  void OnWriteDone(bool ok) override {
    if (ok) Next();
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    const grpc::ByteBuffer* chunk = &chunks_[next_++];
    if (next_ == chunks_.size()) {
      StartWriteAndFinish(chunk, grpc::WriteOptions(), grpc::Status::OK);
    } else {
      StartWrite(chunk);
    }
  }
  const std::vector<grpc::ByteBuffer>& chunks_;
  std::size_t next_ = 0;
};

class ReceiveAll : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  ReceiveAll() { StartRead(&chunk_); }
  void OnReadDone(bool ok) override {
    chunk_.Clear();
    if (ok) {
      StartRead(&chunk_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer chunk_;
};

using RawService = v1::FederationService::WithRawCallbackMethod_FetchModel<
    v1::FederationService::WithRawCallbackMethod_SubmitUpdate<v1::FederationService::Service>>;

class BareService : public RawService {
 public:
  explicit BareService(std::string& payload) : chunks_(Cut(payload)) {}
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FetchModel(grpc::CallbackServerContext*,
                                                         const grpc::ByteBuffer*) override {
    return new SendAll(chunks_);
  }
  grpc::ServerReadReactor<grpc::ByteBuffer>* SubmitUpdate(grpc::CallbackServerContext*,
                                                          grpc::ByteBuffer* response) override {
    const grpc::Slice empty;
    *response = grpc::ByteBuffer(&empty, 1);
    return new ReceiveAll;
  }

 private:
  std::vector<grpc::ByteBuffer> chunks_;
};

[[noreturn]] void Serve(std::string& payload, int port_pipe) {
  BareService service(payload);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (write(port_pipe, &port, sizeof(port)) != sizeof(port)) std::_Exit(1);
  server->Wait();
  std::_Exit(0);
}

double Fetch(Connection& connection, std::string& into) {
  const Nanos start = MonotonicNow();
  grpc::ClientContext context;
  const grpc::Slice empty;
  const grpc::ByteBuffer request(&empty, 1);
  const auto reader = connection.FetchModel(context, request);
  std::size_t at = 0;
  for (grpc::ByteBuffer message; reader->Read(&message); message.Clear()) {
    std::vector<grpc::Slice> slices;
    if (!message.Dump(&slices).ok()) std::abort();
    for (const grpc::Slice& slice : slices) {
      std::copy_n(slice.begin(), slice.size(), into.begin() + static_cast<std::ptrdiff_t>(at));
      at += slice.size();
    }
  }
  if (!reader->Finish().ok() || at != into.size()) std::abort();
  return Seconds(MonotonicNow() - start);
}

double Send(Connection& connection, const std::vector<grpc::ByteBuffer>& chunks) {
  const Nanos start = MonotonicNow();
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  const auto writer = connection.SubmitUpdate(context, response);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    grpc::WriteOptions options;
    if (i + 1 == chunks.size()) options.set_last_message();
    writer->Write(chunks[i], options);
  }
  if (!writer->Finish().ok()) std::abort();
  return Seconds(MonotonicNow() - start);
}

int Main(std::size_t bytes, int repetitions) {
  std::string payload(bytes, 'x');
  int ports[2];
  if (pipe(ports) != 0) return 1;
  const pid_t child = fork();
  if (child == 0) Serve(payload, ports[1]);
  int port = 0;
  if (read(ports[0], &port, sizeof(port)) != sizeof(port)) return 1;
  Connection connection("127.0.0.1:" + std::to_string(port));
  const std::vector<grpc::ByteBuffer> chunks = Cut(payload);
  std::string into(bytes, 'y');
  std::vector<double> down, up;
  for (int i = -2; i < repetitions; ++i) {
    const double fetched = Fetch(connection, into);
    const double sent = Send(connection, chunks);
    if (i < 0) continue;
    down.push_back(fetched);
    up.push_back(sent);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  std::printf("%.6f %.6f\n", Median(down), Median(up));
  return 0;
}

}  // namespace
}  // namespace fedround::client

int main(int argc, char** argv) {
  fedround::KeepFreedMemory();
  if (argc != 3) {
    std::fprintf(stderr, "usage: transfer_bench BYTES REPETITIONS\n");
    return 2;
  }
  return fedround::client::Main(std::strtoull(argv[1], nullptr, 10), std::atoi(argv[2]));
}
