// exp of a vector of floats, for -ffast-math.  The coefficients are those of Cephes (S. Moshier,
// expf.c), the range is cut to where the result is a normal number.

static inline vector picked(integers mask, vector yes, vector no) {
  return (vector)((mask & (integers)yes) | (~mask & (integers)no));
}

#if LANES == 16 && defined(__AVX512F__)
#include <immintrin.h>
#define larger(a, b) ((vector)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define smaller(a, b) ((vector)_mm512_min_ps((__m512)(a), (__m512)(b)))
#elif LANES == 8 && defined(__AVX__)
#include <immintrin.h>
#define larger(a, b) ((vector)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define smaller(a, b) ((vector)_mm256_min_ps((__m256)(a), (__m256)(b)))
#elif LANES == 4 && defined(__SSE__)
#include <immintrin.h>
#define larger(a, b) ((vector)_mm_max_ps((__m128)(a), (__m128)(b)))
#define smaller(a, b) ((vector)_mm_min_ps((__m128)(a), (__m128)(b)))
#else
#define larger(a, b) picked((a) > (b), a, b)
#define smaller(a, b) picked((a) < (b), a, b)
#endif

static inline vector exp_of(vector x) {
  x = larger(x, (vector){} - 87.0f);
  x = smaller(x, (vector){} + 88.0f);
  integers biased = __builtin_convertvector(x * 1.44269504f + 127.5f, integers);
  vector n = __builtin_convertvector(biased - 127, vector);
  vector r = x - n * 0.693359375f + n * 2.12194440e-4f;
  vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return p * (vector)(biased << 23);
}
