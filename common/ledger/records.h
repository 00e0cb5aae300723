// What a run writes down, as plain structs. `proto/fedround/v1/ledger.proto` documents the columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/round/types.h"

namespace fedround::ledger {

struct FoldedClient {
  ClientId client = 0;
  std::uint64_t weight = 0;
  Metrics metrics;  // as the client reported them
};

// One committed round. Written in one transaction, before the next round is broadcast.
struct RoundRecord {
  std::uint32_t round = 0;
  std::vector<ClientId> cohort;      // as drawn, ascending
  std::vector<ClientId> dropped;     // removed on purpose (federation.dropout), ascending
  std::vector<FoldedClient> folded;  // in id order
  std::uint64_t total_weight = 0;
  ModelId model_before = 0;
  ModelId model_after = 0;
  std::optional<double> train_loss;  // weighted mean over the folded clients, in id order
  Nanos start_ns = 0;                // coordinator's monotonic clock at select
  Nanos select_ns = 0;               // select, broadcast, collect and commit are a gapless chain
  Nanos broadcast_ns = 0;
  Nanos collect_ns = 0;
  Nanos commit_ns = 0;                   // without the ledger's own transaction
  Nanos fold_ns = 0;                     // beside the chain, like evaluation
  std::uint64_t payload_bytes_down = 0;  // tensors sent to clients
  std::uint64_t payload_bytes_up = 0;    // tensors received, folded or not
  std::uint64_t message_bytes_down = 0;  // protobuf messages of FetchModel, both directions
  std::uint64_t message_bytes_up = 0;    // of SubmitUpdate, both directions
};

// A score of the model that a round ended with.
struct EvaluationRecord {
  std::uint32_t round = 0;  // 0: the initial model
  std::string examples_of;  // "test", "validation", "clients" (the cohort's own shards)
  std::uint64_t examples = 0;
  double loss = 0;      // mean cross-entropy, natural logarithm
  double accuracy = 0;  // share classified right
  Nanos wall_ns = 0;
  Nanos cpu_ns = 0;
};

// Something that went wrong with one client; the run may go on.
struct FailureRecord {
  std::uint32_t round = 0;
  ClientId client = 0;
  std::string what;  // "absent", "left", "late", "refused"
  std::string message;
};

struct ClientRecord {
  ClientId client = 0;
  std::string host;
  std::int64_t pid = 0;
  std::uint64_t examples = 0;  // of its shard
};

// What moved over one connection between two commits. Round 0: before round 1 began.
struct TrafficRecord {
  std::uint32_t round = 0;
  std::uint64_t connection = 0;
  std::uint64_t calls = 0;               // that began
  std::uint64_t payload_bytes_down = 0;  // tensors
  std::uint64_t payload_bytes_up = 0;
  std::uint64_t message_bytes_down = 0;  // protobuf messages, tensors included
  std::uint64_t message_bytes_up = 0;
  std::uint64_t wire_bytes_down = 0;  // TCP payload as the kernel counts it, retransmissions apart
  std::uint64_t wire_bytes_up = 0;
  std::uint64_t retransmitted_bytes_down = 0;
};

// A connection that a client used; counters are its last ones.
struct ConnectionRecord {
  std::uint64_t connection = 0;
  std::optional<ClientId>
      client;  // the first client it carried; none: a host's control connection (Join)
  std::string peer;
  Nanos opened_ns = 0;
  std::optional<Nanos> closed_ns;  // none: still open when the run ended
  std::uint64_t calls = 0;
  std::uint64_t wire_bytes_down = 0;
  std::uint64_t wire_bytes_up = 0;
  std::uint64_t retransmitted_bytes_down = 0;
};

// How a run ended. `exit_code` is the program's: 0 done, 1 failed, 3 data, 4 too few clients,
// 7 environment, 130/143 stopped by a signal.
struct Verdict {
  std::string outcome;  // "done", "failed", "stopped"
  std::string message;
  int exit_code = 0;
};

}  // namespace fedround::ledger
