import CPKCS11
import Glibc

/// A PKCS #11 module, loaded into the process for good: others may use it as well, so it is never finalized.
///
/// `@unchecked Sendable`: the table of functions belongs to the module and never changes; it is called by one actor.
struct CryptokiModule: @unchecked Sendable {
    let functions: UnsafePointer<CK_FUNCTION_LIST>

    init(path: String) throws(CryptokiError) {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw .unusable("the PKCS #11 module \(path) can't be loaded")
        }
        guard let symbol = dlsym(library, "C_GetFunctionList") else {
            throw .unusable("\(path) is no PKCS #11 module: it has no C_GetFunctionList")
        }
        let getFunctionList = unsafeBitCast(symbol, to: CK_C_GetFunctionList.self)
        var list: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        try Self.check("C_GetFunctionList", getFunctionList(&list))
        guard let list, list.pointee.version.major == 2 else {
            throw .unusable("\(path) does not speak version 2 of PKCS #11")
        }
        functions = UnsafePointer(list)
        try initialize()
    }

    /// Again, where the module says that it was not.
    func initialize() throws(CryptokiError) {
        var arguments = CK_C_INITIALIZE_ARGS()
        arguments.flags = Self.osLocking
        do { try call("C_Initialize") { $0.C_Initialize?(&arguments) } } catch {
            guard error.value == Self.alreadyInitialized else { throw error }
        }
    }

    /// Calls one of its functions; throws unless it answers CKR_OK.
    func call(_ name: String, _ body: (CK_FUNCTION_LIST) -> CK_RV?) throws(CryptokiError) {
        guard let value = body(functions.pointee) else { throw .unusable("the PKCS #11 module has no \(name)") }
        try Self.check(name, value)
    }

    private static func check(_ name: String, _ value: CK_RV) throws(CryptokiError) {
        guard value == 0 else { throw .refused(name, value) }
    }

    private static let osLocking: CK_FLAGS = 2
    private static let alreadyInitialized: UInt = 0x191
}
