#!/usr/bin/env python3
"""verify_tiles.py PREFIX VKEY: read the whole log from its tiles, and compare its root with the signed checkpoint.

PREFIX  where the log is served, such as https://credits.example.com/log/main
VKEY    the log's verifier key (c2sp.org/signed-note), as the operator has published it
"""
import base64, gzip, sys, urllib.request
from verify_receipt import sha256, signed

def fetch(path):
    with urllib.request.urlopen(f"{prefix}/{path}") as answer:
        data = answer.read()
        return gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data

def tile_path(level, index, width):
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == 256 else f".p/{width}")

def entries(size):
    """All entries, bundle by bundle: a length in two bytes, and as many bytes (c2sp.org/tlog-tiles)."""
    for first in range(0, size, 256):
        bundle = fetch(tile_path("entries", first // 256, min(256, size - first)))
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            yield bundle[2:2 + length]
            bundle = bundle[2 + length:]

def root(leaves):
    """RFC 9162, section 2.1.1, without holding the leaves: subtrees of equal size are merged as they come."""
    subtrees = []
    for leaf in leaves:
        count = 1
        while subtrees and subtrees[-1][0] == count:
            leaf, count = sha256(b"\x01" + subtrees.pop()[1] + leaf), 2 * count
        subtrees.append((count, leaf))
    if not subtrees:
        return sha256(b"")
    node = subtrees.pop()[1]
    while subtrees:
        node = sha256(b"\x01" + subtrees.pop()[1] + node)
    return node

if __name__ == "__main__":
    prefix = sys.argv[1]
    origin, size, expected = signed(fetch("checkpoint").decode(), sys.argv[2]).split("\n")[:3]
    computed = root(sha256(b"\x00" + entry) for entry in entries(int(size)))
    assert computed == base64.b64decode(expected), "the tiles are not what the checkpoint says"
    print(f"verified: {size} entries of {origin} have the root {computed.hex()}")
