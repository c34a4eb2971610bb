#include <mongoc/mongoc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// `bson_t` asks for an alignment of 128 bytes, which Swift does not give: it stays in C.

/// A session, or null with `*error` set; free it with `mongoc_client_session_destroy`. Without causal consistency,
/// which would add a read concern to what is read in it.
static inline mongoc_client_session_t *mongodrill_session(mongoc_client_t *client, bson_error_t *error) {
  mongoc_session_opt_t *options = mongoc_session_opts_new();
  mongoc_session_opts_set_causal_consistency(options, false);
  mongoc_client_session_t *session = mongoc_client_start_session(client, options, error);
  mongoc_session_opts_destroy(options);
  return session;
}

/// The server that the address's read preference picks, for a cursor whose batches all have to come from one: its
/// number, 0 for whichever is the primary. `*failed` is set, and `*error`, when there is none.
static inline uint32_t mongodrill_server(mongoc_client_t *client, int *failed, bson_error_t *error) {
  const mongoc_read_prefs_t *preference = mongoc_client_get_read_prefs(client);
  *failed = 0;
  if (!preference || mongoc_read_prefs_get_mode(preference) == MONGOC_READ_PRIMARY) return 0;
  mongoc_server_description_t *server = mongoc_client_select_server(client, false, preference, error);
  if (!server) {
    *failed = 1;
    return 0;
  }
  uint32_t number = mongoc_server_description_id(server);
  mongoc_server_description_destroy(server);
  return number;
}

/// Runs one command on `database`, in `session` unless it is null (libmongoc takes one of its own then), on the server
/// of that number unless it is 0 (the address's read preference picks one then). The reply
/// (or what there is of it) is stolen into `*reply`; free it with `bson_free`. False with `*error` set when the
/// server refused or could not be reached.
static inline int mongodrill_command(mongoc_client_t *client, mongoc_client_session_t *session, uint32_t server,
                                     const char *database, const uint8_t *command, size_t length, uint8_t **reply, uint32_t *reply_length,
                                     bson_error_t *error) {
  bson_t document;
  *reply = NULL;
  *reply_length = 0;
  if (!bson_init_static(&document, command, length)) {
    bson_set_error(error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "malformed command");
    return 0;
  }
  bson_t answer;
  int ok;
  const mongoc_read_prefs_t *preference = mongoc_client_get_read_prefs(client);
  if (session) {
    bson_t options = BSON_INITIALIZER;
    if (server) BSON_APPEND_INT32(&options, "serverId", (int32_t)server);
    if (!mongoc_client_session_append(session, &options, error)) {
      bson_destroy(&options);
      return 0;
    }
    ok = mongoc_client_command_with_opts(client, database, &document, preference, &options, &answer, error);
    bson_destroy(&options);
  } else {
    ok = mongoc_client_command_simple(client, database, &document, preference, &answer, error);
  }
  *reply = bson_destroy_with_steal(&answer, true, reply_length);
  return ok;
}

/// Inserts `count` documents that lie back to back in `bytes`, unordered or ordered, past validators, as one
/// call of the driver (which cuts it into as few messages as the server's limits allow). `reply` holds
/// `insertedCount` and `writeErrors`.
static inline int mongodrill_insert(mongoc_client_t *client, const char *database, const char *name,
                                    const uint8_t *bytes, size_t length, size_t count, const uint8_t *options,
                                    size_t options_length, uint8_t **reply, uint32_t *reply_length,
                                    bson_error_t *error) {
  *reply = NULL;
  *reply_length = 0;
  bson_t *documents = bson_aligned_alloc0(BSON_ALIGNOF(bson_t), count * sizeof(bson_t));
  const bson_t **pointers = malloc(count * sizeof(bson_t *));
  bson_t opts;
  int ok = bson_init_static(&opts, options, options_length);
  size_t at = 0;
  for (size_t i = 0; ok && i < count; i++) {
    uint32_t size;
    memcpy(&size, bytes + at, 4);
    if (at + size > length || !bson_init_static(&documents[i], bytes + at, size)) {
      bson_set_error(error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "malformed document %zu of a batch", i);
      ok = 0;
    }
    pointers[i] = &documents[i];
    at += size;
  }
  if (ok) {
    mongoc_collection_t *collection = mongoc_client_get_collection(client, database, name);
    bson_t answer;
    ok = mongoc_collection_insert_many(collection, pointers, count, &opts, &answer, error);
    *reply = bson_destroy_with_steal(&answer, true, reply_length);
    mongoc_collection_destroy(collection);
  }
  free(pointers);
  bson_free(documents);
  return ok;
}

/// The error's text: Swift sees `bson_error_t.message` as a tuple.
static inline const char *mongodrill_error_text(const bson_error_t *error) { return error->message; }
