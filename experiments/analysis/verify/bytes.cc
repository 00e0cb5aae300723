// Rounds and connections are the same bytes summed in two ways; what the wire carried beyond the
// messages is little; and clients, which count independently, have the same counts.
#include <map>

#include "common/base/status_macros.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

using ledger::ConnectionRecord;
using ledger::RoundRow;
using ledger::TaskRow;
using ledger::TrafficRecord;

// HTTP/2 may add this much: a share of the wire, and bytes per call (its headers) and per
// connection (its handshake, and the first headers, which are not yet compressed: 500 to 700 were
// seen).
constexpr std::uint64_t kOverheadShare = 1000;
constexpr std::uint64_t kOverheadPerCall = 300;
constexpr std::uint64_t kOverheadPerConnection = 1000;
// And frames around each message, which count if limits.chunk_bytes is small (about 20 were seen).
constexpr std::uint64_t kOverheadPerChunk = 40;
// And on a host's control connection, where one call carries all instructions: frames around them,
// and the pings and window updates that answer them.
constexpr std::uint64_t kOverheadPerInstruction = 64;

void AddTo(TrafficRecord& sum, const TrafficRecord& row) {
  sum.calls += row.calls;
  sum.payload_bytes_down += row.payload_bytes_down;
  sum.payload_bytes_up += row.payload_bytes_up;
  sum.message_bytes_down += row.message_bytes_down;
  sum.message_bytes_up += row.message_bytes_up;
  sum.wire_bytes_down += row.wire_bytes_down;
  sum.wire_bytes_up += row.wire_bytes_up;
  sum.retransmitted_bytes_down += row.retransmitted_bytes_down;
}

absl::Status CheckRound(const RoundRow& round, std::span<const TrafficRecord> rows) {
  constexpr absl::string_view kSum = "the sum over its rows in traffic";
  TrafficRecord sum;
  for (const TrafficRecord& row : rows) AddTo(sum, row);
  RETURN_IF_ERROR(
      Equal(round, "payload_bytes_down", round.payload_bytes_down, kSum, sum.payload_bytes_down));
  RETURN_IF_ERROR(
      Equal(round, "payload_bytes_up", round.payload_bytes_up, kSum, sum.payload_bytes_up));
  RETURN_IF_ERROR(
      Equal(round, "message_bytes_down", round.message_bytes_down, kSum, sum.message_bytes_down));
  RETURN_IF_ERROR(
      Equal(round, "message_bytes_up", round.message_bytes_up, kSum, sum.message_bytes_up));
  RETURN_IF_ERROR(
      Equal(round, "wire_bytes_down", round.wire_bytes_down, kSum, sum.wire_bytes_down));
  RETURN_IF_ERROR(Equal(round, "wire_bytes_up", round.wire_bytes_up, kSum, sum.wire_bytes_up));
  return Equal(round, "retransmitted_bytes_down", round.retransmitted_bytes_down, kSum,
               sum.retransmitted_bytes_down);
}

absl::Status CheckConnection(const ConnectionRecord& connection, const TrafficRecord& sum) {
  constexpr absl::string_view kSum = "the sum over its rows in traffic";
  RETURN_IF_ERROR(Equal(connection, "calls", connection.calls, kSum, sum.calls));
  RETURN_IF_ERROR(
      Equal(connection, "wire_bytes_down", connection.wire_bytes_down, kSum, sum.wire_bytes_down));
  RETURN_IF_ERROR(
      Equal(connection, "wire_bytes_up", connection.wire_bytes_up, kSum, sum.wire_bytes_up));
  return Equal(connection, "retransmitted_bytes_down", connection.retransmitted_bytes_down, kSum,
               sum.retransmitted_bytes_down);
}

absl::Status CheckOverhead(const ConnectionRecord& connection, const TrafficRecord& sum,
                           std::uint64_t instructions, std::uint64_t chunk_bytes) {
  const std::uint64_t wire = sum.wire_bytes_down + sum.wire_bytes_up;
  const std::uint64_t messages = sum.message_bytes_down + sum.message_bytes_up;
  RETURN_IF_ERROR(AtMost(connection, "what its messages hold", static_cast<std::int64_t>(messages),
                         "what the wire carried", static_cast<std::int64_t>(wire)));
  const std::uint64_t chunks = (sum.payload_bytes_down + sum.payload_bytes_up) / chunk_bytes;
  const std::uint64_t most =
      wire / kOverheadShare + kOverheadPerCall * sum.calls + kOverheadPerConnection +
      kOverheadPerChunk * chunks +
      (connection.client.has_value() ? 0 : kOverheadPerInstruction * instructions);
  return AtMost(connection, "what the wire carried beyond messages",
                static_cast<std::int64_t>(wire - messages),
                "0.1 % of it, 300 B per call, 40 B per chunk and 1000 B",
                static_cast<std::int64_t>(most));
}

// The client's own count against that of its connections, if both are complete.
absl::Status CheckClient(ClientId client, const TaskCost& own, const TrafficRecord& sum) {
  constexpr absl::string_view kSum = "what its connections carried by the coordinator's count";
  const std::string name = absl::StrCat("tasks, client ", client);
  RETURN_IF_ERROR(Equal(absl::string_view(name), "the sum of payload_bytes_down",
                        own.payload_bytes_down, kSum, sum.payload_bytes_down));
  RETURN_IF_ERROR(Equal(absl::string_view(name), "the sum of payload_bytes_up",
                        own.payload_bytes_up, kSum, sum.payload_bytes_up));
  RETURN_IF_ERROR(AtMost(absl::string_view(name), "the sum of message_bytes_down",
                         static_cast<std::int64_t>(own.message_bytes_down), kSum,
                         static_cast<std::int64_t>(sum.message_bytes_down)));
  return AtMost(absl::string_view(name), "the sum of message_bytes_up",
                static_cast<std::int64_t>(own.message_bytes_up), kSum,
                static_cast<std::int64_t>(sum.message_bytes_up));
}

// Whether every call on the connection ran to its end. If one was cut off, messages may be booked
// that were not on the wire, or the reverse.
bool IsWhole(const Run& run, const ConnectionRecord& connection) {
  if (!run.done()) return false;
  return connection.client.has_value() ? !run.failed.contains(*connection.client)
                                       : run.failed.empty();
}

}  // namespace

ByteCheck::ByteCheck(const Run& run) : run_(run), instructions_(run.clients.size()) {  // to leave
  for (const ConnectionRecord& row : run.connections) by_connection_[row.connection] = {};
}

absl::Status ByteCheck::Add(const RoundRows& rows) {
  if (rows.round != nullptr) {
    RETURN_IF_ERROR(CheckRound(*rows.round, rows.traffic));
    instructions_ += rows.round->cohort_size * rows.steps.size();
  }
  // Connections are recorded when the run ends.
  if (!run_.verdict.has_value()) return absl::OkStatus();
  for (const TrafficRecord& row : rows.traffic) {
    const auto sum = by_connection_.find(row.connection);
    if (sum == by_connection_.end()) return Finding(NameOf(row), "has no row in connections");
    AddTo(sum->second, row);
  }
  for (const TaskRow& task : rows.tasks) {
    TaskCost& sum = own_[task.client];
    sum.payload_bytes_down += task.payload_bytes_down;
    sum.payload_bytes_up += task.payload_bytes_up;
    sum.message_bytes_down += task.message_bytes_down;
    sum.message_bytes_up += task.message_bytes_up;
  }
  return absl::OkStatus();
}

absl::Status ByteCheck::CheckClients() const {
  if (!run_.done()) return absl::OkStatus();  // some tasks were never reported
  std::map<ClientId, TrafficRecord> carried;
  for (const ConnectionRecord& connection : run_.connections) {
    if (!connection.client.has_value()) continue;
    const auto sum = by_connection_.find(connection.connection);
    if (sum != by_connection_.end()) AddTo(carried[*connection.client], sum->second);
  }
  for (const auto& [client, sum] : carried) {
    if (run_.failed.contains(client)) continue;
    const auto own = own_.find(client);
    RETURN_IF_ERROR(CheckClient(client, own == own_.end() ? TaskCost{} : own->second, sum));
  }
  return absl::OkStatus();
}

absl::StatusOr<ByteFigures> ByteCheck::Finish() const {
  ByteFigures figures;
  if (!run_.verdict.has_value()) return figures;
  for (const ConnectionRecord& connection : run_.connections) {
    const TrafficRecord& sum = by_connection_.at(connection.connection);
    RETURN_IF_ERROR(CheckConnection(connection, sum));
    if (sum.wire_bytes_down + sum.wire_bytes_up == 0 || !IsWhole(run_, connection)) continue;
    RETURN_IF_ERROR(
        CheckOverhead(connection, sum, instructions_, run_.experiment.limits.chunk_bytes));
    ++figures.connections;
    figures.wire += sum.wire_bytes_down + sum.wire_bytes_up;
    figures.messages += sum.message_bytes_down + sum.message_bytes_up;
    figures.calls += sum.calls;
  }
  RETURN_IF_ERROR(CheckClients());
  return figures;
}

}  // namespace fedround::analysis
