// Every limit of the wire, from both sides: what just fits is accepted, one more is refused. The
// limits are written as numbers here, because other clients may rely on them.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/wire/chunk.h"
#include "common/wire/messages/fetch_request.h"
#include "common/wire/messages/join_event.h"
#include "common/wire/messages/join_request.h"
#include "common/wire/messages/task_cost.h"
#include "common/wire/messages/update_header.h"
#include "fedround/v1/federation.pb.h"
#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

constexpr Nanos kLastStamp = std::numeric_limits<Nanos>::max() / 16;
constexpr Nanos kYear = Nanos{366} * 24 * 3600 * kNanosPerSecond;
constexpr double kLargestFloat = std::numeric_limits<float>::max();

std::string Text(std::size_t length) { return std::string(length, 'x'); }

// The parser's status for an ordinary message after `change`.
absl::StatusCode OfHeader(const std::function<void(v1::UpdateHeader&)>& change) {
  v1::UpdateHeader message;
  change(message);
  return ParseUpdateHeader(message.SerializeAsString()).status().code();
}

// Field 1 of an UpdateChunk, which is its header or a part of it.
std::string HeaderField(std::size_t bytes) {
  std::string field = "\x0a";
  for (std::size_t rest = bytes; rest > 0; rest >>= 7) {
    field += static_cast<char>(rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest);
  }
  return field + Text(bytes);
}

absl::StatusCode OfUpdateChunk(const std::string& message) {
  const Bytes whole = std::as_bytes(std::span(message));
  return ParseUpdateChunk({&whole, 1}).status().code();
}

absl::StatusCode OfWelcome(const std::function<void(v1::Welcome&)>& change) {
  v1::JoinEvent event;
  v1::Welcome& message = *event.mutable_welcome();
  message.set_protocol_version(kProtocolVersion);
  message.set_chunk_bytes(4096);
  v1::Tensor& tensor = *message.add_tensors();
  tensor.set_name("bias");
  tensor.add_shape(10);
  change(message);
  return ParseJoinEvent(event.SerializeAsString()).status().code();
}

absl::StatusCode OfInstruction(const std::function<void(v1::Instruction&)>& change) {
  v1::JoinEvent event;
  event.mutable_instruction()->set_task(v1::Instruction::TRAIN);
  change(*event.mutable_instruction());
  return ParseJoinEvent(event.SerializeAsString()).status().code();
}

absl::StatusCode OfJoin(const std::function<void(JoinRequest&)>& change) {
  JoinRequest request;
  request.clients = {0};
  change(request);
  return ParseJoinRequest(SerializeJoinRequest(request), 1).status().code();
}

// `change` must leave a chain of phases that adds up.
absl::StatusCode OfCost(const std::function<void(TaskCost&)>& change) {
  TaskCost cost;
  change(cost);
  return ParseTaskCost(SerializeTaskCost(cost)).status().code();
}

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kRefused = absl::StatusCode::kInvalidArgument;

TEST(WireLimits, HeaderHas64KiBInAllItsParts) {
  EXPECT_EQ(OfUpdateChunk(HeaderField(65'536)), kOk);
  EXPECT_EQ(OfUpdateChunk(HeaderField(65'537)), kRefused);
  EXPECT_EQ(OfUpdateChunk(HeaderField(32'768) + HeaderField(32'768)), kOk);
  EXPECT_EQ(OfUpdateChunk(HeaderField(32'768) + HeaderField(32'769)), kRefused);
}

TEST(WireLimits, ModelChunkSkipsAHundredNestedGroups) {
  for (const std::size_t depth : {100U, 101U}) {
    const std::string message = std::string(depth, '\x1b') + std::string(depth, '\x1c');
    const Bytes whole = std::as_bytes(std::span(message));
    EXPECT_EQ(ParseModelChunk({&whole, 1}).status().code(), depth == 100U ? kOk : kRefused);
  }
}

TEST(WireLimits, RunIdHas128Characters) {
  EXPECT_EQ(OfHeader([](auto& header) { header.set_run_id(Text(128)); }), kOk);
  EXPECT_EQ(OfHeader([](auto& header) { header.set_run_id(Text(129)); }), kRefused);
}

TEST(WireLimits, NamesInAHeaderHave64Characters) {
  const std::vector<std::function<void(v1::UpdateHeader&, const std::string&)>> places = {
      [](auto& header, const auto& name) { header.add_sections()->set_name(name); },
      [](auto& header, const auto& name) { header.add_sections()->set_codec(name); },
      [](auto& header, const auto& name) { (*header.mutable_metrics())[name] = 1; },
      [](auto& header, const auto& name) { header.add_health()->set_layer(name); },
      [](auto& header, const auto& name) { header.add_health()->set_quantity(name); },
  };
  for (const auto& place : places) {
    EXPECT_EQ(OfHeader([&](auto& header) { place(header, Text(64)); }), kOk);
    EXPECT_EQ(OfHeader([&](auto& header) { place(header, Text(65)); }), kRefused);
  }
}

TEST(WireLimits, HeaderHas16Sections) {
  for (const int count : {16, 17}) {
    EXPECT_EQ(OfHeader([&](auto& header) {
                for (int i = 0; i < count; ++i) header.add_sections();
              }),
              count == 16 ? kOk : kRefused);
  }
}

TEST(WireLimits, HeaderHas64Metrics) {
  for (const int count : {64, 65}) {
    EXPECT_EQ(OfHeader([&](auto& header) {
                for (int i = 0; i < count; ++i) (*header.mutable_metrics())[absl::StrCat(i)] = 1;
              }),
              count == 64 ? kOk : kRefused);
  }
}

TEST(WireLimits, HeaderHas1024HealthValues) {
  for (const int count : {1024, 1025}) {
    EXPECT_EQ(OfHeader([&](auto& header) {
                for (int i = 0; i < count; ++i) header.add_health()->set_layer(absl::StrCat(i));
              }),
              count == 1024 ? kOk : kRefused);
  }
}

TEST(WireLimits, MetricReachesTheLargestFloat) {
  for (const double sign : {1.0, -1.0}) {
    const auto of = [&](double value) {
      return OfHeader([&](auto& header) { (*header.mutable_metrics())["loss"] = sign * value; });
    };
    EXPECT_EQ(of(kLargestFloat), kOk);
    EXPECT_EQ(of(std::nextafter(kLargestFloat, std::numeric_limits<double>::max())), kRefused);
  }
}

TEST(WireLimits, SectionsHoldAsManyBytesAs64BitsCount) {
  for (const std::uint64_t second : {1U, 2U}) {
    EXPECT_EQ(OfHeader([&](auto& header) {
                header.add_sections()->set_bytes(std::numeric_limits<std::uint64_t>::max() - 1);
                header.add_sections()->set_bytes(second);
              }),
              second == 1U ? kOk : kRefused);
  }
}

TEST(WireLimits, StampsEndAtASixteenthOfTheirRange) {
  for (const Nanos sign : {1, -1}) {
    EXPECT_EQ(OfHeader([&](auto& header) { header.set_sent_ns(sign * kLastStamp); }), kOk);
    EXPECT_EQ(OfHeader([&](auto& header) { header.set_sent_ns(sign * (kLastStamp + 1)); }),
              kRefused);
    EXPECT_EQ(OfCost([&](TaskCost& cost) { cost.sent_ns = sign * kLastStamp; }), kOk);
    EXPECT_EQ(OfCost([&](TaskCost& cost) { cost.sent_ns = sign * (kLastStamp + 1); }), kRefused);
    EXPECT_EQ(OfCost([&](TaskCost& cost) { cost.start_ns = cost.end_ns = sign * kLastStamp; }),
              kOk);
    EXPECT_EQ(
        OfCost([&](TaskCost& cost) { cost.start_ns = cost.end_ns = sign * (kLastStamp + 1); }),
        kRefused);
  }
}

TEST(WireLimits, WelcomeHas65536Tensors) {
  for (const int count : {65'536, 65'537}) {
    EXPECT_EQ(OfWelcome([&](auto& welcome) {
                while (welcome.tensors_size() < count) welcome.add_tensors()->set_name("t");
              }),
              count == 65'536 ? kOk : kRefused);
  }
}

TEST(WireLimits, TensorHasEightExtentsAnd256Characters) {
  for (const int extents : {8, 9}) {
    EXPECT_EQ(OfWelcome([&](auto& welcome) {
                v1::Tensor& tensor = *welcome.add_tensors();
                tensor.set_name("t");
                for (int i = 0; i < extents; ++i) tensor.add_shape(1);
              }),
              extents == 8 ? kOk : kRefused);
  }
  EXPECT_EQ(OfWelcome([](auto& w) { w.mutable_tensors(0)->set_name(Text(256)); }), kOk);
  EXPECT_EQ(OfWelcome([](auto& w) { w.mutable_tensors(0)->set_name(Text(257)); }), kRefused);
}

TEST(WireLimits, WelcomeHasFourThousandMillionParametersInAll) {
  for (const std::int64_t first : {3'999'999'990, 3'999'999'991}) {
    // The tensor that is already there has ten.
    const auto add = [&](auto& welcome) {
      v1::Tensor& tensor = *welcome.add_tensors();
      tensor.set_name("second");
      tensor.add_shape(first);
    };
    EXPECT_EQ(OfWelcome(add), first == 3'999'999'990 ? kOk : kRefused);
  }
}

TEST(WireLimits, ChunksHaveOneByteTo16MiB) {
  for (const std::uint64_t bytes : {1U, 16'777'216U}) {
    EXPECT_EQ(OfWelcome([&](auto& welcome) { welcome.set_chunk_bytes(bytes); }), kOk);
  }
  for (const std::uint64_t bytes : {0U, 16'777'217U}) {
    EXPECT_EQ(OfWelcome([&](auto& welcome) { welcome.set_chunk_bytes(bytes); }), kRefused);
  }
}

TEST(WireLimits, ReasonHas4096Characters) {
  EXPECT_EQ(OfInstruction([](auto& message) { message.set_reason(Text(4096)); }), kOk);
  EXPECT_EQ(OfInstruction([](auto& message) { message.set_reason(Text(4097)); }), kRefused);
}

TEST(WireLimits, EveryNumberOfAPlanIsFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(OfInstruction([](auto& message) { message.mutable_plan(); }), kOk);
  EXPECT_EQ(OfInstruction([&](auto& m) { m.mutable_plan()->set_learning_rate(nan); }), kRefused);
  EXPECT_EQ(OfInstruction([&](auto& m) { m.mutable_plan()->set_momentum(nan); }), kRefused);
  EXPECT_EQ(OfInstruction([&](auto& m) { m.mutable_plan()->set_weight_decay(nan); }), kRefused);
  EXPECT_EQ(OfInstruction([&](auto& m) { m.mutable_plan()->set_proximal_mu(nan); }), kRefused);
}

TEST(WireLimits, TextsOfAJoinHave256Characters) {
  const std::vector<std::string JoinRequest::*> texts = {&JoinRequest::host, &JoinRequest::build,
                                                         &JoinRequest::simd};
  for (const auto text : texts) {
    EXPECT_EQ(OfJoin([&](JoinRequest& request) { request.*text = Text(256); }), kOk);
    EXPECT_EQ(OfJoin([&](JoinRequest& request) { request.*text = Text(257); }), kRefused);
  }
}

TEST(WireLimits, ProcessNumbersHave31Bits) {
  EXPECT_EQ(OfJoin([](JoinRequest& request) { request.pid = 0; }), kOk);
  EXPECT_EQ(OfJoin([](JoinRequest& request) { request.pid = 2'147'483'647; }), kOk);
  EXPECT_EQ(OfJoin([](JoinRequest& request) { request.pid = 2'147'483'648; }), kRefused);
  EXPECT_EQ(OfJoin([](JoinRequest& request) { request.pid = -1; }), kRefused);
}

TEST(WireLimits, PhaseLastsAYearAtMost) {
  const auto train = static_cast<int>(ClientPhase::kTrain);
  const auto phase = [&](Nanos length) {
    return OfCost([&](TaskCost& cost) { cost.phase_ns[train] = cost.end_ns = length; });
  };
  EXPECT_EQ(phase(kYear), kOk);
  EXPECT_EQ(phase(kYear + 1), kRefused);
  const auto cpu = [&](Nanos length) {
    return OfCost([&](TaskCost& cost) { cost.phase_cpu_ns[train] = length; });
  };
  EXPECT_EQ(cpu(kYear), kOk);
  EXPECT_EQ(cpu(kYear + 1), kRefused);
  const auto step = [&](Nanos length) {
    return OfCost([&](TaskCost& cost) {
      cost.steps = cost.sampled_steps = 1;
      cost.step_ns[0] = length;
      cost.step_ns[1] = kYear - std::min(length, kYear);
      cost.phase_ns[train] = cost.end_ns = kYear;
    });
  };
  EXPECT_EQ(step(kYear), kOk);
  EXPECT_EQ(step(kYear + 1), kRefused);
}

TEST(WireLimits, CountsOfATaskEndAtTwoToThe50) {
  const std::vector<std::uint64_t TaskCost::*> counts = {
      &TaskCost::steps,
      &TaskCost::involuntary_switches,
      &TaskCost::payload_bytes_down,
      &TaskCost::payload_bytes_up,
      &TaskCost::message_bytes_down,
      &TaskCost::message_bytes_up,
  };
  const std::uint64_t most = std::uint64_t{1} << 50;
  for (const auto count : counts) {
    EXPECT_EQ(OfCost([&](TaskCost& cost) { cost.*count = most; }), kOk);
    EXPECT_EQ(OfCost([&](TaskCost& cost) { cost.*count = most + 1; }), kRefused);
  }
}

TEST(WireLimits, EveryStepMayBeSampled) {
  EXPECT_EQ(OfCost([](TaskCost& cost) { cost.steps = cost.sampled_steps = 5; }), kOk);
  EXPECT_EQ(OfCost([](TaskCost& cost) { cost.steps = 4, cost.sampled_steps = 5; }), kRefused);
}

TEST(WireLimits, FailureHas1024CharactersAndIsCutBeforeItIsSent) {
  for (const std::size_t length : {1024U, 1025U}) {
    v1::TaskCost message;
    message.set_failure(Text(length));
    EXPECT_EQ(ParseTaskCost(message.SerializeAsString()).status().code(),
              length == 1024U ? kOk : kRefused);
  }
  TaskCost cost;
  cost.failure = Text(1025);
  EXPECT_EQ(ParseTaskCost(SerializeTaskCost(cost)).value().failure, Text(1024));
}

// Each field has a different value, so that a forgotten or exchanged one is noticed.
TEST(TaskCost, EveryFieldSurvivesTheWire) {
  TaskCost cost;
  cost.ask = 2;
  cost.client = 1;
  cost.start_ns = 4;
  cost.end_ns = cost.start_ns;
  for (int i = 0; i < kClientPhases; ++i) cost.end_ns += cost.phase_ns[i] = 100 + i;
  for (int i = 0; i < kClientPhases; ++i) cost.phase_cpu_ns[i] = 50 + i;
  cost.step_ns[0] = cost.phase(ClientPhase::kTrain);
  cost.steps = 6;
  cost.sampled_steps = 5;
  cost.involuntary_switches = 7;
  cost.payload_bytes_down = 8;
  cost.payload_bytes_up = 9;
  cost.message_bytes_down = 10;
  cost.message_bytes_up = 11;
  cost.sent_ns = 12;
  cost.failure = "why";
  cost.retries = 13;
  const TaskCost parsed = ParseTaskCost(SerializeTaskCost(cost)).value();
  EXPECT_EQ(parsed.ask, cost.ask);
  EXPECT_EQ(parsed.client, cost.client);
  EXPECT_EQ(parsed.start_ns, cost.start_ns);
  EXPECT_EQ(parsed.end_ns, cost.end_ns);
  for (int i = 0; i < kClientPhases; ++i) EXPECT_EQ(parsed.phase_ns[i], cost.phase_ns[i]);
  for (int i = 0; i < kClientPhases; ++i) EXPECT_EQ(parsed.phase_cpu_ns[i], cost.phase_cpu_ns[i]);
  for (int i = 0; i < kStepPhases; ++i) EXPECT_EQ(parsed.step_ns[i], cost.step_ns[i]);
  EXPECT_EQ(parsed.steps, cost.steps);
  EXPECT_EQ(parsed.sampled_steps, cost.sampled_steps);
  EXPECT_EQ(parsed.involuntary_switches, cost.involuntary_switches);
  EXPECT_EQ(parsed.payload_bytes_down, cost.payload_bytes_down);
  EXPECT_EQ(parsed.payload_bytes_up, cost.payload_bytes_up);
  EXPECT_EQ(parsed.message_bytes_down, cost.message_bytes_down);
  EXPECT_EQ(parsed.message_bytes_up, cost.message_bytes_up);
  EXPECT_EQ(parsed.sent_ns, cost.sent_ns);
  EXPECT_EQ(parsed.failure, cost.failure);
  EXPECT_EQ(parsed.retries, cost.retries);
}

}  // namespace
}  // namespace fedround::wire
