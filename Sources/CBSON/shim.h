#include <bson/bson.h>
#include <stdint.h>
#include <string.h>

/// `bson_t` asks for an alignment of 128 bytes, which Swift does not give: it stays in C.

/// Canonical Extended JSON v2 of a document; free the result with `bson_free`. Null when it is malformed.
static inline char *mongodrill_bson_to_json(const uint8_t *bytes, size_t length, int relaxed, size_t *out_length) {
  bson_t document;
  if (!bson_init_static(&document, bytes, length)) return NULL;
  return relaxed ? bson_as_relaxed_extended_json(&document, out_length)
                 : bson_as_canonical_extended_json(&document, out_length);
}

/// The text of a Decimal128 (`BSON_DECIMAL128_STRING` bytes of room).
static inline void mongodrill_decimal128_text(uint64_t low, uint64_t high, char *text) {
  bson_decimal128_t value = {.low = low, .high = high};
  bson_decimal128_to_string(&value, text);
}

/// Reads a Decimal128; false when `text` is none.
static inline int mongodrill_decimal128_parse(const char *text, uint64_t *low, uint64_t *high) {
  bson_decimal128_t value;
  if (!bson_decimal128_from_string(text, &value)) return 0;
  *low = value.low;
  *high = value.high;
  return 1;
}
