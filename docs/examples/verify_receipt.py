#!/usr/bin/env python3
"""verify_receipt.py FILE VKEY: is this receipt's event in the log? With hashlib and openssl, and nothing of Zentriq's.

FILE  a proof file (c2sp.org/tlog-proof) whose extra data is {"event": ..., "salt": base64}
VKEY  the log's verifier key (c2sp.org/signed-note), as the operator has published it
"""
import base64, hashlib, json, subprocess, sys, tempfile

sha256 = lambda data: hashlib.sha256(data).digest()

def signed(note, vkey):
    """The text of a note, if the key's Ed25519 signature is on it."""
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key)
    assert key[0] == 1 and sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "not a verifier key"
    text, signatures = note.rsplit("\n\n", 1)
    lines = [base64.b64decode(line.split(" ")[2]) for line in signatures.splitlines() if line.startswith(f"— {name} ")]
    blob = next(blob for blob in lines if blob[:4].hex() == key_id)
    with tempfile.NamedTemporaryFile() as public, tempfile.NamedTemporaryFile() as signature, \
            tempfile.NamedTemporaryFile() as message:
        der = bytes.fromhex("302a300506032b6570032100") + key[1:]  # SubjectPublicKeyInfo of RFC 8410
        for file, data in ((public, der), (signature, blob[4:]), (message, (text + "\n").encode())):
            file.write(data)
            file.flush()
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", public.name, "-rawin",
                        "-in", message.name, "-sigfile", signature.name], check=True, stdout=subprocess.DEVNULL)
    return text

def root_of(leaf, index, size, path):
    """RFC 9162, section 2.1.3.2."""
    node, last, path = index, size - 1, list(path)
    for sibling in path:
        assert last > 0, "the path is too long"
        if node % 2 or node == last:
            leaf = sha256(b"\x01" + sibling + leaf)
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            leaf = sha256(b"\x01" + leaf + sibling)
        node, last = node // 2, last // 2
    assert last == 0, "the path is too short"
    return leaf

def verify(file, vkey):
    head, note = open(file, encoding="utf-8").read().split("\n\n", 1)
    version, extra, index, *path = head.split("\n")
    assert version == "c2sp.org/tlog-proof@v1", "not a proof file"
    opened = json.loads(base64.b64decode(extra.removeprefix("extra ")))
    origin, size, root = signed(note, vkey).split("\n")[:3]
    # Canonical JSON (RFC 8785): for what is in these events, sorted keys and no spaces are all there is to it.
    event = json.dumps(opened["event"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    salt = base64.b64decode(opened["salt"])
    assert len(salt) == 32 and opened["event"]["log"] == origin, "the event is of another log"
    entry = sha256(b"zentriq-event/v1\n" + salt + len(event).to_bytes(8, "big") + event)
    index = int(index.removeprefix("index "))
    computed = root_of(sha256(b"\x00" + entry), index, int(size), map(base64.b64decode, path))
    assert computed == base64.b64decode(root), "the event is not in the tree"
    return index, int(size), opened["event"]

if __name__ == "__main__":
    index, size, event = verify(sys.argv[1], sys.argv[2])
    print(f"verified: entry {index} of {size} is {event['type']} of {event['recorded_at']}: {json.dumps(event['data'])}")
