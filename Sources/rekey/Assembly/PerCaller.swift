extension Settings {
  /// One part for everybody, and one for each caller that has made choices of its own; by name.
  func perCaller<Part: Sendable>(
    _ make: (CallerChoices) throws -> Part?
  ) rethrows -> @Sendable (String) -> Part? {
    let common = try make(self.common)
    let parts = try own.mapValues(make)
    // A caller's own choice may be to have none.
    return { caller in if let own = parts[caller] { own } else { common } }
  }
}
