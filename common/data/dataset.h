// Labelled examples, and how they are dealt to clients.
//
// A data set is decoded once into a cache file (cache.h). After that, every process reads only the
// rows it needs, by pread: mapping the file would pull in 46 MiB for 600 rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/data/image_layout.h"
#include "common/round/feature_shape.h"

namespace fedround::data {

enum class Split { kTrain, kTest };

// Examples in memory, in the type in which they are stored (images as bytes: a quarter of the size
// of float32).
class Examples {
 public:
  Examples();
  Examples(Examples&&) noexcept;
  Examples& operator=(Examples&&) noexcept;
  ~Examples();

  std::size_t size() const;

  // Writes the examples at `positions` (each < size()) to `inputs` [positions.size(), inputs] and
  // their labels to `labels` [positions.size()].
  void Gather(std::span<const std::uint32_t> positions, std::span<float> inputs,
              std::span<std::uint32_t> labels) const;

 private:
  friend class Dataset;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// An opened data set. Thread-safe: const after Open and, where it is called, AddLabelNoise.
class Dataset {
 public:
  // Decodes into the cache unless that has been done, then opens the cache. `scale` multiplies
  // every input after decoding. `seed` matters for generated sets only, `layout` for files of
  // images with an axis of channels. `known_hash`: the hash of the contents that another process
  // has just found in the files, which are then not read again; the caller compares. Errors:
  // - INVALID_ARGUMENT: an unknown name or bad option, images whose layout cannot be guessed
  // - NOT_FOUND: a missing file; says what to install or pass
  // - DATA_LOSS: a truncated or corrupt file, with path and byte offset
  // - ABORTED: a file that changed while it was read
  static absl::StatusOr<Dataset> Open(const PlugIn& name, double scale, std::uint64_t seed,
                                      ImageLayout layout = ImageLayout::kAuto,
                                      const std::string& known_hash = "");

  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;
  ~Dataset();

  // Replaces the label of each training example, with chance `share` (in [0, 1]), by another class,
  // all equally likely. A function of (seed, row) alone: whoever opens the same data set sees the
  // same labels, and a row that is replaced at one share is replaced by the same class at every
  // larger one. Call it before examples are dealt. hash() stays that of the clean contents.
  // Source: "symmetric noise", Patrini et al. 2017, arXiv:1609.03683.
  void AddLabelNoise(double share, std::uint64_t seed);

  const FeatureShape& shape() const;          // of an example; images are channels last
  std::optional<ImageLayout> layout() const;  // of the file; nothing if it has no axis of channels
  std::size_t inputs() const;                 // features of an example, flattened
  std::size_t classes() const;                // labels are 0 .. classes-1
  std::size_t size(Split split) const;
  // SHA-256 of the decoded contents: the same data gives the same hash on every machine.
  const std::string& hash() const;
  // The files that it was decoded from; empty if it was generated.
  const std::vector<std::string>& sources() const;
  // Why it is not in the user's cache, in one line for people; empty: it is.
  const std::string& warning() const;
  std::span<const std::uint32_t> labels(Split split) const;
  // The natural client to which each training example belongs (npz `client_id`), numbered without
  // gaps; empty if there are none.
  std::span<const std::uint32_t> natural_clients() const;
  // The names of the natural clients, packed (client_names.h); empty if they only have numbers.
  absl::string_view client_names() const;

  // Reads these rows (each < size(split)), in this order. If the cache is damaged, the data is
  // decoded again. Errors: those of Open; FAILED_PRECONDITION if the files have changed since.
  absl::StatusOr<Examples> Read(Split split, std::span<const std::uint32_t> rows) const;

 private:
  struct Impl;
  explicit Dataset(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// `name` with its file or folder, the option "path", made absolute.
PlugIn WithAbsolutePath(PlugIn name);

// Which training rows belong to whom. Rows of a client are in the order in which they were dealt.
struct Deal {
  std::vector<std::uint32_t> rows;  // of all clients, one after the other
  // [clients + 1]: client k has rows[offsets[k]], ..., rows[offsets[k+1] - 1].
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> validation;

  std::span<const std::uint32_t> shard(std::uint64_t client) const {
    return std::span(rows).subspan(offsets[client], offsets[client + 1] - offsets[client]);
  }
};

// The partition that deals every natural client its own examples.
inline constexpr absl::string_view kNaturalPartition = "natural";

// How many natural clients there are: the largest number + 1. INVALID_ARGUMENT if there are none.
absl::StatusOr<std::uint32_t> CountNaturalClients(std::span<const std::uint32_t> natural_clients);

struct DealSpec {
  PlugIn partition;
  std::uint32_t clients = 0;
  std::uint32_t examples_per_client = 0;  // 0: deal all
  double validation = 0;                  // share held back before dealing
  std::uint64_t seed = 0;
};

// Deals the training rows. A pure function of its arguments and of the labels.
// Errors: INVALID_ARGUMENT for an unknown partition or bad option, if there are too few examples,
// or if a shard would be empty; says which client, and what to change.
absl::StatusOr<Deal> DealExamples(const Dataset& dataset, const DealSpec& spec);

// The tables, for `fedround list` and for validation.
std::span<const PlugInInfo> Datasets();
std::span<const PlugInInfo> Partitions();

}  // namespace fedround::data
