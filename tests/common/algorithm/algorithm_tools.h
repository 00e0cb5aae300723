// An algorithm's two halves without a network between them: three parameters, clients whose updates
// a test makes up.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/algorithm/algorithm.h"

namespace fedround::algorithm {

inline constexpr fold::Grid kGrid{.scale_bits = 32, .max_abs = 16, .max_total_weight = 1 << 20};

// What a client sends.
struct Sent {
  ClientId client = 0;
  std::uint64_t weight = 1;
  std::vector<float> values{};  // the update, then Needs::up
  std::vector<std::uint64_t> scalars{};
};

class Halves {
 public:
  explicit Halves(const std::string& name, PlugInOptions options = {}, std::uint64_t clients = 1,
                  std::vector<float> start = {1, -2, 3})
      : Halves(PlugIn{name, std::move(options)}, clients, std::move(start)) {}
  Halves(PlugIn plug_in, std::uint64_t clients, std::vector<float> start)
      : server(MakeServer(plug_in, start.size()).value()),
        client(MakeClient(plug_in).value()),
        needs(NeedsOf(plug_in).value()),
        layout(LayoutOf(needs, start.size(), "float32")),
        model(std::move(start)),
        down(needs.down.size(), std::vector<float>(model.size(), 0.0F)),
        clients_(clients) {
    server->AdjustPlan(plan);
  }

  // What `id` sends of `update`, after `steps` steps. The task's ask is `ask`; its last answer that
  // counted is `counted`.
  Sent Work(ClientId id, const std::vector<float>& update, std::uint64_t steps, AskId ask,
            AskId counted, std::uint64_t weight = 1) {
    if (needs.remembers) {
      EXPECT_TRUE(states[id].Settle(counted).ok());
    }
    const std::size_t size = update.size();
    Sent sent{id, weight, std::vector<float>(size * (1 + needs.up.size()), 0.0F)};
    std::ranges::copy(update, sent.values.begin());
    LocalAnswer answer{.steps = steps,
                       .update = std::span(sent.values).first(size),
                       .up = {},
                       .scalars = std::vector<std::uint64_t>(needs.scalars.size())};
    for (std::size_t i = 1; i <= needs.up.size(); ++i) {
      answer.up.push_back(std::span(sent.values).subspan(i * size, size));
    }
    client->End(Task(id, ask), answer);
    sent.scalars = std::move(answer.scalars);
    return sent;
  }
  // What is added to each of the client's gradients.
  std::vector<float> Drift(ClientId id, AskId counted) {
    if (needs.remembers) {
      EXPECT_TRUE(states[id].Settle(counted).ok());
    }
    std::vector<float> drift(model.size(), 0.0F);
    client->Begin(Task(id, 0), drift);
    return drift;
  }
  // The server folds these and takes its step.
  const std::vector<float>& Apply(const std::vector<Sent>& answers) {
    fold::Aggregate folded(kGrid, layout);
    for (const Sent& sent : answers) {
      if (layout.kept) {
        FloatBuffer values(sent.values.size());
        std::ranges::copy(sent.values, values.data());
        folded.Keep({sent.client, sent.weight, std::move(values)});
      } else {
        const fold::Answer answer{sent.values, sent.weight, sent.scalars};
        folded.Add({&answer, 1});
      }
    }
    std::vector<float> next(model.size(), NAN);
    std::vector<std::vector<float>> next_down(down.size(), next);
    Next to{next, {next_down.begin(), next_down.end()}};
    server->Apply({model, {down.begin(), down.end()}, folded, clients_}, to);
    down = std::move(next_down);
    return model = std::move(next);
  }

  RoundPlan plan;
  std::unique_ptr<Server> server;
  std::unique_ptr<const Client> client;
  Needs needs;
  UpdateLayout layout;
  std::vector<float> model;
  std::vector<std::vector<float>> down;
  std::map<ClientId, ClientState> states;

 private:
  LocalTask Task(ClientId id, AskId ask) {
    return {ask, id, plan, {down.begin(), down.end()}, states[id]};
  }

  std::uint64_t clients_;
};

}  // namespace fedround::algorithm
