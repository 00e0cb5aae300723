#include "experiments/cli/screen/standard_output.h"

#include <iostream>

#include "absl/strings/string_view.h"

namespace fedround::cli {

StandardOutput::StandardOutput() : before_(std::cout.rdbuf(this)) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

StandardOutput::~StandardOutput() {
  std::cout.flush();
  std::cout.rdbuf(before_);
}

StandardOutput::int_type StandardOutput::overflow(int_type next) {
  if (sync() != 0) return traits_type::eof();
  if (traits_type::eq_int_type(next, traits_type::eof())) return traits_type::not_eof(next);
  return sputc(traits_type::to_char_type(next));
}

int StandardOutput::sync() {
  output_.Write(absl::string_view(pbase(), static_cast<std::size_t>(pptr() - pbase())));
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return output_.status().ok() ? 0 : -1;
}

}  // namespace fedround::cli
