#include "experiments/cli/text/eval_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

struct Row {
  std::string of;    // "model", "mean", "ensemble"
  std::string name;  // a model's path, or the name of the mean or the ensemble
  analysis::Score score;
};

std::vector<Row> Rows(const analysis::Scores& scores) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < scores.paths.size(); ++i) {
    rows.push_back({"model", scores.paths[i], scores.models[i]});
  }
  if (rows.size() == 1) return rows;
  rows.push_back({"mean", "mean member", scores.mean});
  rows.push_back({"ensemble", "ensemble", scores.ensemble});
  return rows;
}

// Without test examples there are no scores.
std::string ScoreCells(const analysis::Scores& scores, const analysis::Score& score) {
  if (scores.examples == 0) return absl::StrFormat("%8s  %8s", "-", "-");
  return absl::StrFormat("%8.4f  %8.4f", score.accuracy, score.loss);
}

}  // namespace

std::vector<std::string> EvalLines(const analysis::Scores& scores, bool colour) {
  const std::vector<Row> rows = Rows(scores);
  const std::string title =
      absl::StrFormat("%s, %s", scores.dataset, CountText(scores.examples, "test example"));
  std::size_t width = title.size();
  for (const Row& row : rows) width = std::max(width, row.name.size());
  const int columns = static_cast<int>(width);
  std::vector<std::string> lines{
      Bold(absl::StrFormat("%-*s  %8s  %8s", columns, title, "accuracy", "loss"), colour)};
  for (const Row& row : rows) {
    const std::string line =
        absl::StrFormat("%-*s  %s", columns, row.name, ScoreCells(scores, row.score));
    lines.push_back(Bold(line, colour && row.of == "ensemble"));
  }
  return lines;
}

std::vector<std::string> EvalJson(const analysis::Scores& scores) {
  std::vector<std::string> lines;
  for (const Row& row : Rows(scores)) {
    nlohmann::ordered_json json = {{"of", row.of}};
    if (row.of == "model") json["model"] = row.name;
    json["dataset"] = scores.dataset;
    json["examples"] = scores.examples;
    json["accuracy"] = row.score.accuracy;
    json["loss"] = row.score.loss;
    using Json = nlohmann::ordered_json;
    lines.push_back(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return lines;
}

}  // namespace fedround::cli
