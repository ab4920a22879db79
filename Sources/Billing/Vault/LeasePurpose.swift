/// What an access token is wanted for. A closed list, so that the log can tell, and nothing else can stand there.
package enum LeasePurpose: String, Sendable, CaseIterable {
    /// The user has asked a question, and it is answered from their own data.
    case answerQuestion = "answer_question"
    /// The user has asked for a list or a figure.
    case report
    /// The user has asked for a change, and has confirmed it.
    case confirmedChange = "confirmed_change"
    /// The user has just connected: does it work?
    case connectionTest = "connection_test"
}
