// A CoordinatorLink over gRPC.
//
// One control connection carries Join; each client has a connection of its own, opened when it
// first has work and kept until it fails. Calls block; several threads may call at the same time,
// for different clients. No call has a deadline: a transfer lives as long as it moves, Join as long
// as its connection is kept alive, and is opened again when it breaks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/coordinator_link.h"

namespace fedround::client {

struct GrpcLinkOptions {
  std::string address;  // host:port
  std::string token;
  // How long Join tries to reach a coordinator that does not answer.
  Nanos join_deadline = 30 * kNanosPerSecond;
  // The same when the connection has broken and NextInstruction joins again.
  Nanos rejoin_deadline = 30 * kNanosPerSecond;
  Nanos stall = 30 * kNanosPerSecond;  // until EndStalledAfter says otherwise
};

class GrpcCoordinatorLink final : public CoordinatorLink {
 public:
  explicit GrpcCoordinatorLink(GrpcLinkOptions options);
  // No call may be under way.
  ~GrpcCoordinatorLink() override;

  // Besides the errors of the interface, each call returns UNAVAILABLE when the connection breaks
  // or nothing moves, and CANCELLED after Cancel.
  absl::StatusOr<Welcome> Join(const JoinRequest& request) override;
  absl::StatusOr<Instruction> NextInstruction() override;
  void EndStalledAfter(Nanos limit) override;
  absl::StatusOr<TransferCost> FetchModel(const Instruction& instruction,
                                          std::span<float> model) override;
  absl::StatusOr<TransferCost> Submit(const UpdateHeader& header,
                                      std::span<const std::byte> payload,
                                      const std::function<void()>& on_credit) override;
  void ReportCost(const TaskCost& cost) override;
  bool FlushReports() override;

  // Makes every call, under way or to come, return soon with CANCELLED. Any thread may call it, a
  // signal handler may not.
  void Cancel() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedround::client
