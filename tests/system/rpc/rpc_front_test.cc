// The gRPC service by itself: a front without a run, and the client's link at the other end.
#include <gmock/gmock.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "client/rpc/grpc_coordinator_link.h"
#include "common/base/hash.h"
#include "coordinator/rpc/rpc_server.h"
#include "tests/support/fake_front.h"

namespace fedround::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RpcFront : public ::testing::Test {
 protected:
  JoinRequest Clients(std::vector<ClientId> ids) { return {.clients = std::move(ids)}; }
  bool Joins(const JoinRequest& request) {
    const absl::Status joined = link_.Join(request).status();
    EXPECT_TRUE(joined.ok()) << joined;
    return joined.ok();
  }
  Instruction Train(ClientId client) { return Instruction{AskOf(client, front_.model_id())}; }
  UpdateHeader Answer(ClientId client, std::uint64_t elements) {
    UpdateHeader header;
    header.run_id = "fake";
    header.ask = AskOf(client).id;
    header.client = client;
    header.model_id = front_.model_id();
    header.sections = {{std::string(kUpdateSection), std::string(kFloat32Codec), elements,
                        elements * sizeof(float)}};
    header.weight = 1;
    return header;
  }

  const std::vector<float> model_{1, -2, 0.5F};
  FakeFront front_{model_, {0, 1}};
  std::unique_ptr<coordinator::RpcServer> server_ =
      coordinator::RpcServer::Start(front_, {.token = "token"}).value();
  client::GrpcCoordinatorLink link_{{.address = server_->address(), .token = "token"}};
};

TEST_F(RpcFront, BringsAHostAndItsClients) {
  ASSERT_TRUE(Joins(Clients({0, 1})));
  EXPECT_THAT(front_.heard(), ElementsAre("admit 0,1", "connected 0,1"));
}

TEST_F(RpcFront, PassesOnWhyAHostIsRefused) {
  front_.RefuseWith(absl::FailedPreconditionError("another build"));
  const absl::Status joined = link_.Join(Clients({1})).status();
  EXPECT_EQ(joined.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(joined.message()), HasSubstr("another build"));
  EXPECT_THAT(front_.heard(), ElementsAre("admit 1"));
}

TEST_F(RpcFront, SendsInstructions) {
  ASSERT_TRUE(Joins(Clients({1})));
  server_->Send(Train(1));
  EXPECT_EQ(link_.NextInstruction().value(), Train(1));
}

TEST_F(RpcFront, ServesTheModel) {
  ASSERT_TRUE(Joins(Clients({0})));
  std::vector<float> fetched(model_.size());
  ASSERT_TRUE(link_.FetchModel(Train(0), fetched).ok());
  EXPECT_EQ(fetched, model_);
}

TEST_F(RpcFront, TakesUpdatesAndCosts) {
  ASSERT_TRUE(Joins(Clients({0, 1})));
  const std::vector<float> update{1, 2, 3};
  const auto payload = std::as_bytes(std::span(update));
  ASSERT_TRUE(link_.Submit(Answer(1, 3), payload, [] {}).ok());
  link_.ReportCost({.ask = AskOf(1).id, .client = 1});
  EXPECT_TRUE(link_.FlushReports());
  EXPECT_THAT(front_.heard(),
              ElementsAre("admit 0,1", "connected 0,1", "update 1 2 3 from 1", "cost of 1"));
}

TEST_F(RpcFront, PassesOnWhyAnUpdateIsRefused) {
  ASSERT_TRUE(Joins(Clients({2})));
  const std::vector<float> update{1, 2, 3};
  const auto payload = std::as_bytes(std::span(update));
  EXPECT_EQ(link_.Submit(Answer(2, 3), payload, [] {}).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace fedround::testing
