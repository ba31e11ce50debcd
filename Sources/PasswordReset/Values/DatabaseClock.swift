/// Database time: the last `clock_timestamp()` seen plus monotonic time since.
public protocol DatabaseClock: Sendable {
  /// `.unavailable` until the database has been seen once.
  func now() throws(ResetError) -> Timestamp
}
