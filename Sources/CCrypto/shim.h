#include <openssl/evp.h>
#include <stddef.h>

/// SHA-1 of some bytes: 20 bytes at `digest`. False when the library refuses it.
static inline int mongodrill_sha1(const void *bytes, size_t count, unsigned char *digest) {
  return EVP_Digest(bytes, count, digest, NULL, EVP_sha1(), NULL);
}

/// SHA-256 of some bytes: 32 bytes at `digest`. False when the library refuses it.
static inline int mongodrill_sha256(const void *bytes, size_t count, unsigned char *digest) {
  return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL);
}
