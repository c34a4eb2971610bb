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

/// A digest by its name; null when the library refuses it.
static inline EVP_MD_CTX *mongodrill_digest_new(const char *name) {
  const EVP_MD *method = EVP_get_digestbyname(name);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (method && context && EVP_DigestInit_ex(context, method, NULL) == 1) return context;
  EVP_MD_CTX_free(context);
  return NULL;
}

/// Takes the next bytes in.
static inline int mongodrill_digest_update(EVP_MD_CTX *context, const void *bytes, size_t count) {
  return EVP_DigestUpdate(context, bytes, count);
}

/// Puts the digest at `digest`, which has room for 64 bytes, and says how many it has.
static inline unsigned mongodrill_digest_finish(EVP_MD_CTX *context, unsigned char *digest) {
  unsigned count = 0;
  EVP_DigestFinal_ex(context, digest, &count);
  return count;
}

static inline void mongodrill_digest_free(EVP_MD_CTX *context) { EVP_MD_CTX_free(context); }
