// A coordinator that runs and serves on a real socket, and clients to talk to it by hand.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/rpc/grpc_coordinator_link.h"
#include "common/base/cpu/simd.h"
#include "common/base/hash.h"
#include "common/base/named_enum.h"
#include "coordinator/coordinator.h"
#include "coordinator/rpc/rpc_server.h"
#include "fedround/v1/federation.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/support/run_experiment.h"

namespace fedround::testing {

inline constexpr char kToken[] = "token";
inline constexpr char kRunId[] = "test";

class RpcFederation {
 public:
  // With a `folder` the run leaves its ledger there.
  explicit RpcFederation(const std::vector<std::string>& overrides,
                         const std::string& folder = "") {
    const Experiment experiment = Tiny(overrides);
    coordinator_ = coordinator::Coordinator::Create(
                       {.experiment = experiment,
                        .run_id = kRunId,
                        .folder = folder,
                        .on_event =
                            [this](const ledger::RunEvent& event) {
                              if (std::holds_alternative<ledger::event::Joined>(event)) {
                                ++joins_;
                              }
                              events_.push_back(event);
                            }})
                       .value();
    server_ = coordinator::RpcServer::Start(
                  *coordinator_, {.token = kToken, .chunk_bytes = experiment.limits.chunk_bytes})
                  .value();
    tap_ = std::make_unique<TrafficTap>(*server_);
    loop_ = std::thread([this] { verdict_ = coordinator_->Run(*tap_); });
  }

  ~RpcFederation() {
    coordinator_->Stop("the test is over", 1);
    Wait();
  }

  // Waits until the run has ended and all clients were let go.
  ledger::Verdict Wait() {
    if (loop_.joinable()) {
      loop_.join();
      server_->Shutdown(std::chrono::seconds(5));
    }
    return verdict_;
  }

  // Only after Wait.
  template <typename Kind>
  std::vector<Kind> EventsOf() const {
    std::vector<Kind> found;
    for (const ledger::RunEvent& event : events_) {
      if (const Kind* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
    }
    return found;
  }

  // All that the coordinator recorded. Only after Wait.
  const std::vector<ledger::TrafficRecord>& traffic() const { return tap_->traffic; }

  // Hosts that have joined so far, each as often as it did.
  int joins() const { return joins_; }

  coordinator::Coordinator& coordinator() { return *coordinator_; }
  coordinator::RpcServer& server() { return *server_; }
  client::GrpcLinkOptions link() const { return {.address = server_->address(), .token = kToken}; }

 private:
  // The server, and what the coordinator took from it.
  struct TrafficTap final : coordinator::ClientGateway {
    explicit TrafficTap(coordinator::RpcServer& to) : server(to) {}
    void Send(const Instruction& instruction) override { server.Send(instruction); }
    void Flush() override { server.Flush(); }
    void ModelWithdrawn(ModelId model) override { server.ModelWithdrawn(model); }
    void EndStalled(Nanos step, Nanos limit) override { server.EndStalled(step, limit); }
    std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t round) override {
      std::vector<ledger::TrafficRecord> taken = server.TakeTraffic(round);
      traffic.insert(traffic.end(), taken.begin(), taken.end());
      return taken;
    }
    std::vector<ledger::ConnectionRecord> Connections() override { return server.Connections(); }
    void Close() override { server.Close(); }

    coordinator::RpcServer& server;
    std::vector<ledger::TrafficRecord> traffic;
  };

  std::unique_ptr<coordinator::Coordinator> coordinator_;
  std::unique_ptr<coordinator::RpcServer> server_;
  std::unique_ptr<TrafficTap> tap_;
  std::atomic<int> joins_ = 0;
  std::vector<ledger::RunEvent> events_;
  ledger::Verdict verdict_;
  std::thread loop_;
};

inline JoinRequest RequestOf(std::vector<ClientId> clients) {
  JoinRequest request;
  request.host = "here";
  request.build = FEDROUND_VERSION;
  request.simd = std::string(NameOf(BestSimdLevel()));
  request.clients = std::move(clients);
  return request;
}

// A client that a test drives step by step.
class ManualClient {
 public:
  ManualClient(const RpcFederation& federation, ClientId id) : link_(federation.link()) {
    welcome_ = link_.Join(RequestOf({id})).value();
    payload_.assign(ParameterCount(welcome_.model.tensors), 0.25F);
  }

  client::GrpcCoordinatorLink& link() { return link_; }
  const Welcome& welcome() const { return welcome_; }
  std::vector<float>& payload() { return payload_; }
  std::span<const std::byte> payload_bytes() const { return std::as_bytes(std::span(payload_)); }
  Instruction Next() { return link_.NextInstruction().value(); }

  // A good header for the payload as it is now.
  UpdateHeader Answer(const Instruction& instruction) const {
    UpdateHeader header;
    header.run_id = welcome_.run_id;
    header.incarnation = welcome_.incarnation;
    header.ask = instruction.id;
    header.client = instruction.client;
    header.model_id = instruction.model_id;
    header.sections = {{std::string(kUpdateSection), std::string(kFloat32Codec), payload_.size(),
                        payload_.size() * sizeof(float)}};
    header.weight = 10;
    header.metrics = {{"train_loss", 1.5}};
    header.checksum = Xxh3(payload_bytes());
    return header;
  }

  absl::Status Submit(const UpdateHeader& header) {
    return link_.Submit(header, payload_bytes(), [] {}).status();
  }

 private:
  client::GrpcCoordinatorLink link_;
  Welcome welcome_;
  std::vector<float> payload_;
};

// An upload in single steps, through the stub that protoc generates.
class RawUpload {
 public:
  explicit RawUpload(const RpcFederation& federation)
      : stub_(v1::FederationService::NewStub(
            grpc::CreateChannel(federation.link().address, grpc::InsecureChannelCredentials()))) {
    context_.AddMetadata("fedround-token", kToken);
    writer_ = stub_->SubmitUpdate(&context_, &response_);
  }

  void SendHeader(const UpdateHeader& header, const std::string& data = "") {
    v1::UpdateChunk chunk;
    chunk.set_data(data);
    v1::UpdateHeader& message = *chunk.mutable_header();
    message.set_protocol_version(header.protocol_version);
    message.set_run_id(header.run_id);
    message.set_ask(header.ask);
    message.set_client(header.client);
    message.set_model_id(header.model_id);
    for (const Section& section : header.sections) {
      v1::Section& added = *message.add_sections();
      added.set_name(section.name);
      added.set_codec(section.codec);
      added.set_elements(section.elements);
      added.set_bytes(section.bytes);
    }
    message.set_weight(header.weight);
    writer_->Write(chunk);
  }
  void WaitForCredit() { writer_->WaitForInitialMetadata(); }
  void SendData(std::span<const std::byte> bytes) {
    v1::UpdateChunk chunk;
    chunk.set_data(bytes.data(), bytes.size());
    writer_->Write(chunk);
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() {
    writer_->WritesDone();
    return WaitForEnd();
  }
  // Without a word that all has been sent.
  grpc::Status WaitForEnd() { return writer_->Finish(); }

 private:
  std::unique_ptr<v1::FederationService::Stub> stub_;
  grpc::ClientContext context_;
  v1::SubmitResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::UpdateChunk>> writer_;
};

}  // namespace fedround::testing
