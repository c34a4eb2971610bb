// For the plain functions of SHA-256: those of EVP look their method up for every single document.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

/// SHA-1 of some bytes: 20 bytes at `digest`. False when the library refuses it.
static inline int mongodrill_sha1(const void *bytes, size_t count, unsigned char *digest) {
  return EVP_Digest(bytes, count, digest, NULL, EVP_sha1(), NULL);
}

/// SHA-256 of some bytes: 32 bytes at `digest`. False when the library refuses it.
static inline int mongodrill_sha256(const void *bytes, size_t count, unsigned char *digest) {
  return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL);
}

/// Adds the SHA-256 of some bytes, read as a number of 256 bits whose first byte is the lowest, to that at `sum`,
/// modulo 2^256. Returns the lowest 64 bits of what it added.
static inline uint64_t mongodrill_sha256_add(const void *bytes, size_t count, uint64_t sum[4]) {
  union {
    unsigned char bytes[32];
    uint64_t words[4];
  } digest;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes, count);
  SHA256_Final(digest.bytes, &context);
  unsigned char carry = 0;
  for (int i = 0; i < 4; i++) {
    unsigned __int128 word = (unsigned __int128)sum[i] + digest.words[i] + carry;
    sum[i] = (uint64_t)word;
    carry = (unsigned char)(word >> 64);
  }
  return digest.words[0];
}
