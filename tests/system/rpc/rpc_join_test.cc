// Joining, fetching and leaving over real sockets.
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <thread>

#include "common/base/io/file.h"
#include "tests/system/loopback.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {
namespace {

absl::StatusCode CodeOfJoin(const client::GrpcLinkOptions& options, const JoinRequest& request) {
  return client::GrpcCoordinatorLink(options).Join(request).status().code();
}

TEST(Join, BringsTheExperimentAndTheModelsShape) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  EXPECT_EQ(client.welcome().run_id, kRunId);
  EXPECT_EQ(client.welcome().model.tensors, federation.coordinator().tensors());
  const auto experiment = ParseExperiment(client.welcome().experiment);
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(ExperimentToToml(*experiment, false),
            ExperimentToToml(federation.coordinator().experiment(), false));
}

TEST(Join, RefusesAWrongToken) {
  RpcFederation federation({"federation.clients=1"});
  for (const char* token : {"", "tokem", "token2"}) {
    client::GrpcLinkOptions options = federation.link();
    options.token = token;
    EXPECT_EQ(CodeOfJoin(options, RequestOf({0})), absl::StatusCode::kUnauthenticated);
  }
}

TEST(Join, RefusesAnotherProtocolVersion) {
  RpcFederation federation({"federation.clients=1"});
  JoinRequest request = RequestOf({0});
  request.protocol_version = kProtocolVersion + 1;
  EXPECT_EQ(CodeOfJoin(federation.link(), request), absl::StatusCode::kFailedPrecondition);
}

TEST(Join, RefusesAnUnknownSimdLevel) {
  RpcFederation federation({"federation.clients=1"});
  JoinRequest request = RequestOf({0});
  request.simd = "mmx";
  EXPECT_EQ(CodeOfJoin(federation.link(), request), absl::StatusCode::kInvalidArgument);
}

TEST(Join, RefusesAClientThatIsConnectedAndAnswers) {
  RpcFederation federation({"federation.clients=2"});
  ManualClient client(federation, 0);
  std::thread listener([&] { EXPECT_EQ(client.Next().task, TaskKind::kLeave); });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(CodeOfJoin(federation.link(), RequestOf({0, 1})), absl::StatusCode::kAlreadyExists);
  }
  federation.coordinator().Stop("enough", 0);
  listener.join();
}

TEST(Join, TakesThePlaceOfAHostThatDoesNotAnswer) {
  RpcFederation federation({"federation.clients=2"});
  ManualClient silent(federation, 0);
  ManualClient next(federation, 0);
  // Which is told, when it comes to itself, and does not come back.
  const absl::Status told = silent.link().NextInstruction().status();
  EXPECT_TRUE(absl::IsAlreadyExists(told)) << told;
  EXPECT_TRUE(Eventually([&] { return federation.joins() == 2; }));
}

TEST(Join, RefusesAnIdBeyondThePopulation) {
  RpcFederation federation({"federation.clients=2"});
  EXPECT_EQ(CodeOfJoin(federation.link(), RequestOf({2})), absl::StatusCode::kInvalidArgument);
}

TEST(Join, GivesUpAtItsDeadlineWhereNobodyAnswers) {
  // Port 1 is reserved; nothing listens there.
  const client::GrpcLinkOptions options{
      .address = "127.0.0.1:1", .token = kToken, .join_deadline = 20 * kNanosPerMilli};
  EXPECT_EQ(CodeOfJoin(options, RequestOf({0})), absl::StatusCode::kUnavailable);
}

// A port that is bound, where an attempt to connect is noticed and cut off.
class SilentPort {
 public:
  SilentPort() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    auto* any = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(bind(listener_.get(), any, size), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    EXPECT_EQ(getsockname(listener_.get(), any, &size), 0);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }
  void WaitForAttempt() { const Fd peer(accept(listener_.get(), nullptr, nullptr)); }

 private:
  Fd listener_;
  sockaddr_in address_{};
};

TEST(Join, ReachesACoordinatorThatStartsLater) {
  auto coordinator = coordinator::Coordinator::Create(
                         {.experiment = Tiny({"federation.clients=1"}), .run_id = kRunId})
                         .value();
  auto port = std::make_unique<SilentPort>();
  const std::string address = port->address();
  client::GrpcCoordinatorLink link({.address = address, .token = kToken});
  absl::Status joined;
  std::thread joiner([&] { joined = link.Join(RequestOf({0})).status(); });
  port->WaitForAttempt();
  port.reset();
  auto server = coordinator::RpcServer::Start(*coordinator, {.listen = address, .token = kToken});
  EXPECT_TRUE(server.ok()) << server.status();
  joiner.join();
  EXPECT_TRUE(joined.ok()) << joined;
}

TEST(Join, CanBeCancelledWhileItWaitsForACoordinator) {
  client::GrpcCoordinatorLink link(
      {.address = "127.0.0.1:1", .token = kToken, .join_deadline = 3600 * kNanosPerSecond});
  absl::Status joined;
  std::thread joiner([&] { joined = link.Join(RequestOf({0})).status(); });
  link.Cancel();
  joiner.join();
  EXPECT_EQ(joined.code(), absl::StatusCode::kCancelled);
}

TEST(Join, FreesItsClientsWhenItEnds) {
  RpcFederation federation({"federation.clients=2"});
  { ManualClient client(federation, 0); }
  // The coordinator hears of the end a moment later.
  EXPECT_EQ(CodeOfJoin(federation.link(), RequestOf({0})), absl::StatusCode::kOk);
}

TEST(NextInstruction, ComesAfterAllHaveJoined) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  const Instruction instruction = client.Next();
  EXPECT_EQ(instruction.task, TaskKind::kTrain);
  EXPECT_EQ(instruction.round, 1U);
}

TEST(NextInstruction, CanBeCancelled) {
  RpcFederation federation({"federation.clients=2"});
  ManualClient client(federation, 0);
  absl::Status next;
  std::thread waiter([&] { next = client.link().NextInstruction().status(); });
  client.link().Cancel();
  waiter.join();
  EXPECT_EQ(next.code(), absl::StatusCode::kCancelled);
}

TEST(NextInstruction, SaysLeaveWhenTheRunIsStopped) {
  RpcFederation federation({"federation.clients=2"});
  ManualClient client(federation, 0);
  federation.coordinator().Stop("enough", 130);
  const Instruction instruction = client.Next();
  EXPECT_EQ(instruction.task, TaskKind::kLeave);
  EXPECT_EQ(instruction.exit_code, 130);
}

TEST(NextInstruction, LeavesTheCallToEndWell) {
  RpcFederation federation({"federation.clients=2"});
  const auto stub = v1::FederationService::NewStub(
      grpc::CreateChannel(federation.link().address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("fedround-token", kToken);
  v1::JoinRequest request;
  request.set_protocol_version(kProtocolVersion);
  request.add_clients();
  const auto reader = stub->Join(&context, request);
  v1::JoinEvent event;
  ASSERT_TRUE(reader->Read(&event));
  federation.coordinator().Stop("enough", 0);
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.instruction().task(), v1::Instruction::LEAVE);
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST(NextInstruction, IsUnavailableOnceTheServerHasGone) {
  auto coordinator = coordinator::Coordinator::Create(
                         {.experiment = Tiny({"federation.clients=1"}), .run_id = kRunId})
                         .value();
  auto server = coordinator::RpcServer::Start(*coordinator, {.token = kToken}).value();
  client::GrpcCoordinatorLink link(
      {.address = server->address(), .token = kToken, .rejoin_deadline = 20 * kNanosPerMilli});
  ASSERT_TRUE(link.Join(RequestOf({0})).ok());
  server->Shutdown(std::chrono::seconds(5));
  const absl::Status gone = link.NextInstruction().status();
  EXPECT_TRUE(absl::IsUnavailable(gone)) << gone;
  EXPECT_NE(gone.message().find("no coordinator at "), absl::string_view::npos) << gone;
}

TEST(FetchModel, BringsTheModelInChunksOfAnySize) {
  for (const char* chunk : {"limits.chunk_bytes=4096", "limits.chunk_bytes=1048576"}) {
    RpcFederation federation({"federation.clients=1", "model.hidden=[100, 100]", chunk});
    ManualClient client(federation, 0);
    const Instruction instruction = client.Next();
    std::vector<float> model(client.payload().size());
    const auto cost = client.link().FetchModel(instruction, model);
    ASSERT_TRUE(cost.ok()) << cost.status();
    EXPECT_EQ(Xxh3(std::as_bytes(std::span(model))), instruction.model_id);
    EXPECT_EQ(cost->payload_bytes, model.size() * sizeof(float));
    EXPECT_GT(cost->message_bytes_down, cost->payload_bytes);
  }
}

TEST(FetchModel, DoesNotFindAModelThatIsNotServed) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  Instruction instruction = client.Next();
  ++instruction.model_id;
  std::vector<float> model(client.payload().size());
  EXPECT_EQ(client.link().FetchModel(instruction, model).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(FetchModel, RefusesAModelOfAnotherSize) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  const Instruction instruction = client.Next();
  for (const int difference : {-1, 1}) {
    std::vector<float> model(client.payload().size() + static_cast<std::size_t>(difference));
    EXPECT_EQ(client.link().FetchModel(instruction, model).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(FetchModel, NeedsTheToken) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  const Instruction instruction = client.Next();
  client::GrpcCoordinatorLink stranger({.address = federation.link().address, .token = "guess"});
  std::vector<float> model(client.payload().size());
  EXPECT_EQ(stranger.FetchModel(instruction, model).status().code(),
            absl::StatusCode::kUnauthenticated);
}

TEST(RpcServer, NamesAnAddressThatIsTaken) {
  RpcFederation federation({"federation.clients=1"});
  const auto second = coordinator::RpcServer::Start(
      federation.coordinator(), {.listen = federation.server().address(), .token = kToken});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(second.status().message().find(federation.server().address()), std::string::npos);
}

TEST(RpcServer, NeedsAToken) {
  RpcFederation federation({"federation.clients=1"});
  EXPECT_EQ(coordinator::RpcServer::Start(federation.coordinator(), {.token = ""}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fedround::testing
