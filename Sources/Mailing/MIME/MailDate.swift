internal import Formats
internal import PasswordReset

/// The date of RFC 5322 §3.3, such as `Sat, 21 Nov 2026 09:30:00 +0000`.
enum MailDate {
  private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  static func text(_ moment: Timestamp) -> String {
    let (date, time) = (moment.civilDate, moment.secondsOfDay)
    // 1970-01-01 was a Thursday; the second remainder is for days before it.
    let weekday = Int(((moment.daysSinceEpoch + 3) % 7 + 7) % 7)
    let clock = "\(pad(time / 3600)):\(pad(time / 60 % 60)):\(pad(time % 60))"
    let month = months[Int(date.month - 1)]
    return "\(days[weekday]), \(pad(date.day)) \(month) \(pad(date.year, 4)) \(clock) +0000"
  }

  private static func pad(_ value: Int64, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
