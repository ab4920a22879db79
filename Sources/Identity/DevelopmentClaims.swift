import JWTKit

/// The claims of an Entra v2 access token, as the development issuer writes them.
struct DevelopmentClaims: JWTPayload {
    let ver = "2.0"
    let azpacr: String
    let aud: String
    let iss: String
    let tid: String
    let oid: String
    let sub: String
    let azp: String
    let uti: String
    let iat: Int64
    let nbf: Int64
    let exp: Int64
    var scp: String?
    var idtyp: String?
    var roles: [String]?
    var authTime: Int64?

    private enum CodingKeys: String, CodingKey {
        case ver, azpacr, aud, iss, tid, oid, sub, azp, uti, iat, nbf, exp, scp, idtyp, roles
        case authTime = "auth_time"
    }

    /// These claims are only ever written; ``ClaimRules`` judges what is read.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
