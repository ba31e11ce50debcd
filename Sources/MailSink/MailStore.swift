/// The mails a sink keeps, bounded by number and by octets, and which of them `next` has not
/// handed out yet.
struct MailStore: Sendable {
  private(set) var all: [ReceivedMail] = []
  private var untaken: [ReceivedMail] = []
  private var octets = 0

  mutating func add(_ mail: ReceivedMail, limit: Int, octets octetLimit: Int) {
    all.append(mail)
    untaken.append(mail)
    octets += mail.data.count
    var excess = 0
    while all.count - excess > 1, all.count - excess > limit || octets > octetLimit {
      octets -= all[excess].data.count
      excess += 1
    }
    guard excess > 0 else { return }
    all.removeFirst(excess)
    let oldest = all.first?.id ?? 0
    untaken.removeAll { $0.id < oldest }
  }

  /// The oldest mail to that recipient, or to anyone, that was not taken before.
  mutating func take(to recipient: String?) -> ReceivedMail? {
    let index = untaken.firstIndex { mail in recipient.map(mail.isAddressed(to:)) ?? true }
    return index.map { untaken.remove(at: $0) }
  }

  mutating func removeAll() { self = MailStore() }
}
