internal import CCrypto

/// libcrypto keeps errors in a queue per thread. What an earlier call left there would be read as
/// ours, and what we leave would be read as somebody else's (a TLS layer takes any entry for a
/// failed connection), so the queue is emptied on both sides of a call.
enum ErrorQueue {
  static func clear() {
    ERR_clear_error()
  }

  /// Empties the queue after a failed call and hands back the error to throw.
  static func drained<E: Error>(_ error: E) -> E {
    clear()
    return error
  }
}
