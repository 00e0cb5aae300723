// Uploads that break off or arrive damaged: no round is held up, no aggregate is changed.
#include <csignal>

#include "client/rpc/connection.h"
#include "common/base/rng.h"
#include "common/ledger/run_folder.h"
#include "common/rpc/received_message.h"
#include "common/wire/chunk.h"
#include "common/wire/messages/update_header.h"
#include "tests/support/command.h"
#include "tests/system/failing_client.h"
#include "tests/system/relay.h"

namespace fedround::testing {
namespace {

// The failures of a run but for those of clients that were not there at all.
std::vector<ledger::event::Failure> FailuresOfThePresent(const RpcFederation& federation) {
  std::vector<ledger::event::Failure> failures;
  for (const auto& event : federation.EventsOf<ledger::event::Failure>()) {
    if (event.what != FailureKind::kAbsent) failures.push_back(event);
  }
  return failures;
}

// A client process that dies when the coordinator has `bytes` of what it sends in a round.
void DieInUpload(Relay& relay, const std::string& endpoint, ClientId client, std::size_t bytes) {
  relay.Limit(bytes);
  {
    const Command victim(
        {"fedround-client", "--endpoint", endpoint, "--clients", std::to_string(client)});
    EXPECT_TRUE(Eventually([&] { return relay.spent(); })) << "at byte " << bytes;
    victim.Signal(SIGKILL);
  }
  EXPECT_TRUE(Eventually([&] { return relay.open() == 0; })) << "at byte " << bytes;
}

TEST(Failure, AClientKilledAtAnyByteOfItsUploadIsNamedAndLeavesNothing) {
  constexpr std::uint32_t kKills = 50;
  constexpr ClientId kVictim = 2;
  // One upload at a time: a credit that was not given back would stop all that follow.
  const std::vector<std::string> overrides = {
      "run.rounds=50",         "federation.clients=3",         "federation.join_deadline_s=0.05",
      "evaluation.every=0",    "limits.upload_buffer_bytes=0", "limits.chunk_bytes=4096",
      "model.hidden=[80, 80]", "federation.deadline_s=60"};
  const std::string folder = FreshFolder();
  const DescriptorsReturned returned;
  RpcFederation federation(overrides, folder);
  Relay relay(federation.server().port());
  const std::string endpoint = folder + "/victim";
  std::filesystem::create_directories(endpoint);
  ASSERT_TRUE(ledger::WriteEndpoint(
                  endpoint,
                  {.address = relay.address(), .token = kToken, .run_id = kRunId, .pid = getpid()})
                  .ok());
  RoundGate gate;
  GatedLink steady(federation, gate);
  const HostThread host(federation, steady, {0, 1});
  const std::size_t payload_bytes =
      ParameterCount(federation.coordinator().tensors()) * sizeof(float);
  // The connection's and the call's beginning and the header.
  constexpr std::size_t kBeforePayload = 800;
  Rng rng(50, RngPurpose::kArrivalOrder);
  for (std::uint32_t round = 1; round <= kKills; ++round) {
    ASSERT_TRUE(gate.WaitFor(round));
    const std::size_t within = round % 5 == 0 ? kBeforePayload : payload_bytes;
    DieInUpload(relay, endpoint + "/endpoint.json", kVictim,
                rng.Below(static_cast<std::uint32_t>(within)));
    gate.Open(round);
  }
  const auto folded = ExpectWhole(federation, overrides, folder);
  EXPECT_EQ(folded, std::vector<std::vector<ClientId>>(kKills, {0, 1}));
  const auto failures = FailuresOfThePresent(federation);
  ASSERT_EQ(failures.size(), kKills);
  for (std::uint32_t i = 0; i < kKills; ++i) {
    EXPECT_EQ(failures[i].round, i + 1);
    EXPECT_EQ(failures[i].client, kVictim);
    EXPECT_EQ(failures[i].what, FailureKind::kLeft);
  }
  // The one under way and the coordinator's own.
  EXPECT_LE(federation.coordinator().intake().holdings().pooled_buffers, 2U);
}

// ---- damaged messages ----

using Messages = std::vector<std::string>;

// The messages of an upload, payload in a few chunks.
Messages Encode(const UpdateHeader& header, std::span<const std::byte> payload) {
  constexpr std::size_t kChunkBytes = 400;
  Messages messages = {wire::SerializeUpdateHeader(header)};
  for (std::size_t offset = 0; offset < payload.size(); offset += kChunkBytes) {
    const auto chunk = payload.subspan(offset, std::min(kChunkBytes, payload.size() - offset));
    const wire::ChunkPrefix prefix = wire::EncodeChunkPrefix(0, chunk.size());
    std::string& message = messages.emplace_back();
    for (const auto part : {prefix.bytes(), chunk}) {
      message.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
  }
  return messages;
}

// One change of one message; half of them in the header.
void Mutate(Messages& messages, Rng& rng) {
  const auto below = [&rng](std::size_t bound) {
    return rng.Below(static_cast<std::uint32_t>(bound));
  };
  const std::size_t which = below(2) == 0 ? 0 : below(messages.size());
  std::string& message = messages[which];
  const std::size_t at = below(message.size());
  switch (below(8)) {
    case 0:
      message.insert(at, 1, static_cast<char>(below(256)));
      return;
    case 1:
      message.erase(at, 1 + below(8));
      return;
    case 2:
      message.resize(at);
      return;
    case 3:
      messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(which), message);
      return;
    case 4:
      messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(which));
      return;
    case 5:
      message[at] = static_cast<char>(below(256));
      return;
    default:
      message[at] = static_cast<char>(message[at] ^ (1 << below(8)));
  }
}

// The token does not tell clients apart, so this one would count as another's answer.
bool IsAnothersAnswer(const Messages& messages, ClientId own) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(messages.front()));
  const auto chunk = wire::ParseUpdateChunk({&bytes, 1});
  if (!chunk.ok()) return false;
  const auto header = wire::ParseUpdateHeader(chunk->header);
  return header.ok() && header->client != own;
}

grpc::Status SendMessages(client::Connection& connection, const Messages& messages) {
  grpc::ClientContext context;
  context.AddMetadata("fedround-token", kToken);
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::ByteBuffer response;
  const auto writer = connection.SubmitUpdate(context, response);
  const auto write = [&writer](const std::string& message) {
    return writer->Write(rpc::MakeMessage(message), grpc::WriteOptions());
  };
  if (write(messages.front())) writer->WaitForInitialMetadata();
  for (std::size_t i = 1; i < messages.size() && write(messages[i]); ++i) {
  }
  writer->WritesDone();
  return writer->Finish();
}

// Sends damaged updates before each good one. Then it lets the others of the round go on.
class MutatingLink final : public ForwardingLink {
 public:
  MutatingLink(const RpcFederation& federation, RoundGate& gate, int mutations)
      : ForwardingLink(federation),
        gate_(gate),
        connection_(federation.link().address),
        left_(mutations) {}

  absl::StatusOr<client::TransferCost> Submit(const UpdateHeader& header,
                                              std::span<const std::byte> payload,
                                              const std::function<void()>& on_credit) override {
    const std::uint32_t round = RoundOf(header);
    EXPECT_TRUE(gate_.WaitFor(round));
    bool accepted = false;
    for (int i = 0; i < kMutationsARound && left_ > 0 && !accepted; ++i) {
      accepted = SubmitMutated(header, payload);
    }
    absl::StatusOr<client::TransferCost> cost = client::TransferCost{};
    if (!accepted) cost = ForwardingLink::Submit(header, payload, on_credit);
    gate_.Open(round);
    return cost;
  }

  int left() const { return left_; }
  int accepted() const { return accepted_; }

 private:
  static constexpr int kMutationsARound = 50;

  bool SubmitMutated(const UpdateHeader& header, std::span<const std::byte> payload) {
    Messages messages = Encode(header, payload);
    Mutate(messages, rng_);
    if (messages.empty() || IsAnothersAnswer(messages, header.client)) return false;
    --left_;
    const grpc::Status status = SendMessages(connection_, messages);
    accepted_ += status.ok() ? 1 : 0;
    if (!status.ok()) {
      EXPECT_TRUE(status.error_code() == grpc::INVALID_ARGUMENT ||
                  status.error_code() == grpc::FAILED_PRECONDITION ||
                  status.error_code() == grpc::NOT_FOUND)
          << status.error_code() << " " << status.error_message();
    }
    return status.ok();
  }

  RoundGate& gate_;
  client::Connection connection_;
  Rng rng_{1000, RngPurpose::kArrivalOrder};
  int left_;
  int accepted_ = 0;
};

// A mutation leaves at most one of payload and checksum as it was, so what is accepted in spite of
// it is the true update; its weight does not count.
TEST(Failure, AThousandDamagedUpdatesChangeNothing) {
  constexpr ClientId kCulprit = 1;
  const std::vector<std::string> overrides = {
      "run.rounds=250",     "federation.clients=2",         "federation.weighting=uniform",
      "evaluation.every=0", "limits.upload_buffer_bytes=0", "federation.deadline_s=10"};
  const std::string folder = FreshFolder();
  const DescriptorsReturned returned;
  RpcFederation federation(overrides, folder);
  RoundGate gate;
  GatedLink good(federation, gate);
  MutatingLink bad(federation, gate, 1000);
  const HostThread good_host(federation, good, {0});
  const HostThread bad_host(federation, bad, {kCulprit});
  const auto folded = ExpectWhole(federation, overrides, folder);
  EXPECT_EQ(bad.left(), 0) << "more rounds are needed";
  EXPECT_EQ(folded, std::vector<std::vector<ClientId>>(250, {0, kCulprit}));
  EXPECT_LT(bad.accepted(), 250);
  const auto failures = FailuresOfThePresent(federation);
  EXPECT_GT(failures.size(), 10U);
  for (const auto& failure : failures) {
    EXPECT_EQ(failure.client, kCulprit);
    EXPECT_EQ(failure.what, FailureKind::kRefused) << failure.message;
  }
}

// ---- a client that cannot ----

// Gets a model that is not the one it was asked to train.
class WrongModelLink final : public ForwardingLink {
 public:
  using ForwardingLink::ForwardingLink;
  absl::StatusOr<client::TransferCost> FetchModel(const Instruction&, std::span<float>) override {
    return absl::DataLossError("the hash of the model that was sent is not its id");
  }
};

TEST(Failure, AClientThatGivesItsTaskUpHoldsUpNoRound) {
  constexpr ClientId kCulprit = 3;
  const std::vector<std::string> overrides = {"run.rounds=2", "federation.clients=4",
                                              "federation.deadline_s=10"};
  const std::string folder = FreshFolder();
  RpcFederation federation(overrides, folder);
  ForwardingLink good(federation);
  WrongModelLink bad(federation);
  const HostThread good_host(federation, good, {0, 1, 2});
  const HostThread bad_host(federation, bad, {kCulprit});
  const auto folded = ExpectWhole(federation, overrides, folder);
  EXPECT_EQ(folded, std::vector<std::vector<ClientId>>(2, {0, 1, 2}));
  const auto failures = FailuresOfThePresent(federation);
  ASSERT_EQ(failures.size(), 2U);
  for (const auto& failure : failures) {
    EXPECT_EQ(failure.client, kCulprit);
    EXPECT_EQ(failure.what, FailureKind::kRefused);
    EXPECT_NE(failure.message.find("the hash of the model that was sent is not its id"),
              std::string::npos)
        << failure.message;
  }
}

}  // namespace
}  // namespace fedround::testing
