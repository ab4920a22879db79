#!/usr/bin/env python3
"""open_sealed.py FILE FOLDER: opens a sealed event, and checks that it is what its entry commits to. With the key-encryption
key, hashlib and Debian's python3-cryptography, and nothing of Zentriq's.

FILE    a row in JSON, as the query in docs/SEALING.md gives it
FOLDER  the folder with the key-encryption key
"""
import base64, hashlib, json, sys, uuid
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

def binding(format, log, *ids):
    """What a sealed thing is bound to."""
    return format + b"\n" + len(log).to_bytes(2, "big") + log + b"".join(uuid.UUID(id).bytes for id in ids)

def unsealed(key, sealed, bound_to):
    """nonce (12), ciphertext, tag (16)"""
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], bound_to)

def opened(row, folder):
    log, key_id = row["log"].encode(), row["key"]
    owner = (row["tenant"], row["actor"], key_id)

    with open(f"{folder}/{row['kek_version']}.key", encoding="ascii") as file:
        kek = base64.b64decode(file.read(), validate=False)
    wrapped = bytes.fromhex(row["wrapped"])
    assert len(wrapped) == 61 and wrapped[0] == 1, "not a wrapped key"
    version = int(row["kek_version"]).to_bytes(4, "big")
    data_key = unsealed(kek, wrapped[1:], binding(b"zentriq-wrapped-subject-key/v1", log, *owner) + version)

    def derived(purpose):
        return HKDF(SHA256(), 32, uuid.UUID(key_id).bytes, purpose).derive(data_key)

    envelope = bytes.fromhex(row["envelope"])
    assert envelope[0] == 1, "not an envelope"
    assert envelope[1:33] == derived(b"zentriq-event-key-commitment/v1"), "sealed under another key"
    content = unsealed(
        derived(b"zentriq-event-key/v1"), envelope[33:], binding(b"zentriq-sealed-event/v1", log, *owner, row["id"]))
    return content[:32], json.loads(content[32:])

def event(row, data):
    members = ("actor", "class", "id", "log", "recorded_at", "request", "schema", "stream", "tenant", "type", "version")
    return {"data": data} | {name: row[name] for name in members}

if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        row = json.load(file)
    salt, data = opened(row, sys.argv[2])
    event = event(row, data)
    # Canonical JSON (RFC 8785): for what is in these events, sorted keys and no spaces are all there is to it.
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    entry = hashlib.sha256(b"zentriq-event/v1\n" + salt + len(text).to_bytes(8, "big") + text).hexdigest()
    assert entry == row["commitment"], "the row is not what its entry commits to"
    print(f"opened: {event['type']} of {event['recorded_at']}: {json.dumps(data)}")
