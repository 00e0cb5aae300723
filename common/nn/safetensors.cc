#include "common/nn/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"

namespace fedround::nn {
namespace {

static_assert(std::endian::native == std::endian::little, "data are copied as they are");

using Json = nlohmann::json;  // keeps its members sorted by name

constexpr absl::string_view kMetadata = "__metadata__";
constexpr std::uint64_t kLengthBytes = sizeof(std::uint64_t);
constexpr std::uint64_t kLargestHeader = 1 << 20;

// ---- writing ----

// Where the tensor's elements start in the flat vector, by tensor.
std::vector<std::size_t> Offsets(std::span<const TensorSpec> specs) {
  std::vector<std::size_t> offsets;
  std::size_t sum = 0;
  for (const TensorSpec& spec : specs) {
    offsets.push_back(sum);
    sum += spec.elements();
  }
  return offsets;
}

std::vector<std::size_t> OrderByName(std::span<const TensorSpec> specs) {
  std::vector<std::size_t> order(specs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) -> const std::string& { return specs[i].name; });
  return order;
}

absl::Status CheckSpecs(std::span<const TensorSpec> specs, std::span<const std::size_t> order,
                        std::size_t parameters) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::string& name = specs[order[i]].name;
    if (name.empty() || name == kMetadata) {
      return absl::InvalidArgumentError(absl::StrCat("a tensor cannot be named \"", name, "\""));
    }
    if (i > 0 && name == specs[order[i - 1]].name) {
      return absl::InvalidArgumentError(absl::StrCat("two tensors are named \"", name, "\""));
    }
    sum += specs[order[i]].elements();
  }
  if (sum != parameters) {
    return absl::InvalidArgumentError(
        absl::StrCat("the tensors have ", sum, " elements, but there are ", parameters));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Header(std::span<const TensorSpec> specs,
                                   std::span<const std::size_t> order) {
  Json header = Json::object();
  std::uint64_t begin = 0;
  for (const std::size_t i : order) {
    const std::uint64_t end = begin + specs[i].elements() * sizeof(float);
    header[specs[i].name] = {
        {"dtype", "F32"}, {"shape", specs[i].shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("tensor name: ", error.what()));
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

// A file as its parts: `opening` is the length and the header, the others point into the
// parameters.
struct FileParts {
  std::string opening;
  std::vector<absl::string_view> tensors;

  std::vector<absl::string_view> all() const {
    std::vector<absl::string_view> parts{opening};
    parts.insert(parts.end(), tensors.begin(), tensors.end());
    return parts;
  }
};

absl::StatusOr<FileParts> MakeFileParts(std::span<const TensorSpec> specs,
                                        std::span<const float> parameters) {
  const std::vector<std::size_t> order = OrderByName(specs);
  RETURN_IF_ERROR(CheckSpecs(specs, order, parameters.size()));
  ASSIGN_OR_RETURN(const std::string header, Header(specs, order));
  const std::vector<std::size_t> offsets = Offsets(specs);
  const std::uint64_t length = header.size();
  FileParts file;
  file.opening.assign(reinterpret_cast<const char*>(&length), kLengthBytes).append(header);
  for (const std::size_t i : order) {
    const std::span<const float> tensor = parameters.subspan(offsets[i], specs[i].elements());
    file.tensors.emplace_back(reinterpret_cast<const char*>(tensor.data()), tensor.size_bytes());
  }
  return file;
}

// ---- reading: errors name what is wrong, ReadSafetensors puts the path before it ----

struct Entry {
  TensorSpec spec;
  std::uint64_t begin = 0;  // bytes in the data
  std::uint64_t end = 0;
};

absl::Status TensorError(absl::string_view name, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("tensor \"", absl::Utf8SafeCEscape(name), "\": ", what));
}

std::optional<std::uint64_t> Natural(const Json& json) {
  if (!json.is_number_unsigned()) return std::nullopt;
  return json.get<std::uint64_t>();
}

// Bytes of a tensor of `shape`, or nothing if the shape is not one or they do not fit.
std::optional<std::uint64_t> ReadShape(const Json& json, std::vector<std::int64_t>& shape) {
  std::uint64_t bytes = sizeof(float);
  for (const Json& element : json) {
    const std::optional<std::uint64_t> extent = Natural(element);
    if (!extent.has_value() || !std::in_range<std::int64_t>(*extent) ||
        __builtin_mul_overflow(bytes, *extent, &bytes)) {
      return std::nullopt;
    }
    shape.push_back(static_cast<std::int64_t>(*extent));
  }
  return bytes;
}

absl::StatusOr<Entry> ReadEntry(const std::string& name, const Json& json) {
  Entry entry{.spec = {.name = name, .shape = {}}};
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets")) {
    return TensorError(name, "needs dtype, shape, data_offsets and nothing else");
  }
  if (json["dtype"] != "F32") {
    // Only text is shown: printing a deeply nested value would exhaust the stack.
    const auto* dtype = json["dtype"].get_ptr<const std::string*>();
    return TensorError(
        name,
        absl::StrCat("dtype ", dtype == nullptr ? "that is not a text" : *dtype, ": must be F32"));
  }
  const std::optional<std::uint64_t> bytes =
      json["shape"].is_array() ? ReadShape(json["shape"], entry.spec.shape) : std::nullopt;
  if (!bytes.has_value()) return TensorError(name, "shape is not a list of extents that fit");
  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !Natural(offsets[0]) || !Natural(offsets[1])) {
    return TensorError(name, "data_offsets are not two numbers >= 0");
  }
  entry.begin = *Natural(offsets[0]);
  entry.end = *Natural(offsets[1]);
  if (entry.end < entry.begin || entry.end - entry.begin != *bytes) {
    return TensorError(name, absl::StrCat("data_offsets ", entry.begin, " .. ", entry.end,
                                          " do not hold the ", *bytes, " bytes of its shape"));
  }
  return entry;
}

// Parses `text` as an object. JSON leaves open which of two members with one name counts, so two
// programs could read different tensors: refused at any depth.
absl::StatusOr<Json> ParseHeader(absl::string_view text) {
  std::vector<std::set<std::string>> open;  // the names so far in each object not yet closed
  std::string tensor;
  absl::Status twice;
  const auto watch = [&](int /*depth*/, Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event != Json::parse_event_t::key) return true;
    const std::string& name = parsed.get_ref<const std::string&>();
    if (open.size() == 1) tensor = name;
    if (!open.back().insert(name).second && twice.ok()) {
      twice = TensorError(tensor, open.size() == 1 ? "occurs twice"
                                                   : absl::StrCat("\"", absl::Utf8SafeCEscape(name),
                                                                  "\" occurs twice"));
    }
    return true;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::DataLossError("the header is not a JSON object");
  RETURN_IF_ERROR(twice);
  return json;
}

absl::StatusOr<std::vector<Entry>> ReadHeader(absl::string_view text) {
  ASSIGN_OR_RETURN(const Json json, ParseHeader(text));
  std::vector<Entry> entries;
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadata) continue;
    ASSIGN_OR_RETURN(entries.emplace_back(), ReadEntry(name, value));
  }
  std::ranges::sort(entries, {},
                    [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  return entries;
}

// Whether the entries cover `data_bytes` without gaps and overlaps.
absl::Status CheckCover(std::span<const Entry> entries, std::uint64_t data_bytes) {
  std::uint64_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered) {
      return TensorError(entry.spec.name,
                         absl::StrCat("starts at byte ", entry.begin, " of the data, not at ",
                                      covered, ", where the one before it ends"));
    }
    if (entry.end > data_bytes) {
      return TensorError(
          entry.spec.name,
          absl::StrCat("ends at byte ", entry.end, " of the data, but the file has ", data_bytes));
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    return absl::DataLossError(
        absl::StrCat("the tensors take ", covered, " bytes, but the file has ", data_bytes));
  }
  return absl::OkStatus();
}

// Fills `out` from `offset` in the file; never asked for more than the size of the file allows.
using ReadAt = absl::FunctionRef<absl::Status(std::uint64_t offset, std::span<std::byte> out)>;

absl::StatusOr<std::string> ReadHeaderText(ReadAt read, std::uint64_t file_bytes) {
  if (file_bytes < kLengthBytes) {
    return absl::DataLossError(absl::StrCat(file_bytes, " bytes are too few for a header"));
  }
  std::uint64_t length = 0;
  RETURN_IF_ERROR(read(0, std::as_writable_bytes(std::span(&length, 1))));
  if (length > file_bytes - kLengthBytes) {
    return absl::DataLossError(absl::StrCat("a header of ", length, " bytes does not fit into ",
                                            file_bytes, " bytes of file"));
  }
  if (length > kLargestHeader) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a header of ", length, " bytes; the limit is ", kLargestHeader));
  }
  std::string text(length, '\0');
  RETURN_IF_ERROR(read(kLengthBytes, std::as_writable_bytes(std::span(text.data(), text.size()))));
  return text;
}

absl::StatusOr<NamedParameters> Read(ReadAt read, std::uint64_t file_bytes,
                                     std::size_t max_parameters) {
  ASSIGN_OR_RETURN(const std::string header, ReadHeaderText(read, file_bytes));
  ASSIGN_OR_RETURN(std::vector<Entry> entries, ReadHeader(header));
  const std::uint64_t data_begin = kLengthBytes + header.size();
  const std::uint64_t data_bytes = file_bytes - data_begin;
  RETURN_IF_ERROR(CheckCover(entries, data_bytes));
  const std::uint64_t parameters = data_bytes / sizeof(float);
  if (parameters > max_parameters) {
    return absl::ResourceExhaustedError(
        absl::StrCat(parameters, " parameters; the limit is ", max_parameters));
  }
  NamedParameters model;
  model.parameters = FloatBuffer(parameters);
  RETURN_IF_ERROR(read(data_begin, std::as_writable_bytes(model.parameters.span())));
  for (Entry& entry : entries) model.specs.push_back(std::move(entry.spec));
  return model;
}

}  // namespace

absl::Status WriteSafetensors(const std::string& path, std::span<const TensorSpec> specs,
                              std::span<const float> parameters) {
  ASSIGN_OR_RETURN(const FileParts file, MakeFileParts(specs, parameters));
  return WriteFileAtomically(path, file.all());
}

absl::StatusOr<std::string> SafetensorsSha256(std::span<const TensorSpec> specs,
                                              std::span<const float> parameters) {
  ASSIGN_OR_RETURN(const FileParts file, MakeFileParts(specs, parameters));
  return Sha256Hex(file.all());
}

absl::StatusOr<NamedParameters> ReadSafetensors(const std::string& path,
                                                std::size_t max_parameters) {
  ASSIGN_OR_RETURN(const Fd file, OpenForRead(path));
  ASSIGN_OR_RETURN(const std::uint64_t file_bytes, FileSize(file, path));
  absl::StatusOr<NamedParameters> model =
      Read([&file](std::uint64_t offset,
                   std::span<std::byte> out) { return ReadExactly(file, offset, out, "the file"); },
           file_bytes, max_parameters);
  if (model.ok()) return model;
  return Annotate(path, model.status());
}

absl::StatusOr<NamedParameters> ParseSafetensors(std::span<const std::byte> bytes,
                                                 std::size_t max_parameters) {
  return Read(
      [bytes](std::uint64_t offset, std::span<std::byte> out) {
        std::ranges::copy(bytes.subspan(offset, out.size()), out.begin());
        return absl::OkStatus();
      },
      bytes.size(), max_parameters);
}

}  // namespace fedround::nn
