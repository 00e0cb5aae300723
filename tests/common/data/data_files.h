// Tiny files in the formats of data sets, and a separate cache for each test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/paths.h"

namespace fedround::data {

inline std::span<const std::byte> BytesOf(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

template <typename T>
std::string RawBytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::string Little(T value) {
  return RawBytes(std::vector<T>{value});
}

// An IDX file of unsigned bytes.
inline std::string IdxFile(const std::vector<std::uint32_t>& shape, const std::string& values) {
  std::string file = {'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const std::uint32_t extent : shape) file += Little(__builtin_bswap32(extent));
  return file + values;
}

// A version 1.0 .npy file with this dictionary.
inline std::string NpyFileWithHeader(const std::string& header, const std::string& values) {
  return absl::StrCat("\x93NUMPY", std::string("\x01\x00", 2),
                      Little(static_cast<std::uint16_t>(header.size())), header, values);
}

inline std::string NpyFile(const std::string& descr, const std::vector<std::uint64_t>& shape,
                           const std::string& values) {
  return NpyFileWithHeader(
      absl::StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
                   absl::StrJoin(shape, ", "), ",), }\n"),
      values);
}

inline std::uint32_t Crc(const std::string& contents) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(contents.data()), contents.size()));
}

// A zip archive with these members, stored.
inline std::string ZipFile(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string files;
  std::string directory;
  for (const auto& [name, contents] : members) {
    const std::string sizes =
        absl::StrCat(Little(Crc(contents)), Little(static_cast<std::uint32_t>(contents.size())),
                     Little(static_cast<std::uint32_t>(contents.size())));
    const std::string name_bytes = Little(static_cast<std::uint16_t>(name.size()));
    absl::StrAppend(&directory, Little(std::uint32_t{0x02014b50}), std::string(12, '\0'), sizes,
                    name_bytes, std::string(12, '\0'),
                    Little(static_cast<std::uint32_t>(files.size())), name);
    absl::StrAppend(&files, Little(std::uint32_t{0x04034b50}), std::string(10, '\0'), sizes,
                    name_bytes, std::string(2, '\0'), name, contents);
  }
  const std::string count = Little(static_cast<std::uint16_t>(members.size()));
  return absl::StrCat(files, directory, Little(std::uint32_t{0x06054b50}), std::string(4, '\0'),
                      count, count, Little(static_cast<std::uint32_t>(directory.size())),
                      Little(static_cast<std::uint32_t>(files.size())), std::string(2, '\0'));
}

inline std::string GzipFile(const std::string& contents) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string file(deflateBound(&stream, contents.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(contents.data()));
  stream.avail_in = static_cast<uInt>(contents.size());
  stream.next_out = reinterpret_cast<Bytef*>(file.data());
  stream.avail_out = static_cast<uInt>(file.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  file.resize(stream.total_out);
  deflateEnd(&stream);
  return file;
}

inline std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteAll(const std::string& path, const std::string& contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

inline std::string GoldenPath(const std::string& name) {
  return absl::StrCat(FEDROUND_SOURCE_DIR, "/tests/golden/", name);
}

// A folder that goes with the test.
class TempFolder {
 public:
  TempFolder() : path_(::testing::TempDir() + "fedround-data-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Sets an environment variable for as long as it lives.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = getenv(name); before != nullptr) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() {
    if (before_.has_value()) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

// A test that opens data sets, with a cache of its own and a folder to put files in.
class DatasetTest : public ::testing::Test {
 protected:
  DatasetTest() { setenv("XDG_CACHE_HOME", cache_.path().c_str(), 1); }

  // The decoded data sets in the cache.
  std::vector<std::string> CacheFiles() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(cache_.File("fedround"))) {
      if (entry.path().extension() == ".data") files.push_back(entry.path().string());
    }
    return files;
  }

  TempFolder cache_;
  TempFolder folder_;
};

}  // namespace fedround::data
