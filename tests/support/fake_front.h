// A Front without a run: records what a driver brings, answers with what the test has set.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/mutex.h"
#include "coordinator/front.h"
#include "tests/support/asks.h"
#include "tests/support/float32_section.h"

namespace fedround::testing {

class FakeFront final : public coordinator::Front {
 public:
  // Serves one model; lets updates of as many entries in from `expected`, as answers to AskOf.
  FakeFront(std::vector<float> model, const std::vector<ClientId>& expected)
      : model_(coordinator::NamedModel(Buffer(model))),
        intake_(
            {.grid = {.scale_bits = 20, .max_abs = 16, .max_total_weight = 1 << 20},
             .sections = Float32Section(model.size()),
             .buffer_bytes = 1 << 20,
             .run_id = "fake"},
            [this](coordinator::UploadHandle handle, const UpdateHeader& header,
                   const coordinator::UploadTimes&) { Receive(handle, header); },
            [](const UpdateHeader&, const absl::Status&) {}) {
    ExpectAll(intake_, expected, model_->id);
  }

  ModelId model_id() const { return model_->id; }
  // The answer to every Admit from here on.
  void RefuseWith(absl::Status why) { refusal_ = std::move(why); }

  // What came, in order: "admit 0,1", "connected 0,1", "cost of 1", "update 1 2 3 from 0", "left
  // 0,1: the host has gone".
  std::vector<std::string> heard() const {
    MutexLock lock(mutex_);
    return heard_;
  }

  std::uint64_t clients() const override { return 16; }
  absl::StatusOr<Welcome> Admit(const JoinRequest& request) override {
    Hear(absl::StrCat("admit ", absl::StrJoin(request.clients, ",")));
    if (!refusal_.ok()) return refusal_;
    return Welcome{.run_id = "fake",
                   .model = {.tensors = {{"weight", {Size()}}}, .fates = {Fate::kShared}},
                   .chunk_bytes = 1 << 20};
  }
  void Connected(const std::vector<ClientId>& clients) override {
    Hear(absl::StrCat("connected ", absl::StrJoin(clients, ",")));
  }
  void Leave(const std::vector<ClientId>& clients, absl::string_view why) override {
    Hear(absl::StrCat("left ", absl::StrJoin(clients, ","), ": ", why));
  }
  absl::StatusOr<std::shared_ptr<const coordinator::Model>> FindModel(ModelId id) const override {
    if (id != model_->id) return absl::NotFoundError("no such model");
    return std::shared_ptr<const coordinator::Model>(model_);
  }
  coordinator::UploadIntake& intake() override { return intake_; }
  void ReportCost(const TaskCost& cost) override { Hear(absl::StrCat("cost of ", cost.client)); }

 private:
  static FloatBuffer Buffer(const std::vector<float>& values) {
    FloatBuffer buffer(values.size());
    std::ranges::copy(values, buffer.data());
    return buffer;
  }
  void Hear(std::string what) {
    MutexLock lock(mutex_);
    heard_.push_back(std::move(what));
  }
  void Receive(coordinator::UploadHandle handle, const UpdateHeader& header) {
    intake_.Accept(handle);
    Hear(absl::StrCat("update ", absl::StrJoin(intake_.Payload(handle), " "), " from ",
                      header.client));
    intake_.Release(handle);
  }

  std::int64_t Size() const { return static_cast<std::int64_t>(model_->parameters.size()); }

  const std::shared_ptr<coordinator::Model> model_;
  absl::Status refusal_;
  mutable Mutex mutex_;
  std::vector<std::string> heard_ ABSL_GUARDED_BY(mutex_);
  coordinator::UploadIntake intake_;
};

}  // namespace fedround::testing
