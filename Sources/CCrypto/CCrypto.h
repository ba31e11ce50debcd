#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

// Parameters point at their name, which must live as long as they do: here a string constant,
// in Swift a temporary.
static inline int ccrypto_mac_init_digest(
    EVP_MAC_CTX *context, const unsigned char *key, size_t length, const char *digest) {
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_init(context, key, length, parameters);
}
