#include "experiments/cli/command_line.h"

#include <CLI/CLI.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/plug_in.h"
#include "common/ledger/machine.h"

namespace fedround::cli {
namespace {

constexpr char kSetHelp[] = "override a key, like model.hidden=[64] or model.activation.slope=0.1";

std::string VersionText() {
  const ledger::Manifest self = ledger::DescribeThisProcess();
  return absl::StrCat("fedround ", self.version, " (", self.build, ", ", self.compiler, ", SIMD ",
                      self.simd, ")");
}

// The subcommands and what they fill in.
struct Parser {
  Parser();

  CLI::App app{"fedround: federated learning with a ledger of what a round costs", "fedround"};
  RunCommand run;
  ConfigCommand config;
  ListCommand list;
  VerifyCommand verify;
  ShowCommand show;
  CLI::App* run_app = nullptr;
  CLI::App* config_app = nullptr;
  CLI::App* list_app = nullptr;
  CLI::App* verify_app = nullptr;
  CLI::App* show_app = nullptr;
};

void AddOverrides(CLI::App& app, std::vector<std::string>& overrides) {
  app.add_option("--set", overrides, kSetHelp)->type_name("KEY=VALUE")->allow_extra_args(false);
}

void AddFormat(CLI::App& app, bool& json) {
  app.add_option_function<std::string>(
         "--format", [&json](const std::string& format) { json = format == "json"; },
         "text (default), or json: one object a line for programs")
      ->check(CLI::IsMember({"text", "json"}));
}

Parser::Parser() {
  app.set_version_flag("--version", VersionText());
  run_app = app.add_subcommand("run", "train: one coordinator and its clients");
  run_app->add_option("CONFIG", run.config, "the experiment (TOML)")->required();
  AddOverrides(*run_app, run.overrides);
  run_app->add_option("--out", run.out, "the run folder (runs/NAME-TIME-ID)")->type_name("DIR");
  AddFormat(*run_app, run.json);
  run_app->add_flag("-q,--quiet", run.quiet, "print the result line only");
  run_app
      ->add_option("--replay", run.replay,
                   "fold in each round the clients that the run in DIR folded")
      ->type_name("DIR");

  config_app = app.add_subcommand("config", "print an experiment with every key filled in");
  config_app->add_option("FILE", config.file, "the experiment (TOML)")->required();
  AddOverrides(*config_app, config.overrides);
  config_app->add_flag("--comments", config.comments, "say what each key means");

  list_app = app.add_subcommand("list", "print what an experiment can name");
  list_app
      ->add_option("TABLE", list.table,
                   "activations, initialisers, datasets, partitions or algorithms; none: all")
      ->check(
          CLI::IsMember({"activations", "initialisers", "datasets", "partitions", "algorithms"}));
  AddFormat(*list_app, list.json);

  verify_app = app.add_subcommand("verify", "recompute a run from its folder: does it add up?");
  verify_app->add_option("DIR", verify.folder, "the run folder")->required();

  show_app = app.add_subcommand("show", "print what a run cost, on one screen");
  show_app->add_option("DIR", show.folder, "the run folder")->required();
}

// The subcommand that was named, or the program itself.
const CLI::App& Chosen(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

// "did you mean ...?" for the first argument that nothing took.
absl::Status UnknownArgument(const CLI::App& app, const std::string& argument) {
  const CLI::App& chosen = Chosen(app);
  std::vector<std::string> names;
  const bool option = absl::StartsWith(argument, "-");
  if (option) {
    for (const CLI::Option* known : chosen.get_options()) {
      for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
    }
  } else {
    for (const CLI::App* known : chosen.get_subcommands(nullptr))
      names.push_back(known->get_name());
  }
  const std::string nearest =
      NearestName(argument, std::vector<absl::string_view>(names.begin(), names.end()));
  return absl::InvalidArgumentError(absl::StrCat(
      option ? "unknown option " : (names.empty() ? "unexpected argument " : "unknown command "),
      argument, nearest.empty() ? "; see --help" : absl::StrCat("; did you mean ", nearest, "?")));
}

absl::StatusOr<Command> Convert(Parser& parser, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {  // not an error: help or version
    const bool version = error.get_name() == "CallForVersion";
    const std::string text = version ? error.what() : parser.app.help();
    return PrintCommand{std::string(absl::StripSuffix(text, "\n"))};
  }
  if (const auto unknown = parser.app.remaining(true); !unknown.empty()) {
    return UnknownArgument(parser.app, unknown.front());
  }
  return absl::InvalidArgumentError(absl::StrCat(error.what(), "; see --help"));
}

}  // namespace

absl::StatusOr<Command> ParseCommandLine(std::span<const std::string> arguments) {
  Parser parser;
  try {
    // CLI11 takes them last first.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend() - 1);
    parser.app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return Convert(parser, error);
  }
  if (parser.run_app->parsed()) return parser.run;
  if (parser.config_app->parsed()) return parser.config;
  if (parser.list_app->parsed()) return parser.list;
  if (parser.verify_app->parsed()) return parser.verify;
  if (parser.show_app->parsed()) return parser.show;
  return absl::InvalidArgumentError(
      "name a command: run, verify, show, config or list; see --help");
}

}  // namespace fedround::cli
