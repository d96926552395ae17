// How many floating-point operations a second a core does: chains of fused multiply-adds, enough
// of them to hide their latency, that touch no memory.

#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 8
#endif
enum { CHAINS = 12 };

typedef float vector __attribute__((vector_size(4 * LANES)));

// The result must be used, or nothing is computed.  Operations: 2 · lanes · chains · rounds.
float limit_peak(long rounds, float factor, float shift) {
  vector acc[CHAINS], by = (vector){} + factor, plus = (vector){} + shift;
  for (int i = 0; i < CHAINS; i++) acc[i] = (vector){} + (float)i;
  for (long round = 0; round < rounds; round++) {
    _Pragma("GCC unroll 16") for (int i = 0; i < CHAINS; i++) acc[i] = acc[i] * by + plus;
    __asm__ volatile("" : "+v"(by), "+v"(plus));
  }
  float sum = 0;
  for (int i = 0; i < CHAINS; i++)
    for (int j = 0; j < LANES; j++) sum += acc[i][j];
  return sum;
}

long limit_peak_operations(void) { return 2L * LANES * CHAINS; }
