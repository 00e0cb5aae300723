#include "experiments/cli/text/bench_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/cpu/simd.h"
#include "common/base/named_enum.h"

namespace fedround::cli {
namespace {

using bench::Estimate;
using bench::StepCase;
using Json = nlohmann::ordered_json;

constexpr const char* kLimitNames[bench::kLimits] = {"fma_gflops", "l2_read_gb_per_s",
                                                     "l2_update_gb_per_s", "dram_read_gb_per_s"};

void Put(Json& json, const std::string& name, const Estimate& estimate) {
  json[name] = estimate.median;
  json[name + "_interval"] = {estimate.low, estimate.high};
}

Json OfCase(const StepCase& result, const char* row) {
  return {{"row", row},
          {"model", result.model},
          {"data", result.data},
          {"batch", result.batch},
          {"weights", bench::WeightsName(result.weights)},
          {"pass", result.pass == bench::Pass::kTrain ? "train" : "forward"}};
}

Json OfRow(const StepCase& result, const bench::StepRow& row) {
  Json json = OfCase(result, "step");
  json["activation"] = row.activation;
  json["kernel"] = row.kernel;
  json["flops_per_sample"] = result.flops_per_sample;
  json["input_density"] = result.input_density;
  json["turns"] = result.turns;
  Put(json, "us_per_step", row.us_per_step);
  Put(json, "samples_per_s", row.samples_per_s);
  Put(json, "gflops", row.gflops);
  Put(json, "peak_ratio", row.peak_ratio);
  Put(json, "l2_ratio", row.l2_ratio);
  Put(json, "activation_share", row.activation_share);
  json["significant"] = row.activation_share.Excludes(0);
  return json;
}

void PutPass(Json& json, const std::string& way, const bench::PassCost& cost) {
  if (cost.Resolved()) {
    Put(json, way + "_ns", cost.ns);
  } else {
    json[way + "_below_ns"] = cost.Bound();
  }
  if (cost.of_relu.has_value()) Put(json, way + "_of_relu", *cost.of_relu);
  if (cost.of_peer.has_value()) Put(json, way + "_of_peer", *cost.of_peer);
}

}  // namespace

std::vector<std::string> StepCaseObjects(const StepCase& result) {
  std::vector<std::string> objects;
  for (std::size_t i = 0; i < bench::kLimits; ++i) {
    Json json = OfCase(result, "limit");
    json["limit"] = kLimitNames[i];
    Put(json, "value", result.limits[i]);
    objects.push_back(json.dump());
  }
  for (const bench::StepRow& row : result.rows) objects.push_back(OfRow(result, row).dump());
  for (const bench::StepDifference& difference : result.differences) {
    Json json = OfCase(result, "difference");
    json["a"] = difference.a;
    json["b"] = difference.b;
    Put(json, "share", difference.share);
    json["significant"] = difference.share.Excludes(0);
    objects.push_back(json.dump());
  }
  if (result.peer.has_value()) {
    Json json = OfCase(result, "peer");
    json["peer"] = result.peer->name;
    Put(json, "samples_per_s", result.peer->samples_per_s);
    Put(json, "ratio", result.peer->ratio);
    objects.push_back(json.dump());
  }
  return objects;
}

std::vector<std::string> ActivationCaseObjects(const bench::ActivationCase& result) {
  std::vector<std::string> objects;
  const auto of_case = [&result](const char* row) {
    return Json{{"row", row},
                {"activation", result.activation},
                {"elements", result.elements},
                {"turns", result.turns}};
  };
  for (const bench::ActivationRow& row : result.rows) {
    Json json = of_case("activation");
    json["kernel"] = row.kernel;
    PutPass(json, "forward", row.forward);
    PutPass(json, "backward", row.backward);
    objects.push_back(json.dump());
  }
  Json control = of_case("control");
  Put(control, "ratio", result.control);
  objects.push_back(control.dump());
  return objects;
}

std::vector<std::string> PlanObjects(std::span<const bench::PlanCell> cells,
                                     const std::vector<std::string>& left_out) {
  std::vector<std::string> objects;
  for (const bench::PlanCell& cell : cells) {
    const auto of_cell = [&cell](const char* row) {
      return Json{{"row", row},
                  {"product", bench::ProductName(cell.product)},
                  {"in", cell.shape.in},
                  {"out", cell.shape.out},
                  {"batch", cell.shape.batch},
                  {"turns", cell.turns}};
    };
    for (const bench::PlanRow& row : cell.rows) {
      Json json = of_cell("product");
      json["library"] = row.library;
      Put(json, "gflops", row.gflops);
      Put(json, "ratio", row.ratio);
      objects.push_back(json.dump());
    }
    Json control = of_cell("control");
    Put(control, "ratio", cell.control);
    objects.push_back(control.dump());
  }
  const Json plan = {{"row", "plan"},
                     {"kernels", "ours"},
                     {"simd", NameOf(SimdLevelInUse())},
                     {"cells", cells.size()},
                     {"cells_another_wins", std::ranges::count_if(cells, bench::AnotherWins)},
                     {"left_out", left_out}};
  objects.push_back(plan.dump());
  return objects;
}

}  // namespace fedround::cli
