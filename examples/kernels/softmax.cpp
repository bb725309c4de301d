// A softmax of one's own in C++, for f32 and f64, to measure with lossproof:
//
//     c++ -O2 -shared -fPIC -I harness/adapters/c -o softmax.so examples/kernels/softmax.cpp
//     lossproof check lib:./softmax.so --op softmax
#include "lossproof.h"
#include <cmath>
#include <limits>

// One row: shifted by its maximum, so that no exponential overflows.
template <typename Element>
static void softmax_of_row(const Element *logits, Element *probabilities, int64_t n) {
    Element maximum = -std::numeric_limits<Element>::infinity(), total = 0;
    for (int64_t i = 0; i < n; i++) maximum = logits[i] > maximum ? logits[i] : maximum;
    for (int64_t i = 0; i < n; i++) total += probabilities[i] = std::exp(logits[i] - maximum);
    for (int64_t i = 0; i < n; i++) probabilities[i] /= total;
}

// Every row of the batch. 0: done; anything else refuses the call.
template <typename Element>
static int32_t softmax(const lossproof_tensor *inputs, size_t input_count, const lossproof_tensor *output) {
    if (input_count != 1) return 1;
    for (int64_t row = 0; row < output->shape[0]; row++)
        softmax_of_row(LOSSPROOF_ROW(const Element, inputs[0], row), LOSSPROOF_ROW(Element, *output, row),
                       output->shape[1]);
    return 0;
}

// The functions that lossproof finds by their names.
LOSSPROOF_KERNEL(softmax, f32) { return softmax<float>(inputs, input_count, output); }
LOSSPROOF_KERNEL(softmax, f64) { return softmax<double>(inputs, input_count, output); }

const char *lossproof_name(void) { return "softmax.cpp"; }
const char *lossproof_version(void) { return "1"; }
