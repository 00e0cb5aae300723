// The client's link against coordinators that misbehave.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "client/rpc/grpc_coordinator_link.h"
#include "common/base/hash.h"
#include "fedround/v1/federation.grpc.pb.h"
#include "gtest/gtest.h"

namespace fedround::testing {
namespace {

// Sends what it is told to, through the service that protoc generates.
class FakeCoordinator final : public v1::FederationService::Service {
 public:
  FakeCoordinator() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  client::GrpcLinkOptions link() const {
    return {.address = "127.0.0.1:" + std::to_string(port_), .token = "token"};
  }

  grpc::Status Join(grpc::ServerContext*, const v1::JoinRequest*,
                    grpc::ServerWriter<v1::JoinEvent>* writer) override {
    for (const v1::JoinEvent& event : events) writer->Write(event);
    return grpc::Status::OK;
  }
  grpc::Status FetchModel(grpc::ServerContext*, const v1::FetchModelRequest*,
                          grpc::ServerWriter<v1::ModelChunk>* writer) override {
    for (const v1::ModelChunk& chunk : chunks) writer->Write(chunk);
    if (hangs) go_on.get_future().wait();
    return grpc::Status::OK;
  }
  // Grants the credit, then reads nothing until `go_on`.
  grpc::Status SubmitUpdate(grpc::ServerContext*, grpc::ServerReader<v1::UpdateChunk>* reader,
                            v1::SubmitResponse*) override {
    reader->SendInitialMetadata();
    go_on.get_future().wait();
    return grpc::Status::OK;
  }

  grpc::Status ReportCost(grpc::ServerContext*, const v1::TaskCost* cost,
                          v1::ReportCostResponse*) override {
    reports.push_back(cost->failure());
    return reports.size() < reports_before_success + 1 ? grpc::Status(grpc::UNAVAILABLE, "not now")
                                                       : grpc::Status::OK;
  }

  std::vector<v1::JoinEvent> events;
  std::vector<v1::ModelChunk> chunks;
  bool hangs = false;  // FetchModel, after its chunks
  std::vector<std::string> reports;
  std::size_t reports_before_success = 0;
  std::promise<void> go_on;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

v1::ModelChunk ChunkOf(const std::string& data, std::uint64_t total_bytes) {
  v1::ModelChunk chunk;
  chunk.set_data(data);
  chunk.set_total_bytes(total_bytes);
  return chunk;
}

// Fetches a model of four parameters, "0123456789abcdef", that is sent as `chunks`.
absl::Status Fetch(std::vector<v1::ModelChunk> chunks) {
  FakeCoordinator coordinator;
  coordinator.chunks = std::move(chunks);
  client::GrpcCoordinatorLink link(coordinator.link());
  const std::string expected = "0123456789abcdef";
  Instruction instruction;
  instruction.model_id = Xxh3(std::as_bytes(std::span(expected)));
  std::vector<float> model(4);
  return link.FetchModel(instruction, model).status();
}

TEST(FetchModel, TakesAnyCutIntoChunks) {
  const absl::Status status =
      Fetch({ChunkOf("012", 16), ChunkOf("", 0), ChunkOf("3456789abcdef", 0)});
  EXPECT_TRUE(status.ok()) << status;
}

TEST(FetchModel, RefusesBytesThatDoNotHashToTheModel) {
  EXPECT_EQ(Fetch({ChunkOf("0123456789abcdeF", 16)}).code(), absl::StatusCode::kDataLoss);
}

TEST(FetchModel, RefusesAModelThatEndsEarly) {
  EXPECT_EQ(Fetch({ChunkOf("0123456789abcde", 16)}).code(), absl::StatusCode::kDataLoss);
}

TEST(FetchModel, RefusesMoreBytesThanTheModelHas) {
  EXPECT_EQ(Fetch({ChunkOf("0123456789abcdef", 16), ChunkOf("g", 0)}).code(),
            absl::StatusCode::kDataLoss);
}

TEST(FetchModel, RefusesAnotherTotal) {
  EXPECT_EQ(Fetch({ChunkOf("0123456789abcdef", 17)}).code(), absl::StatusCode::kDataLoss);
}

TEST(FetchModel, EndsOnceNothingMoves) {
  FakeCoordinator coordinator;
  coordinator.chunks = {ChunkOf("0123", 16)};
  coordinator.hangs = true;
  client::GrpcLinkOptions options = coordinator.link();
  options.stall = 50 * kNanosPerMilli;
  client::GrpcCoordinatorLink link(options);
  std::vector<float> model(4);
  const absl::Status status = link.FetchModel({}, model).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_NE(status.message().find("nothing has moved"), absl::string_view::npos) << status;
  coordinator.go_on.set_value();
}

TEST(ReportCost, IsKeptAndSentAgainUntilItHasArrived) {
  FakeCoordinator coordinator;
  coordinator.reports_before_success = 3;
  client::GrpcCoordinatorLink link(coordinator.link());
  link.ReportCost({.ask = 1, .client = 1, .failure = "why"});
  EXPECT_EQ(coordinator.reports.size(), 2U);  // over two connections
  EXPECT_TRUE(link.FlushReports());
  EXPECT_EQ(coordinator.reports, std::vector<std::string>(4, "why"));
  EXPECT_TRUE(link.FlushReports());
  EXPECT_EQ(coordinator.reports.size(), 4U);
}

TEST(Join, RefusesAnInstructionInPlaceOfTheWelcome) {
  FakeCoordinator coordinator;
  coordinator.events.emplace_back().mutable_instruction()->set_task(v1::Instruction::TRAIN);
  client::GrpcCoordinatorLink link(coordinator.link());
  EXPECT_EQ(link.Join({}).status().code(), absl::StatusCode::kInternal);
}

TEST(Join, RefusesAWelcomeOfAnotherProtocol) {
  FakeCoordinator coordinator;
  coordinator.events.emplace_back().mutable_welcome()->set_protocol_version(kProtocolVersion + 1);
  client::GrpcCoordinatorLink link(coordinator.link());
  EXPECT_EQ(link.Join({}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Submit, GetsItsMemoryBackFromACoordinatorThatDoesNotRead) {
  FakeCoordinator coordinator;
  v1::Welcome& welcome = *coordinator.events.emplace_back().mutable_welcome();
  welcome.set_protocol_version(kProtocolVersion);
  welcome.set_chunk_bytes(1 << 20);
  v1::Tensor& tensor = *welcome.add_tensors();
  tensor.set_name("weight");
  tensor.add_shape(1);
  client::GrpcLinkOptions options = coordinator.link();
  options.stall = 50 * kNanosPerMilli;
  client::GrpcCoordinatorLink link(options);
  ASSERT_TRUE(link.Join({}).ok());
  {
    // More than the connection and both sockets hold.
    const std::vector<std::byte> payload(64 << 20);
    const absl::Status status = link.Submit({}, payload, [] {}).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_NE(status.message().find("nothing has moved"), absl::string_view::npos) << status;
  }
  coordinator.go_on.set_value();
}

}  // namespace
}  // namespace fedround::testing
