import Transfer

/// Waits until every part answers.
struct DevReadiness: Sendable {
  let place: DevPlace
  let http: HTTPClient

  private static let patience: Duration = .seconds(30)

  func wait() async throws {
    let end = ContinuousClock.now + Self.patience
    for (name, url, status) in parts {
      while try await answers(url, status) == false {
        guard ContinuousClock.now < end else {
          throw CommandFailure(description: "the \(name) does not answer at \(url)")
        }
        // A port that nobody listens on yet gives no sign when somebody does.
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  private var parts: [(String, String, Int)] {
    [
      ("internal listener", "\(place.programs)/readyz", 200),
      ("public listener", "\(place.people)/reset/verify", 404),
      ("demo app", "\(place.app)/", 200),
      ("mailbox", "\(place.mailbox)/", 200),
    ]
  }

  private func answers(_ url: String, _ status: Int) async throws -> Bool {
    try Task.checkCancellation()
    return (try? await http.get(url))?.status == status
  }
}
