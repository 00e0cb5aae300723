// Clients that stay connected but stop: they do not read what they asked for, or send only half of
// an update. Each round ends at its deadline without them, and what they hold is taken from them.
#include "tests/system/failing_client.h"

namespace fedround::testing {
namespace {

constexpr std::uint32_t kRounds = 3;
constexpr ClientId kStalled = 2;

std::vector<std::string> ShortRounds() {
  return {"run.rounds=" + std::to_string(kRounds),
          "federation.clients=3",
          "federation.deadline_s=0.4",
          "evaluation.every=0",
          "model.hidden=[1000, 1000]",
          "limits.chunk_bytes=65536"};
}

// Clients 0 and 1 do their work; `stalled` is late in every round.
void ExpectLateInEveryRound(RpcFederation& federation, const std::string& folder) {
  const auto folded = ExpectWhole(federation, ShortRounds(), folder);
  EXPECT_EQ(folded, std::vector<std::vector<ClientId>>(kRounds, {0, 1}));
  const auto failures = federation.EventsOf<ledger::event::Failure>();
  EXPECT_EQ(failures.size(), kRounds);
  for (const auto& failure : failures) {
    EXPECT_EQ(failure.client, kStalled);
    EXPECT_EQ(failure.what, FailureKind::kLate) << failure.message;
  }
}

// gRPC reads ahead of its reader, by as much as the connection carries; not so here.
std::unique_ptr<v1::FederationService::Stub> StubThatReadsNothingAhead(
    const RpcFederation& federation) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1024);
  return v1::FederationService::NewStub(grpc::CreateCustomChannel(
      federation.link().address, grpc::InsecureChannelCredentials(), arguments));
}

// A FetchModel call whose answer nobody reads.
class UnreadFetch {
 public:
  UnreadFetch(const RpcFederation& federation, ModelId model)
      : stub_(StubThatReadsNothingAhead(federation)) {
    context_.AddMetadata("fedround-token", kToken);
    // Later than any test that waits for the coordinator to end it.
    context_.set_deadline(std::chrono::system_clock::now() + 3 * kPatience);
    v1::FetchModelRequest request;
    request.set_client(kStalled);
    request.set_model_id(model);
    reader_ = stub_->FetchModel(&context_, request);
    v1::ModelChunk first;
    EXPECT_TRUE(reader_->Read(&first));
  }
  // How the call ended; what had come before is dropped.
  grpc::StatusCode End() {
    v1::ModelChunk chunk;
    while (reader_->Read(&chunk)) {
    }
    return reader_->Finish().error_code();
  }

 private:
  std::unique_ptr<v1::FederationService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ModelChunk>> reader_;
};

TEST(Failure, AFetchThatNobodyReadsEndsWithItsModel) {
  const std::string folder = FreshFolder();
  const DescriptorsReturned returned;
  // The model is more than a connection holds for a peer that does not read it.
  const std::vector<std::string> overrides = {"run.rounds=3", "federation.clients=3",
                                              "evaluation.every=0", "model.hidden=[1000, 1000]",
                                              "limits.chunk_bytes=65536"};
  RpcFederation federation(overrides, folder);
  RoundGate gate;
  GatedLink good(federation, gate);
  ManualClient stalled(federation, kStalled);
  const HostThread host(federation, good, {0, 1});
  std::vector<std::unique_ptr<UnreadFetch>> fetches;
  std::vector<AskId> asks;
  for (std::uint32_t round = 1; round <= 3; ++round) {
    const Instruction instruction = stalled.Next();
    ASSERT_EQ(instruction.round, round);
    asks.push_back(instruction.id);
    fetches.push_back(std::make_unique<UnreadFetch>(federation, instruction.model_id));
    const std::weak_ptr<const coordinator::Model> model =
        federation.coordinator().FindModel(instruction.model_id).value();
    if (round == 3) break;
    stalled.link().ReportCost({.ask = asks.back(), .client = kStalled, .failure = "stalled"});
    gate.Open(round);
    // The next round is kept open meanwhile, so it is not the end of the run that frees it.
    EXPECT_TRUE(gate.WaitFor(round + 1));
    EXPECT_TRUE(Eventually([&model] { return model.expired(); })) << "round " << round;
  }
  stalled.link().ReportCost({.ask = asks.back(), .client = kStalled, .failure = "stalled"});
  gate.Open(3);
  const auto folded = ExpectWhole(federation, overrides, folder);
  EXPECT_EQ(folded, std::vector<std::vector<ClientId>>(3, {0, 1}));
  for (const auto& fetch : fetches) EXPECT_NE(fetch->End(), grpc::OK);
}

TEST(Failure, AFetchThatNobodyReadsEndsThoughItsRoundGoesOn) {
  RpcFederation federation({"federation.clients=1", "model.hidden=[1000, 1000]",
                            "limits.chunk_bytes=65536", "limits.stall_s=0.2"});
  ManualClient stalled(federation, 0);
  const Instruction instruction = stalled.Next();
  const auto shares = [&] {
    return federation.coordinator().FindModel(instruction.model_id).value().use_count();
  };
  const auto before = shares();
  UnreadFetch fetch(federation, instruction.model_id);
  EXPECT_TRUE(Eventually([&] { return shares() == before; }));
  EXPECT_NE(fetch.End(), grpc::OK);
  // The round is open: it may try again.
  std::vector<float> model(stalled.payload().size());
  const auto again = stalled.link().FetchModel(instruction, model);
  EXPECT_TRUE(again.ok()) << again.status();
}

TEST(Failure, AHostThatNeverReadsItsInstructionsIsLate) {
  const std::string folder = FreshFolder();
  const DescriptorsReturned returned;
  RpcFederation federation(ShortRounds(), folder);
  ForwardingLink good(federation);
  const ManualClient stalled(federation, kStalled);
  const HostThread host(federation, good, {0, 1});
  ExpectLateInEveryRound(federation, folder);
}

TEST(Failure, AnUploadThatStopsInTheMiddleEndsWithItsRoundAndItsCredit) {
  const std::string folder = FreshFolder();
  const DescriptorsReturned returned;
  RpcFederation federation(ShortRounds(), folder);
  ForwardingLink good(federation);
  ManualClient stalled(federation, kStalled);
  const HostThread host(federation, good, {0, 1});
  for (std::uint32_t round = 1; round <= kRounds; ++round) {
    const Instruction instruction = stalled.Next();
    ASSERT_EQ(instruction.round, round);
    RawUpload upload(federation);
    upload.SendHeader(stalled.Answer(instruction));
    upload.WaitForCredit();
    upload.SendData(stalled.payload_bytes().first(1000));
    const grpc::Status ended = upload.WaitForEnd();
    EXPECT_EQ(ended.error_code(), grpc::FAILED_PRECONDITION);
    EXPECT_NE(ended.error_message().find("late"), std::string::npos) << ended.error_message();
  }
  ExpectLateInEveryRound(federation, folder);
}

}  // namespace
}  // namespace fedround::testing
