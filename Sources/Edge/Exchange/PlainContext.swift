package import Hummingbird

/// The smallest `EdgeContext`: for listeners that know no callers.
package struct PlainContext: EdgeContext {
    package var coreContext: CoreRequestContextStorage
    package var requestID = ""

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
