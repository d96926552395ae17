// W3 by hand: 64-32-10, ReLU, cross-entropy, batches of 32 rows, momentum.
// Products are blocks of rows × vectors held in registers; the update is done where a block of a
// gradient comes to lie.  The output's ten columns are kept in rows of 16, the rest zeros.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef __AVX512F__
#define LANES 16
#define TALL 16
#define ROWS 8
#else
#define LANES 8
#define TALL 4
#define ROWS 4
#endif

enum { BATCH = 32, IN = 64, HIDDEN = 32, OUT = 10, PADDED = 16 };

typedef float vector __attribute__((vector_size(4 * LANES)));
typedef int integers __attribute__((vector_size(4 * LANES)));
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4)));

#include "exp.h"

#define EACH(i, n) for (int i = 0; i < (n); i++)
#define INLINE static inline __attribute__((always_inline))

typedef struct {
  float W[IN][HIDDEN], mW[IN][HIDDEN], b[HIDDEN], mb[HIDDEN];
  float V[HIDDEN][PADDED], mV[HIDDEN][PADDED], c[PADDED], mc[PADDED];
} weights;

INLINE vector load(const float *from) { return *(const loose *)from; }
INLINE void store(float *to, vector value) { *(loose *)to = value; }

INLINE void moved(float *w, float *m, vector gradient, float rate, float keep) {
  vector step = load(m) * keep + gradient;
  store(m, step);
  store(w, load(w) - step * rate);
}

// acc[i][j] += sum over k of left(i, k) · right[k][j]: `rows` × `wide` vectors at once.
#define BLOCK(rows, wide, depth, left, right)                        \
  _Pragma("GCC unroll 2") for (int k = 0; k < (depth); k++) {        \
    vector line[wide];                                               \
    _Pragma("GCC unroll 8") EACH(j, wide) line[j] = load((right) + j * LANES); \
    _Pragma("GCC unroll 16") EACH(i, rows) {                         \
      _Pragma("GCC unroll 8") EACH(j, wide) acc[i][j] += (left) * line[j]; \
    }                                                                \
  }

#define WIDE_H (HIDDEN / LANES)
#define WIDE_O (PADDED / LANES)

static void forward(const weights *w, const float *const *x, float (*H)[HIDDEN],
                    float (*Z)[PADDED]) {
  for (int top = 0; top < BATCH; top += ROWS) {
    vector acc[ROWS][WIDE_H];
    EACH(i, ROWS) EACH(j, WIDE_H) acc[i][j] = load(w->b + j * LANES);
    BLOCK(ROWS, WIDE_H, IN, x[top + i][k], w->W[k])
    EACH(i, ROWS) EACH(j, WIDE_H) store(H[top + i] + j * LANES, larger(acc[i][j], (vector){}));
  }
  for (int top = 0; top < BATCH; top += TALL) {
    vector acc[TALL][WIDE_O];
    EACH(i, TALL) EACH(j, WIDE_O) acc[i][j] = load(w->c + j * LANES);
    BLOCK(TALL, WIDE_O, HIDDEN, H[top + i][k], w->V[k])
    EACH(i, TALL) EACH(j, WIDE_O) store(Z[top + i] + j * LANES, acc[i][j]);
  }
}

// Z becomes (softmax(Z) − T) / 32, worked out with an example in each lane; returns the loss.
static float slopes(float (*Z)[PADDED], const int *y) {
  float across[OUT][BATCH], sums[BATCH], lost = 0;
  EACH(i, BATCH) EACH(o, OUT) across[o][i] = Z[i][o];
  EACH(i, BATCH) lost -= Z[i][y[i]];
  for (int at = 0; at < BATCH; at += LANES) {
    vector top = load(across[0] + at), sum = {};
    EACH(o, OUT) top = larger(top, load(across[o] + at));
    EACH(o, OUT) {
      vector e = exp_of(load(across[o] + at) - top);
      sum += e;
      store(across[o] + at, e);
    }
    vector share = (1.0f / BATCH) / sum;
    EACH(o, OUT) store(across[o] + at, load(across[o] + at) * share);
    store(sums + at, sum);
    EACH(i, LANES) lost += top[i];
  }
  EACH(i, BATCH) lost += logf(sums[i]);
  EACH(i, BATCH) EACH(o, OUT) Z[i][o] = across[o][i];
  EACH(i, BATCH) Z[i][y[i]] -= 1.0f / BATCH;
  return lost / BATCH;
}

static void backward(weights *w, const float *const *x, float (*H)[HIDDEN], float (*D)[PADDED],
                     float rate, float keep) {
  float E[BATCH][HIDDEN], turned[OUT][HIDDEN];
  EACH(i, HIDDEN) EACH(o, OUT) turned[o][i] = w->V[i][o];
  for (int top = 0; top < BATCH; top += ROWS) {
    vector acc[ROWS][WIDE_H] = {};
    BLOCK(ROWS, WIDE_H, OUT, D[top + i][k], turned[k])
    EACH(i, ROWS) EACH(j, WIDE_H) {
      vector h = load(H[top + i] + j * LANES);
      store(E[top + i] + j * LANES, picked(h > 0.0f, acc[i][j], (vector){}));
    }
  }
  for (int top = 0; top < HIDDEN; top += TALL) {
    vector acc[TALL][WIDE_O] = {};
    BLOCK(TALL, WIDE_O, BATCH, H[k][top + i], D[k])
    EACH(i, TALL) EACH(j, WIDE_O)
      moved(w->V[top + i] + j * LANES, w->mV[top + i] + j * LANES, acc[i][j], rate, keep);
  }
  for (int top = 0; top < IN; top += ROWS) {
    vector acc[ROWS][WIDE_H] = {};
    BLOCK(ROWS, WIDE_H, BATCH, x[k][top + i], E[k])
    EACH(i, ROWS) EACH(j, WIDE_H)
      moved(w->W[top + i] + j * LANES, w->mW[top + i] + j * LANES, acc[i][j], rate, keep);
  }
  EACH(j, WIDE_H) {
    vector sum = {};
    EACH(i, BATCH) sum += load(E[i] + j * LANES);
    moved(w->b + j * LANES, w->mb + j * LANES, sum, rate, keep);
  }
  EACH(j, WIDE_O) {
    vector sum = {};
    EACH(i, BATCH) sum += load(D[i] + j * LANES);
    moved(w->c + j * LANES, w->mc + j * LANES, sum, rate, keep);
  }
}

long limit_w3_floats(void) { return sizeof(weights) / sizeof(float); }

// `order` holds 32 rows for each of `epoch` steps; it is begun anew when it ends.
void limit_w3(weights *w, const float *X, const int *Y, const int *order, long epoch, float rate,
              float keep, long steps, float *losses) {
  float H[BATCH][HIDDEN], Z[BATCH][PADDED];
  for (long step = 0; step < steps; step++) {
    const int *rows = order + step % epoch * BATCH;
    const float *x[BATCH];
    int y[BATCH];
    EACH(i, BATCH) x[i] = X + (long)rows[i] * IN, y[i] = Y[rows[i]];
    forward(w, x, H, Z);
    losses[step] = slopes(Z, y);
    backward(w, x, H, Z, rate, keep);
  }
}
