internal import CCrypto

/// One `EVP_CIPHER_CTX` for one AES-256-GCM operation, in the order the calls must come:
/// begin, authenticate, transform, (expectTag), finish, (readTag). Each answers whether it worked.
@safe struct SealCipher: ~Copyable {
  enum Direction: Int32 {
    case open = 0
    case seal = 1
  }

  private let context: OpaquePointer

  init(or failure: CryptographyError) throws(CryptographyError) {
    ErrorQueue.clear()
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw ErrorQueue.drained(failure) }
    unsafe self.context = unsafe context
  }

  deinit {
    // Also overwrites the key schedule.
    unsafe EVP_CIPHER_CTX_free(context)
  }

  func begin(_ direction: Direction, key: Secret, nonce: [UInt8]) -> Bool {
    guard key.count == Seal.keySize, nonce.count == Seal.nonceSize else { return false }
    return unsafe key.withUnsafeBytes { bytes in
      let pointer = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return unsafe EVP_CipherInit_ex(
        context, Algorithms.aes256GCM.pointer, nil, pointer, nonce, direction.rawValue) == 1
    }
  }

  func authenticate(_ associatedData: [UInt8]) -> Bool {
    guard !associatedData.isEmpty else { return true }
    guard let length = Int32(exactly: associatedData.count) else { return false }
    var ignored: Int32 = 0
    // No output buffer: that is how EVP tells associated data from text.
    return unsafe EVP_CipherUpdate(context, nil, &ignored, associatedData, length) == 1
  }

  func transform(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) -> Bool {
    guard !input.isEmpty else { return true }
    guard let length = Int32(exactly: input.count), output.count == input.count else {
      return false
    }
    var written: Int32 = 0
    let done = unsafe input.withUnsafeBufferPointer { bytes in
      unsafe EVP_CipherUpdate(context, &output, &written, bytes.baseAddress, length)
    }
    return done == 1 && written == length
  }

  func expectTag(_ tag: [UInt8]) -> Bool {
    var tag = tag
    return unsafe tag.count == Seal.tagSize && control(EVP_CTRL_AEAD_SET_TAG, &tag)
  }

  /// Opening: also whether the tag is right. GCM has no bytes left to write here.
  func finish() -> Bool {
    var spare = [UInt8](repeating: 0, count: 16)
    var written: Int32 = 0
    return unsafe EVP_CipherFinal_ex(context, &spare, &written) == 1 && written == 0
  }

  func readTag(into tag: inout [UInt8]) -> Bool {
    unsafe tag.count == Seal.tagSize && control(EVP_CTRL_AEAD_GET_TAG, &tag)
  }

  private func control(_ command: Int32, _ tag: UnsafeMutableRawPointer) -> Bool {
    unsafe EVP_CIPHER_CTX_ctrl(context, command, Int32(Seal.tagSize), tag) == 1
  }
}
