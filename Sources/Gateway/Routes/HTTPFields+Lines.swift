import AuditLog
import HTTPTypes

extension HTTPFields {
    /// Whether `Accept` names lines of JSON, and not with a weight of nothing (RFC 9110, section 12.5.1).
    var wantLines: Bool {
        self[values: .accept].flatMap { $0.split(separator: ",") }.contains { range in
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            return parts.first == AuditExport.mediaType && !parts.dropFirst().contains(where: Self.isNoWeight)
        }
    }

    private static func isNoWeight(_ parameter: String) -> Bool {
        parameter.hasPrefix("q=") && Double(parameter.dropFirst(2)) == 0
    }
}
