import HTTPTypes
import Hummingbird

/// Which methods each declared path knows. Asked only when the router has found nothing.
struct RouteTable: Sendable {
    private enum Segment: Equatable {
        case literal(String)
        case parameter
        case rest
    }

    private struct Route {
        let segments: [Segment]
        var methods: Set<String>
    }

    /// The most specific first, as the router itself prefers them.
    private let routes: [Route]

    init(_ descriptions: some Sequence<(path: String, method: HTTPRequest.Method)>) {
        var methods: [String: Set<String>] = [:]
        for description in descriptions {
            methods[description.path, default: []].insert(description.method.rawValue)
        }
        routes =
            methods
            .map { Route(segments: Self.segments(ofTemplate: $0.key), methods: $0.value) }
            .sorted { left, right in
                let ranks = (left.segments.map(Self.rank), right.segments.map(Self.rank))
                return ranks.0.lexicographicallyPrecedes(ranks.1)
            }
    }

    /// The `Allow` header for `path`, sorted, with OPTIONS; nil if no route has this path.
    func allowedMethods(forPath path: String) -> String? {
        let segments = path.split(separator: "/")
        guard let route = routes.first(where: { Self.matches($0.segments, segments) }) else { return nil }
        return route.methods.union(["OPTIONS"]).sorted().joined(separator: ", ")
    }

    private static func segments(ofTemplate template: String) -> [Segment] {
        template.split(separator: "/").map { part in
            switch part {
            case "**": .rest
            case _ where part.contains("{") || part.contains("*"): .parameter
            default: .literal(String(part))
            }
        }
    }

    private static func rank(_ segment: Segment) -> Int {
        switch segment {
        case .literal: 0
        case .parameter: 1
        case .rest: 2
        }
    }

    private static func matches(_ template: [Segment], _ path: [Substring]) -> Bool {
        var index = 0
        for segment in template {
            if segment == .rest { return index < path.count }
            guard index < path.count else { return false }
            if case .literal(let text) = segment, text != path[index] { return false }
            index += 1
        }
        return index == path.count
    }
}
