// W1 by hand: 2-2-2, ReLU, no biases, softmax cross-entropy of one example; all in registers.
// Weights: W[0][0], W[0][1], W[1][0], W[1][1], then U.  `losses` may be NULL.

#include <math.h>
#include <stddef.h>

static inline float larger(float a, float b) { return a > b ? a : b; }

static inline __attribute__((always_inline)) void train(float *weights, const float *x,
                                                        const float *t, float rate, long steps,
                                                        float *losses) {
  float a = weights[0], b = weights[1], c = weights[2], d = weights[3];
  float p = weights[4], q = weights[5], r = weights[6], s = weights[7];
  const float x0 = x[0], x1 = x[1], t0 = t[0], t1 = t[1];
  for (long step = 0; step < steps; step++) {
    float h0 = larger(x0 * a + x1 * c, 0), h1 = larger(x0 * b + x1 * d, 0);
    float z0 = h0 * p + h1 * r, z1 = h0 * q + h1 * s;
    float top = larger(z0, z1);
    float e0 = expf(z0 - top), e1 = expf(z1 - top);
    float share = 1 / (e0 + e1);
    if (losses) losses[step] = logf(e0 + e1) + top - (t0 * z0 + t1 * z1);
    float d0 = e0 * share - t0, d1 = e1 * share - t1;
    float g0 = h0 > 0 ? d0 * p + d1 * q : 0, g1 = h1 > 0 ? d0 * r + d1 * s : 0;
    p -= rate * h0 * d0, q -= rate * h0 * d1, r -= rate * h1 * d0, s -= rate * h1 * d1;
    a -= rate * x0 * g0, b -= rate * x0 * g1, c -= rate * x1 * g0, d -= rate * x1 * g1;
  }
  weights[0] = a, weights[1] = b, weights[2] = c, weights[3] = d;
  weights[4] = p, weights[5] = q, weights[6] = r, weights[7] = s;
}

void limit_w1(float *weights, const float *x, const float *t, float rate, long steps,
              float *losses) {
  if (losses)
    train(weights, x, t, rate, steps, losses);
  else
    train(weights, x, t, rate, steps, NULL);
}
