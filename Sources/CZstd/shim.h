#include <zstd.h>
#include <zstd_errors.h>

/// Whether a frame asks for more memory than the decoder may take.
static inline int mongodrill_zstd_wants_more_memory(size_t result) {
  return ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge;
}
