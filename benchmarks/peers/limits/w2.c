// W2 by hand: 1-2-2-1, sigmoid, linear output, mean squared error of three examples.
// A vector holds one number for each example (the fourth lane is empty); every weight stands in
// all lanes, and sums over the examples leave their result in all lanes, too.
// Weights: W (1 × 2), b, V (2 × 2), c, U (2 × 1), d.  `losses` may be NULL.

#include <stddef.h>

#define LANES 4

typedef float vector __attribute__((vector_size(16)));
typedef int integers __attribute__((vector_size(16)));

#include "exp.h"

static inline vector sigmoid(vector x) { return 1.0f / (1.0f + exp_of(-x)); }

static inline vector summed(vector x) {
  x += __builtin_shuffle(x, (integers){2, 3, 0, 1});
  return x + __builtin_shuffle(x, (integers){1, 0, 3, 2});
}

static inline __attribute__((always_inline)) void train(float *weights, const float *inputs,
                                                        const float *targets, float rate,
                                                        long steps, float *losses) {
  const vector x = {inputs[0], inputs[1], inputs[2], 0};
  const vector t = {targets[0], targets[1], targets[2], 0};
  const vector share = {2 / 3.0f, 2 / 3.0f, 2 / 3.0f, 0};
  vector w[13];
  for (int i = 0; i < 13; i++) w[i] = (vector){} + weights[i];
  for (long step = 0; step < steps; step++) {
    vector h0 = sigmoid(x * w[0] + w[2]), h1 = sigmoid(x * w[1] + w[3]);
    vector k0 = sigmoid(h0 * w[4] + h1 * w[6] + w[8]);
    vector k1 = sigmoid(h0 * w[5] + h1 * w[7] + w[9]);
    vector e = k0 * w[10] + k1 * w[11] + w[12] - t;
    vector r = e * share;
    if (losses) losses[step] = summed(e * r)[0] / 2;
    vector a0 = r * w[10] * (k0 * (1.0f - k0)), a1 = r * w[11] * (k1 * (1.0f - k1));
    vector g0 = (a0 * w[4] + a1 * w[5]) * (h0 * (1.0f - h0));
    vector g1 = (a0 * w[6] + a1 * w[7]) * (h1 * (1.0f - h1));
    w[0] -= rate * summed(x * g0), w[1] -= rate * summed(x * g1);
    w[2] -= rate * summed(g0), w[3] -= rate * summed(g1);
    w[4] -= rate * summed(h0 * a0), w[5] -= rate * summed(h0 * a1);
    w[6] -= rate * summed(h1 * a0), w[7] -= rate * summed(h1 * a1);
    w[8] -= rate * summed(a0), w[9] -= rate * summed(a1);
    w[10] -= rate * summed(r * k0), w[11] -= rate * summed(r * k1);
    w[12] -= rate * summed(r);
  }
  for (int i = 0; i < 13; i++) weights[i] = w[i][0];
}

void limit_w2(float *weights, const float *x, const float *t, float rate, long steps,
              float *losses) {
  if (losses)
    train(weights, x, t, rate, steps, losses);
  else
    train(weights, x, t, rate, steps, NULL);
}
