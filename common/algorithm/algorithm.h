// A federated algorithm in two halves: what a client does around its training, and how the server
// turns what was folded into the next model. Both halves of one algorithm are in one file,
// `common/algorithm/algorithms/<name>.cc`; algorithms/table.h says what to write there.
//
// Sizes: [Q] is the number of trained parameters. Frozen parameters are in no vector here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/fold/aggregate.h"
#include "common/round/client_state.h"
#include "common/round/types.h"

namespace fedround::algorithm {

// What an algorithm needs beyond FedAvg, in which the model goes down and one update comes up from
// each client.
struct Needs {
  // A vector [Q] that each client sends after its update.
  struct Up {
    std::string name;
    VectorWeight weight = VectorWeight::kAnswer;
  };
  std::vector<Up> up{};
  std::vector<std::string> down{};      // vectors [Q] that clients get with the model; 0 at first
  std::vector<ScalarLayout> scalars{};  // integers that each client sends with its update
  VectorWeight update_weight = VectorWeight::kAnswer;  // of the update itself
  bool keeps_updates = false;                          // it needs every update, not their sum
  bool remembers = false;                              // its client half uses LocalTask::state
  std::uint64_t min_answers = 0;                       // with fewer a round has failed
};

// ---- the server's half ----

// A round that folded at least one answer.
struct Round {
  std::span<const float> parameters;         // [Q] the model that clients trained
  std::vector<std::span<const float>> down;  // [Q] each, as Needs::down says
  const fold::Aggregate& folded;             // vector 0 is the update, then Needs::up
  std::uint64_t clients = 0;                 // in the federation, asked or not
};

// Where to write the next model, in memory that holds nothing yet.
struct Next {
  std::span<float> parameters;         // [Q]
  std::vector<std::span<float>> down;  // [Q] each
};

class Server {
 public:
  virtual ~Server() = default;

  // Changes how this round is trained (the plan travels with each instruction).
  virtual void AdjustPlan(RoundPlan& /*plan*/) const {}

  // Computes the next model. An update is new - old, which points in the direction the model should
  // go: take a step along their mean, as large as the algorithm says.
  virtual void Apply(const Round& round, const Next& next) = 0;

  // Everything that Apply keeps between rounds, for checkpoints: named vectors, of any size that
  // never changes. They may be overwritten by what an earlier State() showed.
  struct NamedVector {
    absl::string_view name;
    std::span<float> values;
  };
  virtual std::vector<NamedVector> State() { return {}; }
};

// ---- a client's half ----

// One task of one client.
struct LocalTask {
  AskId ask = 0;
  ClientId client = 0;
  const RoundPlan& plan;
  std::vector<std::span<const float>> down;  // [Q] each, as Needs::down says
  ClientState& state;                        // settled; only if Needs::remembers
};

// What the client is about to send; training has taken `steps` steps of SGD.
struct LocalAnswer {
  std::uint64_t steps = 0;
  std::span<float> update;             // [Q] new - old; may be changed
  std::vector<std::span<float>> up;    // [Q] each, to be written
  std::vector<std::uint64_t> scalars;  // to be set
};

// Const once made: all clients of a host share it.
class Client {
 public:
  virtual ~Client() = default;

  // Whether Begin writes a drift: a term of every step's gradient, v = m v + g + decay w + mu (w -
  // anchor) + drift.
  virtual bool drifts() const { return false; }
  // Before training. `drift` is [Q], or empty.
  virtual void Begin(const LocalTask& /*task*/, std::span<float> /*drift*/) const {}
  // After training.
  virtual void End(const LocalTask& /*task*/, LocalAnswer& /*answer*/) const {}
};

// ---- the table ----

// INVALID_ARGUMENT for an unknown name (with the nearest one), a bad option, or a plan that the
// algorithm cannot use.
absl::Status CheckAlgorithm(const PlugIn& plug_in, const RoundPlan& plan);
// The others require a plug-in that has passed CheckAlgorithm. `update_size` is Q.
absl::StatusOr<std::unique_ptr<Server>> MakeServer(const PlugIn& plug_in, std::size_t update_size);
absl::StatusOr<std::unique_ptr<const Client>> MakeClient(const PlugIn& plug_in);
absl::StatusOr<Needs> NeedsOf(const PlugIn& plug_in);
// What updates consist of, given how the update itself is encoded.
UpdateLayout LayoutOf(const Needs& needs, std::size_t update_size, absl::string_view codec);

std::span<const PlugInInfo> Algorithms();

}  // namespace fedround::algorithm
