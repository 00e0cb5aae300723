// The in-process side of a client host: a CoordinatorLink that calls the coordinator directly, and
// the gateway that carries instructions back.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "client/coordinator_link.h"
#include "common/base/mutex.h"
#include "coordinator/client_gateway.h"
#include "coordinator/front.h"

namespace fedround::simulate {

class InProcessLink : public client::CoordinatorLink, public coordinator::ClientGateway {
 public:
  // `shuffle_arrivals`: see InProcessOptions. `coordinator` must outlive the link.
  InProcessLink(coordinator::Front& front, std::optional<std::uint64_t> shuffle_arrivals);

  absl::StatusOr<Welcome> Join(const JoinRequest& request) override;
  absl::StatusOr<Instruction> NextInstruction() override;
  absl::StatusOr<client::TransferCost> FetchModel(const Instruction& instruction,
                                                  std::span<float> model) override;
  absl::StatusOr<client::TransferCost> Submit(const UpdateHeader& header,
                                              std::span<const std::byte> payload,
                                              const std::function<void()>& on_credit) override;
  void ReportCost(const TaskCost& cost) override;
  bool FlushReports() override { return true; }
  // Ends NextInstruction; other calls never wait for long.
  void Cancel() override { Close(); }

  void Send(const Instruction& instruction) override { batch_.push_back(instruction); }
  void Flush() override;
  // Each client counts as one connection, without bytes on a wire.
  std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t round) override;
  std::vector<ledger::ConnectionRecord> Connections() override;
  // Ends NextInstruction with UNAVAILABLE, after the instructions that were sent.
  void Close() override;

 private:
  void Count(ClientId client, std::uint64_t payload_down, std::uint64_t payload_up);

  coordinator::Front& front_;
  const std::optional<std::uint64_t> shuffle_arrivals_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Instruction> instructions_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<ClientId, ledger::TrafficRecord> traffic_ ABSL_GUARDED_BY(mutex_);  // not yet taken
  std::map<ClientId, ledger::ConnectionRecord> connections_ ABSL_GUARDED_BY(mutex_);
  // Sent since the last Flush; the coordinator's loop only.
  std::vector<Instruction> batch_;
};

}  // namespace fedround::simulate
