/// A command that could not do its work: one line for the operator, exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
}
