import Testing
import Transfer

/// Expects that `body` throws exactly `expected`.
func expectError<Value>(
  _ expected: TransferError, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Value
) async {
  do {
    _ = try await body()
    Issue.record("no error", sourceLocation: sourceLocation)
  } catch {
    #expect(error as? TransferError == expected, sourceLocation: sourceLocation)
  }
}

/// Expects that `call` is answered with `status`.
func expectStatus(
  _ status: Int, of call: HTTPTransfer, on loop: TransferLoop,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let answer = try await loop.perform(call)
  #expect(answer.status == status, sourceLocation: sourceLocation)
}
