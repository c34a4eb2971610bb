#include <zlib.h>

/// `inflateInit2` is a macro, which Swift cannot import. 31 = a gzip header and trailer are required.
static inline int mongodrill_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 31); }

/// The same for writing, at `level` 1 to 9.
static inline int mongodrill_deflate_init_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}
