import CanonicalJSON
import Edge
import EventStore
import HTTPTypes

/// How fresh a sign-in must be before something that can't be undone.
enum RecentAuthentication {
    static let maximumAgeSeconds: Int64 = 300
}

extension Caller {
    /// Step-up authentication, RFC 9470: whoever signed in longer ago must do so again, and come back with that token.
    ///
    /// Judged anew at every request: when somebody signed in stands in the token, how long ago that is does not.
    ///
    /// - Parameter now: by the clock that tokens are judged with.
    /// - Throws: 401 with the challenge if the sign-in is older or the token does not tell (`auth_time`); 403 for an
    ///   application, which has no sign-in.
    func requireRecentAuthentication(
        within seconds: Int64 = RecentAuthentication.maximumAgeSeconds, now: EventTime
    ) throws(ProblemDetails) {
        guard case .user(_, _, _, let authenticatedAt) = self else {
            throw ProblemDetails(.forbidden, detail: "This is for users, who can sign in again.")
        }
        guard let authenticatedAt, now <= authenticatedAt.adding(seconds: seconds) else {
            let description = "A sign-in within the last \(seconds) seconds is required."
            let challenge = """
                Bearer realm="zentriq", error="insufficient_user_authentication", \
                error_description="\(description)", max_age="\(seconds)"
                """
            throw ProblemDetails(
                .reauthenticationRequired, detail: description, extensions: ["max_age": .integer(seconds)],
                headers: [.wwwAuthenticate: challenge])
        }
    }
}
