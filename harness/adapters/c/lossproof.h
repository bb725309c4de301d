/*
 * lossproof.h - how a shared library offers loss kernels to lossproof. C99 and later, C++98 and later.
 *
 * A library exports one function for each op and dtype that it has. The function's name says which, and that is the
 * whole registration: lossproof reads the exported names.
 *
 *     #include "lossproof.h"
 *
 *     LOSSPROOF_KERNEL(sigmoid, f32) {
 *         if (input_count != 1) return 1;
 *         for (int64_t row = 0; row < output->shape[0]; row++) {
 *             const float *logits = LOSSPROOF_ROW(const float, inputs[0], row);
 *             float *probabilities = LOSSPROOF_ROW(float, *output, row);
 *             for (int64_t i = 0; i < output->shape[1]; i++) probabilities[i] = 1 / (1 + expf(-logits[i]));
 *         }
 *         return 0;
 *     }
 *
 *     cc -O2 -shared -fPIC -I harness/adapters/c -o sigmoid.so sigmoid.c -lm
 *     lossproof check lib:./sigmoid.so --op sigmoid
 *
 * Ops. `lossproof list ops` names every op and its inputs. `inputs` has these inputs in that order, and after them the
 * attributes of the op's spec (an epsilon, say), each a number for every row. A gradient is an op of its own,
 * `<op>_grad_<input>`. Ops of a spec file of your own (`--spec my_loss.toml`) are found by their names like any other.
 *
 * Dtypes, and what `data` points to:
 *     f16   uint16_t, the encoding of an IEEE 754 binary16
 *     bf16  uint16_t, the encoding of a bfloat16: the upper half of a binary32
 *     f32   float, IEEE 754 binary32
 *     f64   double, IEEE 754 binary64
 * All tensors of a call have this dtype, but for class indices, which are int64_t, counted from 0. An index may lie
 * outside the classes, for that is tested too.
 *
 * Shapes. A call has a batch of rows, at least one, and `shape[0]` is their number in every tensor, inputs and output:
 *     a row of n numbers, in a spec "n"      rank 2  [rows, n]
 *     one number, in a spec "1"              rank 1  [rows]
 *     an attribute                           rank 1  [rows]
 *     a matrix, in a spec "m, n"             rank 3  [rows, m, n]
 *     a class index, in a spec "index"       rank 1  [rows] of int64_t
 *     class indices, in a spec "index k"     rank 2  [rows, k] of int64_t
 * Rows have nothing to do with each other: each is computed as if it were alone. A length may be 0; `data` is then not
 * null, but nothing may be read or written there.
 *
 * Strides are counted in elements, not in bytes. The last axis of a tensor of rank 2 or 3 has stride 1. Let a kernel
 * use `strides[0]` to go from row to row, as LOSSPROOF_ROW does, and not assume that rows follow each other directly.
 *
 * Alignment. Each tensor's data is aligned for its element and for nothing more: a float may lie at any multiple of 4
 * bytes. Vector code must use unaligned loads and stores, or find an aligned place by itself.
 *
 * Ownership. All memory belongs to the caller, the structs and their data, and is valid during the call only. Keep no
 * pointer and free nothing. Inputs and output do not overlap. The output holds arbitrary bytes when the call begins,
 * and the kernel writes every element of it. It writes to no input and nowhere beside the output: lossproof looks, and
 * a call that did so is judged `trespassed`.
 *
 * Threads. All calls of a process come one after the other and from one thread, the one that loaded the library. A
 * kernel may use threads of its own, which must be done with the caller's memory when it returns. lossproof may run
 * several processes with the library at the same time.
 *
 * Floating-point environment. At the call it is C's default: rounding to nearest, subnormals kept, no traps. A kernel
 * may change it while it runs and must leave it as it found it; only the sticky exception flags may differ. So must the
 * loading of the library: GCC links code into it with -ffast-math that flushes subnormals to zero in the whole process.
 *
 * The result of the function is 0 when the output is written. Anything else refuses the call: the output is then not
 * looked at, and lossproof_last_error, where there is one, is asked for the reason. For some inputs refusing is right,
 * an index outside the classes for example; the op's clauses say so (`lossproof list profiles --op OP`). A refusal
 * refuses the whole batch, and lossproof then asks about each of its rows alone. C++ exceptions must not leave the
 * function.
 *
 * Output. A kernel may print: both stdout and stderr go to lossproof's log of the library, standard input is empty.
 *
 * Optional functions. Each returns a string that ends in 0, is UTF-8, belongs to the library and stays valid until the
 * next call of any function of it:
 *     lossproof_name         what reports call it; the file's name when absent
 *     lossproof_version      its version
 *     lossproof_profile      whose conventions it follows on special values: exact (the default), tensorflow, torch,
 *                            jax, keras or onnx (`lossproof list profiles` says what they are)
 *     lossproof_last_error   why the last call was refused; asked for right after it
 *
 *     LOSSPROOF_EXPORT const char *lossproof_name(void) { return "my kernels"; }
 */
#ifndef LOSSPROOF_H
#define LOSSPROOF_H

#include <stddef.h>
#include <stdint.h>

/* An input or the output of a call. */
typedef struct lossproof_tensor {
    /* The first element. Only the output's may be written. */
    void *data;
    /* How many axes it has: 1, 2 or 3. */
    int32_t rank;
    /* The lengths of the axes, the rows of the batch first; 1 from `rank` on. */
    int64_t shape[3];
    /* How many elements apart neighbours along an axis are; 0 from `rank` on. */
    int64_t strides[3];
} lossproof_tensor;

/* Makes a function visible to lossproof under its C name. */
#ifdef __cplusplus
#define LOSSPROOF_LANGUAGE extern "C"
#else
#define LOSSPROOF_LANGUAGE extern
#endif
#ifdef __GNUC__
#define LOSSPROOF_EXPORT LOSSPROOF_LANGUAGE __attribute__((visibility("default")))
#else
#define LOSSPROOF_EXPORT LOSSPROOF_LANGUAGE
#endif

/* The head of a kernel: LOSSPROOF_KERNEL(softmax, f32) { ... }. All kernels have the same parameters. */
#define LOSSPROOF_KERNEL(op, dtype)                                                                                    \
    LOSSPROOF_EXPORT int32_t lossproof_##op##_##dtype(const lossproof_tensor *inputs, size_t input_count,              \
                                                      const lossproof_tensor *output);                                 \
    int32_t lossproof_##op##_##dtype(const lossproof_tensor *inputs, size_t input_count,                               \
                                     const lossproof_tensor *output)

/* The first element of a row of the batch: const float *x = LOSSPROOF_ROW(const float, inputs[0], row); */
#define LOSSPROOF_ROW(element, tensor, row) ((element *)(tensor).data + (row) * (tensor).strides[0])

/* The optional functions, declared so that a wrong signature does not compile. */
LOSSPROOF_EXPORT const char *lossproof_name(void);
LOSSPROOF_EXPORT const char *lossproof_version(void);
LOSSPROOF_EXPORT const char *lossproof_profile(void);
LOSSPROOF_EXPORT const char *lossproof_last_error(void);

#endif
