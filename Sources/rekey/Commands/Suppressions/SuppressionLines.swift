import Formats
import PasswordReset
import Storage

/// How suppressed addresses are written; as dead letters are.
struct SuppressionLines {
  let recipients: Recipients
  let isJSON: Bool

  func line(of entry: SuppressedAddress, with more: [(key: String, value: JSON)] = []) -> String {
    let address = recipients.address(entry.sealed, entry.kid, of: entry.id)
    if isJSON {
      return Printing.json(
        more + [
          ("id", .string("\(entry.id)")), ("caller", .string(entry.caller)),
          ("address", Printing.json(address)),
          ("reason", .string(entry.reason.rawValue)), ("source", .string(entry.source)),
          ("since", Printing.json(entry.since)), ("until", Printing.json(entry.until)),
        ])
    }
    return
      "\(entry.id) caller=\(entry.caller.printable) reason=\(entry.reason.rawValue) source=\(entry.source.printable)"
      + " since=\(entry.since) until=\(entry.until) address=\(address?.printable ?? "-")"
  }
}
