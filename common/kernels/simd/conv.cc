// The products of `conv.h` in tiles (tiles.h), at this file's level.
//
// The usual way (im2col) writes each pixel once per place of the kernel that covers it, 25 times
// for a 5 x 5 kernel, and multiplies the result. Here nothing is unrolled. Channels come last, so
// the pixels under one row of the kernel are one contiguous run of numbers, and the run for the
// next output pixel starts `stride` pixels further on:
//
//   for each row ky of the kernel, for each row y of the output:
//     z[y] [width, out] += (row y * stride + ky of the image, read as overlapping runs of
//                           kernel * in floats) * w[ky] [kernel * in, out]
//
// That is an outer product of tiles.h, whose first factor may overlap itself. It needs two things
// in `scratch`: one image at a time with zeros around it (so that no edge is special), and the
// weights repacked as [ky, kx, in, out], once per call. The input gradient is the same convolution
// over the output gradient, spread out and padded; the weight gradient sums over all rows of the
// image.
#include "common/kernels/simd/kernels.h"
#include "common/kernels/simd/products.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

// An image with room around it.
struct Frame {
  std::size_t height;
  std::size_t width;
  std::size_t channels;
  FEDROUND_MEMBER std::size_t row() const { return width * channels; }
  FEDROUND_MEMBER std::size_t size() const { return height * row(); }
};

FEDROUND_INLINE Frame PaddedInput(const ConvShape& s) {
  return {s.height + 2 * s.padding, s.width + 2 * s.padding, s.in};
}

// The gradient of the inputs is a convolution over this: dz with its pixels `stride` apart and
// kernel - 1 - padding pixels of zeros around it.
FEDROUND_INLINE Frame SpreadGradient(const ConvShape& s) {
  return {s.height + s.kernel - 1, s.width + s.kernel - 1, s.out};
}

FEDROUND_INLINE std::size_t OutHeight(const ConvShape& s) {
  return (s.height + 2 * s.padding - s.kernel) / s.stride + 1;
}
FEDROUND_INLINE std::size_t OutWidth(const ConvShape& s) {
  return (s.width + 2 * s.padding - s.kernel) / s.stride + 1;
}

std::size_t ScratchFloats(const ConvShape& s) {
  const std::size_t padded = PaddedInput(s).size();
  const std::size_t spread = SpreadGradient(s).size();
  return (padded > spread ? padded : spread) + s.kernel * s.kernel * s.in * s.out;
}

// Puts the image [height, width, channels of the frame] into the frame: its pixel (y, x) goes to
// (y * stride + offset, x * stride + offset), unless that lies outside (the offset may be negative,
// wrapped around). Everything else is zero.
void Place(const float* image, std::size_t height, std::size_t width, std::size_t stride,
           std::size_t offset, const Frame& frame, float* to) {
  __builtin_memset(to, 0, frame.size() * sizeof(float));
  for (std::size_t y = 0; y < height; ++y) {
    const std::size_t row = y * stride + offset;
    if (row >= frame.height) continue;
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t column = x * stride + offset;
      if (column >= frame.width) continue;
      __builtin_memcpy(to + row * frame.row() + column * frame.channels,
                       image + (y * width + x) * frame.channels, frame.channels * sizeof(float));
    }
  }
}

// Calls each(index in PyTorch's order, index in [ky, kx, in, out]) for every weight.
template <typename Each>
FEDROUND_INLINE void ForEachWeight(const ConvShape& s, Each each) {
  std::size_t weight = 0;
  for (std::size_t o = 0; o < s.out; ++o) {
    for (std::size_t c = 0; c < s.in; ++c) {
      for (std::size_t k = 0; k < s.kernel * s.kernel; ++k) {
        each(weight++, (k * s.in + c) * s.out + o);
      }
    }
  }
}

void Forward(const ConvShape& s, const float* x, const float* w, const float* b, float* z,
             float* scratch) {
  const Frame frame = PaddedInput(s);
  float* const packed = scratch + frame.size();
  ForEachWeight(s, [&](std::size_t from, std::size_t to) { packed[to] = w[from]; });
  const std::size_t height = OutHeight(s);
  const std::size_t width = OutWidth(s);
  for (std::size_t n = 0; n < s.batch; ++n) {
    Place(x + n * s.height * s.width * s.in, s.height, s.width, 1, s.padding, frame, scratch);
    float* const image = z + n * height * width * s.out;
    for (std::size_t i = 0; i < height * width; ++i) {
      __builtin_memcpy(image + i * s.out, b, s.out * sizeof(float));
    }
    for (std::size_t o = 0; o < s.out; o += kColumns) {
      const ColumnList list(o, Min(s.out - o, kColumns));
      for (std::size_t ky = 0; ky < s.kernel; ++ky) {
        for (std::size_t y = 0; y < height; ++y) {
          OuterProduct<Result::kAddScaled>(width, list.columns,
                                           {.start = scratch + (y * s.stride + ky) * frame.row(),
                                            .row = s.stride * s.in,
                                            .step = 1,
                                            .length = s.kernel * s.in},
                                           /*scale=*/1, packed + ky * s.kernel * s.in * s.out,
                                           s.out, image + y * width * s.out, s.out);
        }
      }
    }
  }
}

// A convolution over the spread gradient, with each kernel rotated by 180 degrees and the roles of
// input and output channels exchanged.
void BackwardInput(const ConvShape& s, const float* dz, const float* w, float* dx, float* scratch) {
  const Frame frame = SpreadGradient(s);
  float* const packed = scratch + frame.size();
  const std::size_t last = s.kernel * s.kernel - 1;
  ForEachWeight(s, [&](std::size_t from, std::size_t to) {
    const std::size_t k = to / (s.in * s.out);
    const std::size_t c = to / s.out % s.in;
    const std::size_t o = to % s.out;
    packed[((last - k) * s.out + o) * s.in + c] = w[from];
  });
  const std::size_t height = OutHeight(s);
  const std::size_t width = OutWidth(s);
  for (std::size_t n = 0; n < s.batch; ++n) {
    Place(dz + n * height * width * s.out, height, width, s.stride, s.kernel - 1 - s.padding, frame,
          scratch);
    float* const image = dx + n * s.height * s.width * s.in;
    for (std::size_t c = 0; c < s.in; c += kColumns) {
      const ColumnList list(c, Min(s.in - c, kColumns));
      for (std::size_t ky = 0; ky < s.kernel; ++ky) {
        const auto product =
            ky == 0 ? &OuterProduct<Result::kStore> : &OuterProduct<Result::kAddScaled>;
        for (std::size_t y = 0; y < s.height; ++y) {
          product(s.width, list.columns,
                  {.start = scratch + (y + ky) * frame.row(),
                   .row = s.out,
                   .step = 1,
                   .length = s.kernel * s.out},
                  /*scale=*/1, packed + ky * s.kernel * s.out * s.in, s.in,
                  image + y * s.width * s.in, s.in);
        }
      }
    }
  }
}

void AddGradient(const ConvShape& s, float scale, const float* x, const float* dz, float* w,
                 float* b, float* scratch) {
  const Frame frame = PaddedInput(s);
  float* const packed = scratch + frame.size();
  __builtin_memset(packed, 0, s.kernel * s.kernel * s.in * s.out * sizeof(float));
  const std::size_t height = OutHeight(s);
  const std::size_t width = OutWidth(s);
  for (std::size_t n = 0; n < s.batch; ++n) {
    Place(x + n * s.height * s.width * s.in, s.height, s.width, 1, s.padding, frame, scratch);
    const float* const gradient = dz + n * height * width * s.out;
    for (std::size_t o = 0; o < s.out; o += kColumns) {
      const ColumnList list(o, Min(s.out - o, kColumns));
      for (std::size_t ky = 0; ky < s.kernel; ++ky) {
        OuterProduct<Result::kAddScaled>(s.kernel * s.in, list.columns,
                                         {.start = scratch + ky * frame.row(),
                                          .row = 1,
                                          .step = s.stride * s.in,
                                          .length = width,
                                          .segments = height,
                                          .segment = s.stride * frame.row()},
                                         /*scale=*/1, gradient, s.out,
                                         packed + ky * s.kernel * s.in * s.out, s.out);
      }
    }
  }
  ForEachWeight(s, [&](std::size_t to, std::size_t from) { w[to] += scale * packed[from]; });
  for (std::size_t i = 0; i < s.batch * height * width; ++i) {
    for (std::size_t o = 0; o < s.out; ++o) b[o] += scale * dz[i * s.out + o];
  }
}

}  // namespace

const ConvKernels kConv = {&ScratchFloats, &Forward, &BackwardInput, &AddGradient};

}  // namespace fedround::kernels::FEDROUND_SIMD
