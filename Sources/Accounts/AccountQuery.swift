internal import Postgres

/// The operator's query, made safe to run.
public struct AccountQuery: Sendable, Equatable {
  let statement: Statement

  /// A subquery can neither be two statements nor change rows, and a row of any column types comes
  /// back as one text. Two rows are enough to see that there is more than one. The alias is a name
  /// that no column has, for a column would come before it.
  ///
  /// - Throws: `.query` where it is empty or does not use `$1`.
  public init(_ text: String) throws(AccountsError) {
    var bytes = Array(text.utf8)[...]
    while let last = bytes.last, last <= 0x20 || last == UInt8(ascii: ";") { bytes.removeLast() }
    guard !bytes.isEmpty else { throw .query(problem: "is empty") }
    guard !bytes.contains(0) else { throw .query(problem: "has a NUL character") }
    guard zip(bytes, bytes.dropFirst()).contains(where: { $0 == (0x24, 0x31) }) else {
      throw .query(problem: "must use $1, the address that is asked for")
    }
    statement = Statement(
      name: "account",
      // A comment at the end of the query ends with its line.
      sql: """
        SELECT row_to_json(rekey_account)::text
        FROM (
        \(String(decoding: bytes, as: UTF8.self))
        ) AS rekey_account LIMIT 2
        """)
  }
}
