// Which parameters of MAIL and RCPT a session takes: those of the extensions it offered.
extension SMTPSession {
  /// The refusal of MAIL's parameters, if there is one.
  func refusal(ofMail path: SMTPPath) -> SMTPReply? {
    let parameters = path.parameters.map(SMTPParameter.init)
    for parameter in parameters {
      if let refusal = refusal(ofMailParameter: parameter) { return refusal }
    }
    if !path.isASCII, !parameters.contains(where: { $0.keyword == "SMTPUTF8" }) {
      return .nonASCIIFrom
    }
    return nil
  }

  private func refusal(ofMailParameter parameter: SMTPParameter) -> SMTPReply? {
    guard client == .extended else { return .badParameter }
    switch parameter.keyword {
    case "SIZE":
      guard let value = parameter.value, let size = decimal(value) else { return .syntax }
      return size > settings.sizeLimit ? .tooLarge : nil
    case "BODY":
      let value = parameter.value?.uppercased()
      return value == "7BIT" || value == "8BITMIME" ? nil : .syntax
    case "SMTPUTF8":
      return parameter.value == nil ? nil : .syntax
    default:
      return .badParameter
    }
  }

  /// The refusal of RCPT's parameters, if there is one.
  func refusal(ofRecipient path: SMTPPath, in envelope: Envelope) -> SMTPReply? {
    guard path.parameters.isEmpty else { return .badParameter }
    return path.isASCII || envelope.isInternational ? nil : .nonASCIIRecipient
  }

  /// RFC 1870 section 5: at most 20 digits. More than an Int holds is more than any limit.
  private func decimal(_ digits: Substring) -> Int? {
    let bytes = digits.utf8
    guard (1...20).contains(bytes.count) else { return nil }
    guard bytes.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
      return nil
    }
    return Int(digits) ?? .max
  }
}
