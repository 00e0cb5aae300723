// A CoordinatorLink over gRPC.
//
// One control connection carries Join; each client has a connection of its own, opened when it
// first has work and kept. Calls block; threads may call for different clients at a time. Every
// call but Join has a deadline; Join has keepalive.
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
  Nanos call_deadline = 60 * kNanosPerSecond;     // of FetchModel and ReportCost
  Nanos submit_deadline = 600 * kNanosPerSecond;  // of Submit, the wait for credit included
};

class GrpcCoordinatorLink final : public CoordinatorLink {
 public:
  explicit GrpcCoordinatorLink(GrpcLinkOptions options);
  // No call may be under way.
  ~GrpcCoordinatorLink() override;

  // Besides the errors of the interface each call returns DEADLINE_EXCEEDED, UNAVAILABLE when the
  // connection breaks, and CANCELLED after Cancel.
  absl::StatusOr<Welcome> Join(const JoinRequest& request) override;
  absl::StatusOr<Instruction> NextInstruction() override;
  absl::StatusOr<TransferCost> FetchModel(const Instruction& instruction,
                                          std::span<float> model) override;
  absl::StatusOr<TransferCost> Submit(const UpdateHeader& header,
                                      std::span<const std::byte> payload,
                                      const std::function<void()>& on_credit) override;
  void ReportCost(const TaskCost& cost) override;
  void FlushReports() override;

  // Makes every call, under way or to come, return soon with CANCELLED. Safe in any thread, not in
  // a signal handler.
  void Cancel() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedround::client
