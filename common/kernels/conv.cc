// Each image is laid out as a matrix of patches [out pixels, in * kernel * kernel], in the order of
// the weights, and the products are those of a dense layer over it.
#include "common/kernels/conv.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/kernels/dense.h"

namespace fedround::kernels {
namespace {

std::size_t PatchSize(const ConvShape& s) { return s.in * s.kernel * s.kernel; }

// Of one image: its pixels are the "batch".
DenseShape ProductShape(const ConvShape& s) {
  return {s.out_height() * s.out_width(), PatchSize(s), s.out};
}

std::size_t ImageSize(const ConvShape& s) { return s.height * s.width * s.in; }
std::size_t OutputSize(const ConvShape& s) { return s.out_height() * s.out_width() * s.out; }

std::span<float> Patches(const ConvShape& s, std::span<float> scratch) {
  CHECK(scratch.size() >= ConvScratchFloats(s));
  return scratch.first(ConvScratchFloats(s));
}

// Calls inside(patch_index, image_index) for every patch row's pixel that lies in the image, and
// outside(patch_index) for the others; both are of the pixel's first channel. In a patch, channels
// are kernel * kernel apart.
template <typename Inside, typename Outside>
void ForEachPixel(const ConvShape& s, Inside inside, Outside outside) {
  std::size_t patch = 0;
  for (std::size_t oy = 0; oy < s.out_height(); ++oy) {
    for (std::size_t ox = 0; ox < s.out_width(); ++ox, patch += PatchSize(s)) {
      for (std::size_t k = 0; k < s.kernel * s.kernel; ++k) {
        // Left of and above the image these wrap around and are larger than any image.
        const std::size_t y = oy * s.stride + k / s.kernel - s.padding;
        const std::size_t x = ox * s.stride + k % s.kernel - s.padding;
        if (y < s.height && x < s.width) {
          inside(patch + k, (y * s.width + x) * s.in);
        } else {
          outside(patch + k);
        }
      }
    }
  }
}

void GatherPatches(const ConvShape& s, std::span<const float> image, std::span<float> patches) {
  const std::size_t step = s.kernel * s.kernel;
  ForEachPixel(
      s,
      [&](std::size_t to, std::size_t from) {
        for (std::size_t c = 0; c < s.in; ++c) patches[to + c * step] = image[from + c];
      },
      [&](std::size_t to) {
        for (std::size_t c = 0; c < s.in; ++c) patches[to + c * step] = 0.0f;
      });
}

void ScatterPatches(const ConvShape& s, std::span<const float> patches, std::span<float> image) {
  const std::size_t step = s.kernel * s.kernel;
  std::fill(image.begin(), image.end(), 0.0f);
  ForEachPixel(
      s,
      [&](std::size_t from, std::size_t to) {
        for (std::size_t c = 0; c < s.in; ++c) image[to + c] += patches[from + c * step];
      },
      [](std::size_t) {});
}

}  // namespace

std::size_t ConvScratchFloats(const ConvShape& shape) {
  return shape.out_height() * shape.out_width() * PatchSize(shape);
}

void ConvForward(const ConvShape& shape, std::span<const float> x, std::span<const float> w,
                 std::span<const float> b, std::span<float> z, std::span<float> scratch) {
  const std::span<float> patches = Patches(shape, scratch);
  for (std::size_t n = 0; n < shape.batch; ++n) {
    GatherPatches(shape, x.subspan(n * ImageSize(shape), ImageSize(shape)), patches);
    DenseForward(ProductShape(shape), patches, w, b,
                 z.subspan(n * OutputSize(shape), OutputSize(shape)));
  }
}

void ConvBackwardInput(const ConvShape& shape, std::span<const float> dz, std::span<const float> w,
                       std::span<float> dx, std::span<float> scratch) {
  const std::span<float> patches = Patches(shape, scratch);
  for (std::size_t n = 0; n < shape.batch; ++n) {
    DenseBackwardInput(ProductShape(shape), dz.subspan(n * OutputSize(shape), OutputSize(shape)), w,
                       patches);
    ScatterPatches(shape, patches, dx.subspan(n * ImageSize(shape), ImageSize(shape)));
  }
}

void ConvAddGradient(const ConvShape& shape, float scale, std::span<const float> x,
                     std::span<const float> dz, std::span<float> w, std::span<float> b,
                     std::span<float> scratch) {
  const std::span<float> patches = Patches(shape, scratch);
  for (std::size_t n = 0; n < shape.batch; ++n) {
    GatherPatches(shape, x.subspan(n * ImageSize(shape), ImageSize(shape)), patches);
    DenseAddGradient(ProductShape(shape), scale, patches,
                     dz.subspan(n * OutputSize(shape), OutputSize(shape)), w, b);
  }
}

}  // namespace fedround::kernels
