public import PasswordReset
internal import Synchronization

/// Accepts every draft, or answers what it is told to, and keeps them.
public final class Recorder: RequestRecorder {
  private let answer: RecordOutcome?
  private let kept = Mutex<[RequestDraft]>([])

  public init(answer: RecordOutcome? = nil) { self.answer = answer }

  public var drafts: [RequestDraft] { kept.withLock { $0 } }

  public func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome {
    kept.withLock { $0.append(draft) }
    return answer ?? .accepted(draft.id)
  }
}
