#include "common/config/schema/documentation.h"

#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/check.h"

namespace fedround::config {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptorProto;

constexpr unsigned char kDescriptorSet[] = {
#include "fedround/v1/experiment_descriptor.inc"
};

// Comments by the path of what they belong to: {4, message} or {4, message, 2, field}.
using CommentsByLocation = std::map<std::vector<int>, std::string>;

std::string WithoutMargin(absl::string_view comment) {
  std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripTrailingAsciiWhitespace(comment), '\n');
  for (absl::string_view& line : lines) absl::ConsumePrefix(&line, " ");
  return absl::StrJoin(lines, "\n");
}

CommentsByLocation ReadComments(const FileDescriptorProto& file) {
  CommentsByLocation comments;
  for (const auto& location : file.source_code_info().location()) {
    if (location.leading_comments().empty()) continue;
    comments[{location.path().begin(), location.path().end()}] =
        WithoutMargin(location.leading_comments());
  }
  return comments;
}

int MessageIndex(const FileDescriptorProto& file, const std::string& type_name) {
  for (int i = 0; i < file.message_type_size(); ++i) {
    if (absl::StrCat(".", file.package(), ".", file.message_type(i).name()) == type_name) return i;
  }
  CHECK(false);
  return -1;
}

}  // namespace

Documentation::Documentation() {
  google::protobuf::FileDescriptorSet set;
  CHECK(set.ParseFromArray(kDescriptorSet, sizeof(kDescriptorSet)) && set.file_size() == 1);
  const FileDescriptorProto& file = set.file(0);
  const CommentsByLocation comments = ReadComments(file);
  const auto add = [&](const std::string& path, const std::vector<int>& location) {
    if (const auto found = comments.find(location); found != comments.end()) {
      comments_.emplace(path, found->second);
    }
  };
  static constexpr int kMessages = FileDescriptorProto::kMessageTypeFieldNumber;
  static constexpr int kFields = DescriptorProto::kFieldFieldNumber;
  const std::string root = absl::StrCat(".", file.package(), ".Experiment");
  for (const auto& section : file.message_type(MessageIndex(file, root)).field()) {
    const int message = MessageIndex(file, section.type_name());
    add(section.name(), {kMessages, message});
    for (int i = 0; i < file.message_type(message).field_size(); ++i) {
      add(absl::StrCat(section.name(), ".", file.message_type(message).field(i).name()),
          {kMessages, message, kFields, i});
    }
  }
}

absl::string_view Documentation::Of(const std::string& path) const {
  const auto found = comments_.find(path);
  return found == comments_.end() ? absl::string_view() : absl::string_view(found->second);
}

}  // namespace fedround::config
