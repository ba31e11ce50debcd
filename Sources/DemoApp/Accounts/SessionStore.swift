internal import Formats

/// Who is signed in, in memory: a restart signs everybody out.
actor SessionStore {
  private struct Session {
    let accountID: String
    let endsAt: ContinuousClock.Instant
  }

  /// How long a session lasts.
  static let lifetime = Duration.seconds(12 * 60 * 60)

  private let random: RandomBytes
  private let now: @Sendable () -> ContinuousClock.Instant
  private var sessions: [String: Session] = [:]

  init(
    random: @escaping RandomBytes,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.random = random
    self.now = now
  }

  /// - Returns: the id for the cookie, 256 random bits; always a new one, so that an id planted
  ///   before sign-in is worth nothing (session fixation).
  func begin(for accountID: String) -> String {
    let time = now()
    sessions = sessions.filter { $0.value.endsAt > time }
    let id = Hex.encode(random(32))
    sessions[id] = Session(accountID: accountID, endsAt: time + Self.lifetime)
    return id
  }

  func accountID(ofSession id: String) -> String? {
    guard let session = sessions[id], session.endsAt > now() else { return nil }
    return session.accountID
  }

  func end(_ id: String) { sessions[id] = nil }

  /// After a reset: whoever knew the old password is out.
  func endAll(of accountID: String) {
    sessions = sessions.filter { $0.value.accountID != accountID }
  }
}
