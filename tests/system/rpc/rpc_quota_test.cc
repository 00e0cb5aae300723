// What one connection of a peer that has the token may ask of gRPC: each limit at its edge, on a
// real socket.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/rpc/rpc_server.h"
#include "fedround/v1/federation.grpc.pb.h"
#include "tests/support/fake_front.h"

namespace fedround::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

// A call of Join, which stays open until it is cancelled.
class OpenJoin {
 public:
  OpenJoin(v1::FederationService::Stub& stub, const std::vector<ClientId>& clients,
           const std::string& note = "")
      : stub_(stub) {
    context_.AddMetadata("fedround-token", "token");
    if (!note.empty()) context_.AddMetadata("note", note);
    for (const ClientId client : clients) {
      v1::ClientRange& range = *request_.add_clients();
      range.set_first(client);
      range.set_last(client);
    }
    request_.set_protocol_version(kProtocolVersion);
  }
  ~OpenJoin() {
    context_.TryCancel();
    if (reader_ != nullptr) {
      v1::JoinEvent event;
      while (reader_->Read(&event)) {
      }
      reader_->Finish();
    }
  }

  OpenJoin& Within(std::chrono::milliseconds time) {
    context_.set_deadline(std::chrono::system_clock::now() + time);
    return *this;
  }
  // Waits for the welcome. OK if it has come, otherwise how the call ended.
  grpc::Status Welcome() {
    reader_ = stub_.Join(&context_, request_);
    v1::JoinEvent event;
    if (reader_->Read(&event)) return grpc::Status::OK;
    const auto reader = std::move(reader_);
    return reader->Finish();
  }

 private:
  v1::FederationService::Stub& stub_;
  grpc::ClientContext context_;
  v1::JoinRequest request_;
  std::unique_ptr<grpc::ClientReader<v1::JoinEvent>> reader_;
};

class RpcQuota : public ::testing::Test {
 protected:
  FakeFront front_{{1, 2, 3}, {0, 1}};
  std::unique_ptr<coordinator::RpcServer> server_ =
      coordinator::RpcServer::Start(front_, {.token = "token"}).value();
  std::unique_ptr<v1::FederationService::Stub> stub_ = v1::FederationService::NewStub(
      grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials()));
};

TEST_F(RpcQuota, AConnectionHasEightCallsAtOnce) {
  std::vector<std::unique_ptr<OpenJoin>> open;
  for (ClientId client = 0; client < 8; ++client) {
    open.push_back(std::make_unique<OpenJoin>(*stub_, std::vector{client}));
    const grpc::Status status = open.back()->Welcome();
    ASSERT_TRUE(status.ok()) << client << ": " << status.error_message();
  }
  OpenJoin ninth(*stub_, {8});
  EXPECT_EQ(ninth.Within(std::chrono::milliseconds(300)).Welcome().error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(front_.heard(), Not(Contains("admit 8")));
  open.pop_back();
  EXPECT_TRUE(OpenJoin(*stub_, {9}).Welcome().ok());
}

// All names and values together, and 32 bytes for each pair (RFC 9113, 6.5.2).
TEST_F(RpcQuota, ACallHas8KiBOfMetadata) {
  constexpr std::size_t kAtMostOfGrpcItself = 600;
  EXPECT_TRUE(OpenJoin(*stub_, {0}, std::string(8192 - kAtMostOfGrpcItself, 'x')).Welcome().ok());
  EXPECT_EQ(OpenJoin(*stub_, {1}, std::string(8192, 'x')).Welcome().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(front_.heard(), Not(Contains("admit 1")));
}

TEST_F(RpcQuota, AHostThatDoesNotReadIsCutOffAfter16MessagesPerClient) {
  OpenJoin host(*stub_, {0, 1});
  ASSERT_TRUE(host.Welcome().ok());
  constexpr int kMoreThanAnyBufferHolds = 1'000'000;
  const auto gone = [this] {
    for (const std::string& event : front_.heard()) {
      if (event == "left 0,1: this host has not read its last 32 instructions") return true;
    }
    return false;
  };
  int sent = 0;
  while (sent < kMoreThanAnyBufferHolds && !gone()) {
    for (int i = 0; i < 100; ++i, ++sent) server_->Send(Instruction{{.client = 1, .round = 1}});
  }
  EXPECT_GT(sent, 32);
  EXPECT_LT(sent, kMoreThanAnyBufferHolds);
}

}  // namespace
}  // namespace fedround::testing
