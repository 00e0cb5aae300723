#include "coordinator/intake/payload_decoder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace fedround::coordinator {
namespace {

template <typename... Parts>
absl::Status Invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

std::string NamesOf(std::span<const SectionFormat> formats) {
  return absl::StrJoin(formats, ", ", [](std::string* out, const SectionFormat& format) {
    absl::StrAppend(out, "\"", format.name, "\"");
  });
}

absl::Status CheckSection(const Section& section, const SectionFormat& format) {
  const codec::Codec& codec = *format.codec;
  if (section.codec != codec.name()) {
    return Invalid("section \"", section.name, "\" has codec \"", section.codec,
                   "\"; in this run it has \"", codec.name(), "\"");
  }
  if (section.elements != codec.elements()) {
    return Invalid("section \"", section.name, "\" has ", section.elements,
                   " elements; in this run it has ", codec.elements());
  }
  if (section.bytes < codec.facts().min_bytes || section.bytes > codec.facts().max_bytes) {
    return Invalid("section \"", section.name, "\" has ", section.bytes, " bytes; ",
                   codec.elements(), " elements in ", codec.name(), " take ",
                   codec.facts().min_bytes == codec.facts().max_bytes
                       ? absl::StrCat(codec.facts().max_bytes)
                       : absl::StrCat(codec.facts().min_bytes, " to ", codec.facts().max_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

std::size_t DecodedSize(std::span<const SectionFormat> formats) {
  std::size_t sum = 0;
  for (const SectionFormat& format : formats) sum += format.codec->elements();
  return sum;
}

std::uint64_t DecodingBytes(std::span<const SectionFormat> formats) {
  std::uint64_t sum = 0;
  for (const SectionFormat& format : formats) {
    sum += format.codec->elements() * sizeof(float) + format.codec->facts().decoder_bytes;
  }
  return sum;
}

absl::Status CheckSections(std::span<const Section> sections,
                           std::span<const SectionFormat> formats) {
  const auto invalid = [formats](absl::string_view name, absl::string_view what) {
    return Invalid("section \"", name, "\" ", what,
                   "; an update of this run has: ", NamesOf(formats));
  };
  for (std::size_t i = 0; i < std::max(sections.size(), formats.size()); ++i) {
    if (i >= sections.size()) return invalid(formats[i].name, "is missing");
    const std::string& name = sections[i].name;
    if (i < formats.size() && name == formats[i].name) {
      RETURN_IF_ERROR(CheckSection(sections[i], formats[i]));
      continue;
    }
    const std::span<const Section> earlier = sections.first(i);
    if (std::ranges::find(earlier, name, &Section::name) != earlier.end()) {
      return invalid(name, "is there twice");
    }
    const bool known = std::ranges::find(formats, name, &SectionFormat::name) != formats.end();
    return invalid(name, known ? "is out of order" : "is unknown");
  }
  return absl::OkStatus();
}

PayloadDecoder::PayloadDecoder(std::span<const SectionFormat> formats,
                               std::span<const Section> sections, std::span<float> values,
                               const fold::Grid& grid)
    : grid_(grid) {
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const std::span<float> own = values.first(formats[i].codec->elements());
    values = values.subspan(own.size());
    parts_.push_back({&formats[i], sections[i].bytes, own, formats[i].codec->MakeDecoder(own)});
  }
}

absl::Status PayloadDecoder::Append(std::span<const std::byte> bytes) {
  while (error_.ok() && !bytes.empty()) error_ = AppendSome(bytes);
  return error_;
}

absl::Status PayloadDecoder::Finish() {
  while (error_.ok() && current_ < parts_.size()) error_ = FinishCurrent();
  return error_;
}

absl::Status PayloadDecoder::AppendSome(std::span<const std::byte>& bytes) {
  if (current_ < parts_.size() && parts_[current_].bytes_left == 0) return FinishCurrent();
  if (current_ == parts_.size()) return Invalid("more bytes than its sections have");
  Part& part = parts_[current_];
  const auto piece = bytes.first(std::min<std::uint64_t>(bytes.size(), part.bytes_left));
  bytes = bytes.subspan(piece.size());
  part.bytes_left -= piece.size();
  RETURN_IF_ERROR(Of(part, part.decoder->Append(piece)));
  return Check(part);
}

absl::Status PayloadDecoder::FinishCurrent() {
  Part& part = parts_[current_++];
  RETURN_IF_ERROR(Of(part, part.decoder->Finish()));
  return Check(part);
}

absl::Status PayloadDecoder::Check(Part& part) const {
  const std::size_t ready = part.decoder->ready();
  const std::size_t first = part.checked;
  part.checked = ready;
  return Of(part, fold::CheckOnGrid(part.values.subspan(first, ready - first), grid_, first));
}

absl::Status PayloadDecoder::Of(const Part& part, const absl::Status& error) const {
  if (error.ok() || parts_.size() == 1) return error;
  return Annotate(absl::StrCat("section \"", part.format->name, "\""), error);
}

}  // namespace fedround::coordinator
