#include "experiments/simulate/in_process_link.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "common/base/rng.h"
#include "common/base/status_macros.h"

namespace fedround::simulate {
namespace {

// The state of an upload, shared with the intake's callbacks, which may outlive a failed Submit.
class Progress {
 public:
  void Grant() {
    MutexLock lock(mutex_);
    granted_ = true;
    changed_.NotifyAll();
  }
  void End(absl::Status status) {
    MutexLock lock(mutex_);
    end_ = std::move(status);
    changed_.NotifyAll();
  }
  // OK once the credit has been granted; the final status if the upload ends before.
  absl::Status WaitForCredit() {
    MutexLock lock(mutex_);
    while (!granted_ && !end_.has_value()) changed_.Wait(mutex_);
    return granted_ ? absl::OkStatus() : *end_;
  }
  absl::Status WaitForEnd() {
    MutexLock lock(mutex_);
    while (!end_.has_value()) changed_.Wait(mutex_);
    return *end_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool granted_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

InProcessLink::InProcessLink(coordinator::Front& front,
                             std::optional<std::uint64_t> shuffle_arrivals)
    : front_(front), shuffle_arrivals_(shuffle_arrivals) {}

absl::StatusOr<Welcome> InProcessLink::Join(const JoinRequest& request) {
  ASSIGN_OR_RETURN(Welcome welcome, front_.Admit(request));
  front_.Connected(request.clients);
  return welcome;
}

absl::StatusOr<Instruction> InProcessLink::NextInstruction() {
  MutexLock lock(mutex_);
  while (instructions_.empty() && !closed_) changed_.Wait(mutex_);
  if (instructions_.empty()) return absl::UnavailableError("the coordinator has ended");
  Instruction next = std::move(instructions_.front());
  instructions_.pop_front();
  return next;
}

absl::StatusOr<client::TransferCost> InProcessLink::FetchModel(const Instruction& instruction,
                                                               std::span<float> model) {
  ASSIGN_OR_RETURN(const auto source, front_.FindModel(instruction.model_id));
  if (source->parameters.size() != model.size()) {
    return absl::DataLossError("the size of the model is not that of its tensors");
  }
  std::copy_n(source->parameters.data(), model.size(), model.data());
  Count(instruction.client, model.size_bytes(), 0);
  return client::TransferCost{.payload_bytes = model.size_bytes()};
}

absl::StatusOr<client::TransferCost> InProcessLink::Submit(const UpdateHeader& header,
                                                           std::span<const std::byte> payload,
                                                           const std::function<void()>& on_credit) {
  auto progress = std::make_shared<Progress>();
  ASSIGN_OR_RETURN(const coordinator::UploadHandle handle,
                   front_.intake().Offer(
                       header, [progress] { progress->Grant(); },
                       [progress](absl::Status status) { progress->End(std::move(status)); }));
  absl::Status status = progress->WaitForCredit();
  if (!payload.empty()) on_credit();
  if (status.ok()) status = front_.intake().Append(handle, payload);
  // Counted before the round can close.
  if (status.ok()) Count(header.client, 0, payload.size());
  if (status.ok()) status = front_.intake().Finish(handle);
  if (status.ok()) status = progress->WaitForEnd();
  front_.intake().Abandon(handle);
  RETURN_IF_ERROR(status);
  return client::TransferCost{.payload_bytes = payload.size()};
}

void InProcessLink::ReportCost(const TaskCost& cost) { front_.ReportCost(cost); }

void InProcessLink::Flush() {
  if (batch_.empty()) return;
  if (shuffle_arrivals_.has_value()) {
    std::vector<std::uint32_t> order(batch_.size());
    std::iota(order.begin(), order.end(), 0U);
    Rng rng(*shuffle_arrivals_, RngPurpose::kArrivalOrder, batch_.front().round,
            batch_.front().step);
    Shuffle(order, rng);
    std::vector<Instruction> shuffled;
    for (const std::uint32_t index : order) shuffled.push_back(std::move(batch_[index]));
    batch_ = std::move(shuffled);
  }
  {
    MutexLock lock(mutex_);
    for (Instruction& instruction : batch_) instructions_.push_back(std::move(instruction));
  }
  batch_.clear();
  changed_.NotifyOne();
}

void InProcessLink::Count(ClientId client, std::uint64_t payload_down, std::uint64_t payload_up) {
  MutexLock lock(mutex_);
  ledger::TrafficRecord& traffic = traffic_[client];
  traffic.connection = client + 1;
  ++traffic.calls;
  traffic.payload_bytes_down += payload_down;
  traffic.payload_bytes_up += payload_up;
}

std::vector<ledger::TrafficRecord> InProcessLink::TakeTraffic(std::uint32_t round) {
  MutexLock lock(mutex_);
  std::vector<ledger::TrafficRecord> taken;
  for (auto& [client, traffic] : traffic_) {
    traffic.round = round;
    ledger::ConnectionRecord& connection = connections_[client];
    connection.connection = traffic.connection;
    connection.client = client;
    connection.peer = "in_process";
    connection.calls += traffic.calls;
    taken.push_back(traffic);
  }
  traffic_.clear();
  return taken;
}

std::vector<ledger::ConnectionRecord> InProcessLink::Connections() {
  MutexLock lock(mutex_);
  std::vector<ledger::ConnectionRecord> all;
  for (const auto& [client, connection] : connections_) all.push_back(connection);
  return all;
}

void InProcessLink::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyOne();
}

}  // namespace fedround::simulate
