// Every formula of table.inc.
#pragma once

#include "common/kernels/activations/elu.h"
#include "common/kernels/activations/gelu.h"
#include "common/kernels/activations/gelu_tanh.h"
#include "common/kernels/activations/hard_swish.h"
#include "common/kernels/activations/hard_tanh.h"
#include "common/kernels/activations/identity.h"
#include "common/kernels/activations/leaky_relu.h"
#include "common/kernels/activations/mish.h"
#include "common/kernels/activations/relu.h"
#include "common/kernels/activations/relu6.h"
#include "common/kernels/activations/selu.h"
#include "common/kernels/activations/sigmoid.h"
#include "common/kernels/activations/silu.h"
#include "common/kernels/activations/softplus.h"
#include "common/kernels/activations/tanh.h"
