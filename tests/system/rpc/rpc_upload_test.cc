// Uploads over real sockets: what is accepted, what is refused with which status, and the credit.
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "tests/system/loopback.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {
namespace {

TEST(Submit, EndsTheRoundOnceAllHaveAnswered) {
  RpcFederation federation({"federation.clients=2", "run.rounds=1"});
  ManualClient first(federation, 0);
  ManualClient second(federation, 1);
  EXPECT_TRUE(first.Submit(first.Answer(first.Next())).ok());
  EXPECT_TRUE(second.Submit(second.Answer(second.Next())).ok());
  EXPECT_EQ(first.Next().task, TaskKind::kLeave);
  EXPECT_EQ(federation.Wait().outcome, RunOutcome::kDone);
}

TEST(Submit, CountsWhatItSent) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  const auto cost =
      client.link().Submit(client.Answer(client.Next()), client.payload_bytes(), [] {});
  ASSERT_TRUE(cost.ok()) << cost.status();
  EXPECT_EQ(cost->payload_bytes, client.payload_bytes().size());
  EXPECT_GT(cost->message_bytes_up, cost->payload_bytes);
}

TEST(Submit, SplitsAPayloadIntoChunks) {
  RpcFederation federation(
      {"federation.clients=1", "model.hidden=[100, 100]", "limits.chunk_bytes=4096"});
  ManualClient client(federation, 0);
  ASSERT_GT(client.payload_bytes().size(), 40'000U);
  EXPECT_TRUE(client.Submit(client.Answer(client.Next())).ok());
}

TEST(Submit, TakesAnUpdateWithoutChecksum) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  UpdateHeader header = client.Answer(client.Next());
  header.checksum.reset();
  EXPECT_TRUE(client.Submit(header).ok());
}

// One client of two in round 1; `change` spoils its answer. After the refusal it may try again.
template <typename Change>
void ExpectRefusal(absl::StatusCode code, Change change) {
  RpcFederation federation({"federation.clients=2"});
  ManualClient client(federation, 0);
  ManualClient other(federation, 1);
  const Instruction instruction = client.Next();
  const std::vector<float> good = client.payload();
  UpdateHeader header = client.Answer(instruction);
  change(header, client);
  const absl::Status refused = client.Submit(header);
  EXPECT_EQ(refused.code(), code) << refused;
  client.payload() = good;
  const absl::Status again = client.Submit(client.Answer(instruction));
  EXPECT_TRUE(again.ok()) << again;
}

TEST(Submit, RefusesAnAskThatThereNeverWas) {
  ExpectRefusal(absl::StatusCode::kNotFound,
                [](UpdateHeader& header, ManualClient&) { header.ask += 1000; });
}

TEST(Submit, RefusesAnotherModel) {
  ExpectRefusal(absl::StatusCode::kInvalidArgument,
                [](UpdateHeader& header, ManualClient&) { ++header.model_id; });
}

TEST(Submit, RefusesAnotherRun) {
  ExpectRefusal(absl::StatusCode::kInvalidArgument,
                [](UpdateHeader& header, ManualClient&) { header.run_id = "other"; });
}

TEST(Submit, RefusesAClientThatWasNotAsked) {
  ExpectRefusal(absl::StatusCode::kNotFound,
                [](UpdateHeader& header, ManualClient&) { header.client = 77; });
}

TEST(Submit, RefusesAWrongChecksum) {
  ExpectRefusal(absl::StatusCode::kInvalidArgument,
                [](UpdateHeader& header, ManualClient&) { *header.checksum ^= 1; });
}

TEST(Submit, RefusesEntriesThatAreNotFiniteOrOffTheGrid) {
  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity(), 1e9F}) {
    ExpectRefusal(absl::StatusCode::kInvalidArgument,
                  [value](UpdateHeader& header, ManualClient& client) {
                    client.payload().back() = value;
                    header.checksum = Xxh3(client.payload_bytes());
                  });
  }
}

TEST(Submit, RefusesAnotherSizeThanTheModels) {
  ExpectRefusal(absl::StatusCode::kInvalidArgument, [](UpdateHeader& header, ManualClient& client) {
    client.payload().pop_back();
    header.sections[0].elements -= 1;
    header.sections[0].bytes -= sizeof(float);
  });
}

TEST(Submit, RefusesMoreDataThanAnnounced) {
  ExpectRefusal(absl::StatusCode::kInvalidArgument,
                [](UpdateHeader&, ManualClient& client) { client.payload().push_back(0); });
}

TEST(Submit, RefusesLessDataThanAnnounced) {
  ExpectRefusal(absl::StatusCode::kInvalidArgument,
                [](UpdateHeader&, ManualClient& client) { client.payload().pop_back(); });
}

TEST(Submit, RefusesAMetricThatIsNotFinite) {
  ExpectRefusal(absl::StatusCode::kInvalidArgument, [](UpdateHeader& header, ManualClient&) {
    header.metrics["train_loss"] = std::nan("");
  });
}

TEST(Submit, RefusesASecondUpdate) {
  RpcFederation federation({"federation.clients=2"});
  ManualClient client(federation, 0);
  ManualClient other(federation, 1);
  const UpdateHeader header = client.Answer(client.Next());
  ASSERT_TRUE(client.Submit(header).ok());
  EXPECT_EQ(client.Submit(header).code(), absl::StatusCode::kAlreadyExists);
}

TEST(Submit, RefusesAnUpdateOfARoundThatIsOver) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  const UpdateHeader header = client.Answer(client.Next());
  ASSERT_TRUE(client.Submit(header).ok());
  EXPECT_EQ(client.Next().round, 2U);
  EXPECT_EQ(client.Submit(header).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Submit, EndsWhenTheRoundClosesUnderIt) {
  RpcFederation federation({"federation.clients=2", "federation.deadline_s=0.05"});
  ManualClient client(federation, 0);
  ManualClient slow(federation, 1);
  ASSERT_TRUE(client.Submit(client.Answer(client.Next())).ok());
  RawUpload upload(federation);
  upload.SendHeader(slow.Answer(slow.Next()));
  upload.WaitForCredit();
  upload.SendData(slow.payload_bytes().first(8));
  EXPECT_EQ(slow.Next().round, 2U);
  EXPECT_EQ(upload.Finish().error_code(), grpc::FAILED_PRECONDITION);
}

TEST(Submit, RefusesAHeaderThatCarriesData) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  RawUpload upload(federation);
  upload.SendHeader(client.Answer(client.Next()), "x");
  upload.SendData(client.payload_bytes());
  EXPECT_EQ(upload.Finish().error_code(), grpc::INVALID_ARGUMENT);
}

TEST(Submit, RefusesDataWithoutHeader) {
  RpcFederation federation({"federation.clients=1"});
  RawUpload upload(federation);
  upload.SendData(std::as_bytes(std::span("x")));
  EXPECT_EQ(upload.Finish().error_code(), grpc::INVALID_ARGUMENT);
}

TEST(Submit, RefusesACallWithoutHeader) {
  RpcFederation federation({"federation.clients=1"});
  RawUpload upload(federation);
  EXPECT_EQ(upload.Finish().error_code(), grpc::INVALID_ARGUMENT);
}

TEST(Submit, NeedsTheToken) {
  RpcFederation federation({"federation.clients=1"});
  ManualClient client(federation, 0);
  client::GrpcCoordinatorLink stranger({.address = federation.link().address, .token = "guess"});
  EXPECT_EQ(
      stranger.Submit(client.Answer(client.Next()), client.payload_bytes(), [] {}).status().code(),
      absl::StatusCode::kUnauthenticated);
}

TEST(Credit, IsNotGivenBeforeThereIsRoom) {
  RpcFederation federation({"federation.clients=2", "limits.upload_buffer_bytes=0"});
  ManualClient first(federation, 0);
  ManualClient second(federation, 1);
  RawUpload holder(federation);
  const Instruction instruction = first.Next();
  holder.SendHeader(first.Answer(instruction));
  holder.WaitForCredit();

  std::atomic<bool> granted = false;
  RawUpload waiter(federation);
  waiter.SendHeader(second.Answer(second.Next()));
  std::thread waiting([&] {
    waiter.WaitForCredit();
    granted = true;
  });
  // Round trips beside it: a credit that needed no room would have come by now.
  std::vector<float> model(first.payload().size());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(first.link().FetchModel(instruction, model).ok());
  EXPECT_FALSE(granted);

  holder.SendData(first.payload_bytes());
  EXPECT_TRUE(holder.Finish().ok());
  waiting.join();
  waiter.SendData(second.payload_bytes());
  EXPECT_TRUE(waiter.Finish().ok());
}

TEST(Credit, IsFreedByAClientThatDiesInItsUpload) {
  RpcFederation federation({"federation.clients=2", "limits.upload_buffer_bytes=0"});
  ManualClient first(federation, 0);
  ManualClient second(federation, 1);
  const UpdateHeader header = first.Answer(first.Next());
  RawUpload dying(federation);
  dying.SendHeader(header);
  dying.WaitForCredit();
  dying.SendData(first.payload_bytes().first(100));
  dying.Cancel();
  EXPECT_TRUE(second.Submit(second.Answer(second.Next())).ok());
  EXPECT_TRUE(first.Submit(header).ok());
}

TEST(Credit, LetsAClientThatDiedWhileItWaitedQueueAgain) {
  RpcFederation federation({"federation.clients=2", "limits.upload_buffer_bytes=0"});
  ManualClient first(federation, 0);
  ManualClient second(federation, 1);
  RawUpload holder(federation);
  holder.SendHeader(first.Answer(first.Next()));
  holder.WaitForCredit();
  const UpdateHeader header = second.Answer(second.Next());
  RawUpload dying(federation);
  dying.SendHeader(header);
  const auto offered = [&] { return federation.coordinator().intake().holdings().uploads; };
  ASSERT_TRUE(Eventually([&] { return offered() == 2; }));
  dying.Cancel();
  RawUpload again(federation);
  again.SendHeader(header);
  holder.SendData(first.payload_bytes());
  EXPECT_TRUE(holder.Finish().ok());
  again.WaitForCredit();
  again.SendData(second.payload_bytes());
  EXPECT_TRUE(again.Finish().ok());
}

// Whoever takes a credit and sends nothing holds up nobody: without this, all others wait for it
// until the round's deadline, an hour here.
TEST(Credit, ThatIsHeldInSilenceGoesToWhoeverWaits) {
  RpcFederation federation({"federation.clients=2", "limits.upload_buffer_bytes=0", "run.rounds=1",
                            "federation.deadline_s=3600"});
  ManualClient silent(federation, 0);
  ManualClient waiting(federation, 1);
  const UpdateHeader header = silent.Answer(silent.Next());
  RawUpload holder(federation);
  holder.SendHeader(header);
  holder.WaitForCredit();
  EXPECT_TRUE(waiting.Submit(waiting.Answer(waiting.Next())).ok());
  const grpc::Status ended = holder.WaitForEnd();
  EXPECT_EQ(ended.error_code(), grpc::ABORTED) << ended.error_message();
  EXPECT_TRUE(silent.Submit(header).ok());
  EXPECT_EQ(federation.Wait().outcome, RunOutcome::kDone);
}

}  // namespace
}  // namespace fedround::testing
