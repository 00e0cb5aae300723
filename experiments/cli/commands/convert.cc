// fedround convert: a model from one file format to the other.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/exit_code.h"
#include "common/base/status_macros.h"
#include "common/data/formats/npz_model.h"
#include "common/nn/safetensors.h"
#include "common/round/named_parameters.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

constexpr absl::string_view kSafetensors = ".safetensors";
constexpr absl::string_view kNpz = ".npz";

// The model that was copied.
absl::StatusOr<NamedParameters> Convert(const std::string& from, const std::string& to) {
  if (absl::EndsWith(from, kSafetensors) && absl::EndsWith(to, kNpz)) {
    ASSIGN_OR_RETURN(NamedParameters model, nn::ReadSafetensors(from));
    RETURN_IF_ERROR(data::WriteNpzModel(to, model.specs, model.parameters.span()));
    return model;
  }
  if (absl::EndsWith(from, kNpz) && absl::EndsWith(to, kSafetensors)) {
    ASSIGN_OR_RETURN(NamedParameters model, data::ReadNpzModel(from));
    const absl::Status status = nn::WriteSafetensors(to, model.specs, model.parameters.span());
    if (status.ok()) return model;
    return Annotate(from, status);
  }
  return absl::InvalidArgumentError(absl::StrCat("convert ", from, " ", to, ": one must end in ",
                                                 kSafetensors, ", the other in ", kNpz));
}

}  // namespace

int RunConvert(const ConvertCommand& command) {
  const absl::StatusOr<NamedParameters> model = Convert(command.from, command.to);
  if (!model.ok()) return Fail(model.status().message(), exit_code::Of(model.status()));
  const std::string line[] = {absl::StrCat(command.to, ": ",
                                           CountText(model->specs.size(), "tensor"), ", ",
                                           CountText(model->parameters.size(), "parameter"))};
  PrintLines(line);
  return exit_code::kDone;
}

}  // namespace fedround::cli
