internal import Synchronization
internal import Threading

extension TransferBody {
  /// What `work` makes of the bytes as they will be sent, where these have to be signed before.
  ///
  /// Files are read here a first time and again on the way out, a piece at a time, so none is held
  /// in memory. One whose size changes in between breaks the transfer off; where only its content
  /// does, the signature is wrong and the receiver refuses it. Reading blocks: a body with files is
  /// read on a thread of its own.
  ///
  /// - Parameter work: calls `next` until that returns nil. Chunks have at most 64 KiB where no
  ///   body is encoded more than twice.
  /// - Throws: `.interrupted` with cause `file_missing` or `file_changed`, `.cancelled` if the task
  ///   is, `.connect` with cause `local` if the system gives no thread.
  public func digest<Digest: Sendable>(
    _ work: @escaping @Sendable (_ next: () -> [UInt8]?) -> Digest
  ) async throws(TransferError) -> Digest {
    let flag = CancellationFlag()
    guard hasFiles else { return try digest(work, flag).get() }
    return try await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isRunning = DedicatedThread.run(name: "transfer-digest") {
          continuation.resume(returning: digest(work, flag))
        }
        guard !isRunning else { return }
        continuation.resume(returning: .failure(TransferError(.connect, cause: "local")))
      }
    } onCancel: {
      flag.isSet.store(true, ordering: .relaxed)
    }.get()
  }

  /// `work` sees an end where reading fails; what it makes of that goes nowhere.
  private func digest<Digest>(
    _ work: (_ next: () -> [UInt8]?) -> Digest, _ flag: CancellationFlag
  ) -> Result<Digest, TransferError> {
    let reader = BodyReader(self)
    var failure: TransferError?
    let digest = work {
      guard failure == nil else { return nil }
      if flag.isSet.load(ordering: .relaxed) {
        failure = TransferError(.cancelled)
        return nil
      }
      do throws(FileReader.Fault) {
        var chunk: [UInt8] = []
        return try reader.append(to: &chunk) == nil ? nil : chunk
      } catch {
        failure = TransferError(.interrupted, cause: error.rawValue)
        return nil
      }
    }
    if let failure { return .failure(failure) }
    return .success(digest)
  }
}

private final class CancellationFlag: Sendable {
  let isSet = Atomic(false)
}
