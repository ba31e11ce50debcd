import Foundation

/// What did not work, in one line for the person; the exit code is 1.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Results go to stdout and everything else to stderr.
enum Terminal {
  static func output(_ line: String) throws(Failure) {
    do { try FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) } catch {
      throw Failure("not everything could be written to stdout")
    }
  }

  static func note(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
  }
}
