/// One mail server as the pool sees it.
final class SMTPServerState {
  let endpoint: SMTPEndpoint
  /// Mails that have no result yet.
  var mails = 0
  /// Connections that are not closed.
  var connections = 0
  /// Those of them that wait for a mail, the one used last at the end.
  var idle: [SMTPConnection] = []

  init(_ endpoint: SMTPEndpoint) { self.endpoint = endpoint }

  var isUnused: Bool { mails == 0 && connections == 0 }
}

/// Two states are never of one endpoint, so the endpoint with all its text is hashed once a mail.
extension SMTPServerState: Hashable {
  static func == (left: SMTPServerState, right: SMTPServerState) -> Bool { left === right }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
