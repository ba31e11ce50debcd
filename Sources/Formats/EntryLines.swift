extension String {
  /// The lines of a file of entries with their numbers from 1, without empty ones and `#` comments.
  /// By bytes: as a Character, CR LF is one that equals neither.
  public var entryLines: [(number: Int, text: Substring)] {
    utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .filter { !$0.element.isEmpty && $0.element.first != UInt8(ascii: "#") }
      .map { (number: $0.offset + 1, text: Substring($0.element)) }
  }
}
