/* A softmax of one's own in C, for f32 and f64, to measure with lossproof:
 *
 *     cc -O2 -shared -fPIC -I harness/adapters/c -o softmax.so examples/kernels/softmax.c -lm
 *     lossproof check lib:./softmax.so --op softmax
 */
#include "lossproof.h"
#include <math.h>

/* Every row of the batch, each shifted by its maximum so that no exponential overflows. 0: done; else: refused. */
#define SOFTMAX(dtype, element, exponential)                                                                           \
    LOSSPROOF_KERNEL(softmax, dtype) {                                                                                 \
        if (input_count != 1) return 1;                                                                                \
        for (int64_t row = 0; row < output->shape[0]; row++) {                                                         \
            const element *logits = LOSSPROOF_ROW(const element, inputs[0], row);                                      \
            element *probabilities = LOSSPROOF_ROW(element, *output, row);                                             \
            int64_t n = output->shape[1];                                                                              \
            element maximum = -INFINITY, total = 0;                                                                    \
            for (int64_t i = 0; i < n; i++) maximum = logits[i] > maximum ? logits[i] : maximum;                       \
            for (int64_t i = 0; i < n; i++) total += probabilities[i] = exponential(logits[i] - maximum);              \
            for (int64_t i = 0; i < n; i++) probabilities[i] /= total;                                                 \
        }                                                                                                              \
        return 0;                                                                                                      \
    }

/* The functions that lossproof finds by their names, lossproof_softmax_f32 and lossproof_softmax_f64. */
SOFTMAX(f32, float, expf)
SOFTMAX(f64, double, exp)

const char *lossproof_name(void) { return "softmax.c"; }
const char *lossproof_version(void) { return "1"; }
