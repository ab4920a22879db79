import CanonicalJSON

/// Prints a line of canonical JSON.
func printCanonical(_ value: JSONValue) {
    print(String(decoding: value.canonicalBytes(), as: UTF8.self))
}

func printCanonical(_ object: JSONObject) { printCanonical(.object(object)) }
