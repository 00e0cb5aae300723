#include "experiments/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/named_enum.h"
#include "common/base/plug_in.h"
#include "common/base/status_macros.h"
#include "common/config/schema/tables.h"
#include "common/ledger/machine.h"
#include "experiments/cli/commands/topics.h"

namespace fedround::cli {
namespace {

constexpr char kSetHelp[] = "override a key, like model.hidden=[64] or model.activation.slope=0.1";

constexpr char kExperimentHelp[] = "the experiment (TOML): a file, or /dev/stdin";

std::string VersionText() {
  const ledger::Manifest self = ledger::DescribeThisProcess();
  return absl::StrCat("fedround ", self.version, " (", self.build, ", ", self.compiler, ", SIMD ",
                      self.simd, ")");
}

// The subcommands and the structs that they fill in.
struct Parser {
  Parser();
  void AddModelCommands();
  void AddDataCommands();

  CLI::App app{"fedround: federated learning with a ledger of what a round costs", "fedround"};
  RunCommand run;
  RunCommand train;
  ConfigCommand config;
  ListCommand list;
  VerifyCommand verify;
  ShowCommand show;
  BenchStepCommand bench_step;
  BenchActivationsCommand bench_activations;
  BenchPlanCommand bench_plan;
  EvalCommand eval;
  ConvertCommand convert;
  DataDescribeCommand data_describe;
  CacheListCommand cache_list;
  CLI::App* run_app = nullptr;
  CLI::App* train_app = nullptr;
  CLI::App* config_app = nullptr;
  CLI::App* list_app = nullptr;
  CLI::App* verify_app = nullptr;
  CLI::App* show_app = nullptr;
  CLI::App* bench_step_app = nullptr;
  CLI::App* bench_activations_app = nullptr;
  CLI::App* bench_plan_app = nullptr;
  CLI::App* eval_app = nullptr;
  CLI::App* convert_app = nullptr;
  CLI::App* data_describe_app = nullptr;
  CLI::App* cache_list_app = nullptr;
  CLI::App* cache_clear_app = nullptr;

 private:
  void AddBenchStep(CLI::App& bench);
  void AddBenchActivations(CLI::App& bench);
  void AddBenchPlan(CLI::App& bench);
};

// "a, b or c".
std::string OneOf(std::span<const std::string> names) {
  return absl::StrCat(absl::StrJoin(names.first(names.size() - 1), ", "), " or ", names.back());
}

void AddOverrides(CLI::App& app, std::vector<std::string>& overrides) {
  app.add_option("--set", overrides, kSetHelp)->type_name("KEY=VALUE")->allow_extra_args(false);
}

void AddFormat(CLI::App& app, bool& json, const std::string& what = "one object per line") {
  app.add_option_function<std::string>(
         "--format", [&json](const std::string& format) { json = format == "json"; },
         "text (default), or json: " + what + ", for programs")
      ->check(CLI::IsMember({"text", "json"}));
}

void Parser::AddModelCommands() {
  eval_app = app.add_subcommand("eval", "score models, and their ensemble, on the test split");
  eval_app->add_option("MODEL", eval.models, "safetensors files, or run folders")->required();
  eval_app
      ->add_option("--experiment", eval.experiment,
                   "the experiment that the models belong to (config.toml beside each model)")
      ->type_name("FILE");
  AddOverrides(*eval_app, eval.overrides);
  AddFormat(*eval_app, eval.json);

  convert_app = app.add_subcommand("convert", "copy a model from safetensors to npz, or back");
  convert_app->add_option("FROM", convert.from, "a .safetensors or .npz file")->required();
  convert_app->add_option("TO", convert.to, "a file with the other suffix")->required();
}

void Parser::AddDataCommands() {
  CLI::App& data = *app.add_subcommand("data", "look at data before training on it: describe");
  data.require_subcommand(1);
  data_describe_app =
      data.add_subcommand("describe", "print what a data set contains, and what is wrong with it");
  data_describe_app
      ->add_option("FILE", data_describe.files,
                   "npz files, folders of IDX files, or data sets like fashion-mnist")
      ->required();
  data_describe_app
      ->add_option_function<std::string>(
          "--layout",
          [this](const std::string& layout) {
            data_describe.layout = *Named<data::ImageLayout>(layout);  // checked below
          },
          "data.layout: auto, nhwc or nchw")
      ->check(CLI::IsMember(NamesOf(data::ImageLayout())))
      ->default_str(std::string(NameOf(data_describe.layout)));
  AddFormat(*data_describe_app, data_describe.json);

  CLI::App& cache = *app.add_subcommand("cache", "the cache of decoded data: list or clear");
  cache.require_subcommand(1);
  cache_list_app = cache.add_subcommand("list", "print size, data set, time and path of each file");
  AddFormat(*cache_list_app, cache_list.json);
  cache_clear_app =
      cache.add_subcommand("clear", "remove all of it; running runs are not affected");
}

// What `run` and `train` have in common.
void AddRunOptions(CLI::App& app, RunCommand& run) {
  app.add_option("CONFIG", run.config, kExperimentHelp)->required();
  AddOverrides(app, run.overrides);
  app.add_option("--out", run.out, "the run folder (runs/NAME-TIME-ID)")->type_name("DIR");
  AddFormat(app, run.json);
  app.add_flag("-q,--quiet", run.quiet,
               "print the result line only; with --format json, the last event only");
}

Parser::Parser() {
  app.set_version_flag("--version", VersionText());
  app.footer("Topics: fedround help data, help experiments, help phases");
  run_app = app.add_subcommand("run", "train: one coordinator and its clients");
  AddRunOptions(*run_app, run);
  run_app
      ->add_option("--replay", run.replay,
                   "fold in each round the clients that the run in DIR folded")
      ->type_name("DIR");

  train_app = app.add_subcommand(
      "train", "train centrally: the same model, on the data of all clients together");
  AddRunOptions(*train_app, train);
  train.central = true;

  config_app = app.add_subcommand("config", "print an experiment with every key filled in");
  config_app->add_option("FILE", config.file, kExperimentHelp)->required();
  AddOverrides(*config_app, config.overrides);
  config_app->add_flag("--comments", config.comments, "say what each key means");

  list_app = app.add_subcommand("list", "print the names that an experiment can use");
  std::vector<std::string> tables;
  for (const config::TableInfo& table : config::Tables()) tables.emplace_back(table.plural);
  list_app->add_option("TABLE", list.table, absl::StrCat(OneOf(tables), "; none: all"))
      ->check(CLI::IsMember(tables));
  AddFormat(*list_app, list.json);

  verify_app = app.add_subcommand("verify", "recompute a run's books from its folder");
  verify_app->add_option("DIR", verify.folder, "the run folder")->required();

  show_app = app.add_subcommand("show", "print what a run cost, on one screen");
  show_app->add_option("DIR", show.folder, "the run folder")->required();

  CLI::App& bench = *app.add_subcommand("bench", "measure this machine: step, activations or plan");
  bench.require_subcommand(1);
  AddBenchStep(bench);
  AddBenchActivations(bench);
  AddBenchPlan(bench);
  AddModelCommands();
  AddDataCommands();
  // These are never parsed (see WithOptions), only listed.
  app.add_subcommand("help", "print this, the options of a command, or a topic");
  app.add_subcommand("version", "print the version and what it was built for");
}

void AddBatches(CLI::App& app, std::string& batches) {
  app.add_option("--batch", batches, "batch sizes")->type_name("LIST")->capture_default_str();
}

void AddActivations(CLI::App& app, std::string& activations) {
  app.add_option("--activation", activations, "which, besides identity and relu (all)")
      ->type_name("LIST");
}

// What all benchmarks have in common.
void AddBenchOptions(CLI::App& app, double& seconds, bool& json) {
  app.add_option("--seconds", seconds, "processor time of each contest")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  AddFormat(app, json, "one list of objects");
}

void Parser::AddBenchStep(CLI::App& bench) {
  bench_step_app = bench.add_subcommand(
      "step", "a training step against the machine's limits, and the activation's share of it");
  CLI::App& step = *bench_step_app;
  step.add_option("--model", bench_step.models, "2nn, cnn or INPUTS-WIDTHxTIMES, like 784-64x8")
      ->type_name("LIST")
      ->capture_default_str();
  AddBatches(step, bench_step.batches);
  step.add_option("--data", bench_step.data, "synthetic, or a data set like fashion-mnist")
      ->capture_default_str();
  step.add_option("--weights", bench_step.weights, "initial, trained or both")
      ->check(CLI::IsMember({"initial", "trained", "both"}))
      ->capture_default_str();
  step.add_option_function<std::string>(
          "--kernel",
          [this](const std::string& kernel) { bench_step.kernel = kernel == "all" ? "" : kernel; },
          "the activations' kernel: fast, compiler, scalar, branchy, or all (fast)")
      ->type_name("TEXT");
  step.add_flag("--forward-only", bench_step.forward_only, "evaluate instead of training");
  step.add_option("--peer", bench_step.peer, "onednn: the same step over oneDNN's matrix product")
      ->check(CLI::IsMember({"onednn"}));
  AddActivations(step, bench_step.activations);
  AddBenchOptions(step, bench_step.seconds, bench_step.json);
}

void Parser::AddBenchActivations(CLI::App& bench) {
  bench_activations_app = bench.add_subcommand(
      "activations", "each activation alone, forward and backward, beside Eigen and libmvec");
  CLI::App& activations = *bench_activations_app;
  activations.add_option("--kernel", bench_activations.kernel, "one implementation only (all)");
  activations
      .add_option("--elements", bench_activations.elements,
                  "floats per pass (2000, which fit into L1, and 1048576)")
      ->check(CLI::Range(1, 1 << 26));
  AddActivations(activations, bench_activations.activations);
  AddBenchOptions(activations, bench_activations.seconds, bench_activations.json);
}

void Parser::AddBenchPlan(CLI::App& bench) {
  bench_plan_app = bench.add_subcommand(
      "plan", "each product of the 2NN's large layers: our tiles against other libraries");
  AddBatches(*bench_plan_app, bench_plan.batches);
  AddBenchOptions(*bench_plan_app, bench_plan.seconds, bench_plan.json);
}

// The innermost subcommand that was given, or the program itself.
const CLI::App& Chosen(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : Chosen(*chosen.front());
}

// The present name of an option that earlier versions, or other commands of ours, call otherwise.
absl::string_view NewName(absl::string_view option) {
  return option == "--json" || option == "--events" ? "--format json" : "";
}

// "did you mean ...?" for the first argument that no option or command took.
absl::Status UnknownArgument(const CLI::App& app, const std::string& argument) {
  const CLI::App& chosen = Chosen(app);
  if (!NewName(argument).empty() && chosen.get_option_no_throw("--format") != nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown option ", argument, "; it is ", NewName(argument)));
  }
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

absl::Status UnknownHelpWord(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* known : app.get_subcommands(nullptr)) names.push_back(known->get_name());
  for (const Topic& topic : Topics()) names.emplace_back(topic.name);
  const std::string nearest =
      NearestName(word, std::vector<absl::string_view>(names.begin(), names.end()));
  return absl::InvalidArgumentError(absl::StrCat(
      "help ", word, ": neither a command nor a topic",
      nearest.empty() ? "; see --help" : absl::StrCat("; did you mean ", nearest, "?")));
}

// For `fedround help WORD...`: OK if the words name a command, or a topic, which must be the only
// word.
absl::Status CheckHelpWords(const CLI::App& app, std::span<const std::string> words) {
  if (std::ranges::find(Topics(), words.front(), &Topic::name) != Topics().end()) {
    if (words.size() == 1) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument ", words[1], "; `help ", words.front(), "` is a topic"));
  }
  const CLI::App* at = &app;
  for (const std::string& word : words) {
    if (absl::StartsWith(word, "-")) break;
    const std::vector<const CLI::App*> commands = at->get_subcommands(nullptr);
    const auto named = std::ranges::find(commands, word, &CLI::App::get_name);
    if (named == commands.end()) {
      return at == &app ? UnknownHelpWord(app, word) : UnknownArgument(*at, word);
    }
    at = *named;
  }
  return absl::OkStatus();
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

// `fedround help run` is `fedround run --help`, `fedround version` is `fedround --version`.
std::vector<std::string> WithOptions(std::span<const std::string> arguments) {
  std::vector<std::string> plain(arguments.begin() + 1, arguments.end());
  if (plain.empty()) return plain;
  if (plain.front() == "version") plain.front() = "--version";
  if (plain.front() == "help") {
    plain.erase(plain.begin());
    plain.emplace_back("--help");
  }
  return plain;
}

}  // namespace

absl::StatusOr<Command> ParseCommandLine(std::span<const std::string> arguments) {
  Parser parser;
  if (arguments.size() > 2 && arguments[1] == "help") {
    RETURN_IF_ERROR(CheckHelpWords(parser.app, arguments.subspan(2)));
    const auto topic = std::ranges::find(Topics(), arguments[2], &Topic::name);
    if (topic != Topics().end()) return PrintCommand{std::string(topic->text)};
  }
  try {
    // CLI11 expects them in reverse order.
    std::vector<std::string> plain = WithOptions(arguments);
    std::ranges::reverse(plain);
    parser.app.parse(std::move(plain));
  } catch (const CLI::ParseError& error) {
    return Convert(parser, error);
  }
  if (parser.run_app->parsed()) return parser.run;
  if (parser.train_app->parsed()) return parser.train;
  if (parser.config_app->parsed()) return parser.config;
  if (parser.list_app->parsed()) return parser.list;
  if (parser.verify_app->parsed()) return parser.verify;
  if (parser.show_app->parsed()) return parser.show;
  if (parser.bench_step_app->parsed()) return parser.bench_step;
  if (parser.bench_activations_app->parsed()) return parser.bench_activations;
  if (parser.bench_plan_app->parsed()) return parser.bench_plan;
  if (parser.eval_app->parsed()) return parser.eval;
  if (parser.convert_app->parsed()) return parser.convert;
  if (parser.data_describe_app->parsed()) return parser.data_describe;
  if (parser.cache_list_app->parsed()) return parser.cache_list;
  if (parser.cache_clear_app->parsed()) return CacheClearCommand{};
  return absl::InvalidArgumentError(
      "name a command: run, train, verify, show, eval, convert, config, list, data, cache or "
      "bench; "
      "see --help");
}

}  // namespace fedround::cli
