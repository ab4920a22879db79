#!/usr/bin/env python3
"""open_token.py FILE FOLDER: opens a stored refresh token, and checks that it is the one that the log tells of. With the
key-encryption key, hashlib and Debian's python3-cryptography, and nothing of Zentriq's.

FILE    a row in JSON, as the query in docs/VAULT.md gives it
FOLDER  the folder with the key-encryption key

Prints the SHA-256 of the token, never the token.
"""
import base64, hashlib, json, sys, uuid
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

def place(format, row):
    """What a sealed thing is bound to."""
    log, product = row["log"].encode(), row["product"].encode()
    ids = b"".join(uuid.UUID(row[name]).bytes for name in ("tenant", "subject", "record"))
    return (format + b"\n" + len(log).to_bytes(2, "big") + log + ids + int(row["generation"]).to_bytes(8, "big")
            + bytes([len(product)]) + product)

def unsealed(key, sealed, bound_to):
    """nonce (12), ciphertext, tag (16)"""
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], bound_to)

def opened(row, folder):
    with open(f"{folder}/{row['kek_version']}.key", encoding="ascii") as file:
        kek = base64.b64decode(file.read(), validate=False)
    wrapped = bytes.fromhex(row["wrapped"])
    assert len(wrapped) == 61 and wrapped[0] == 1, "not a wrapped key"
    version = int(row["kek_version"]).to_bytes(4, "big")
    data_key = unsealed(kek, wrapped[1:], place(b"zentriq-wrapped-token-key/v1", row) + version)

    def derived(purpose):
        return HKDF(SHA256(), 32, uuid.UUID(row["record"]).bytes, purpose).derive(data_key)

    envelope = bytes.fromhex(row["envelope"])
    assert envelope[0] == 1, "not an envelope"
    assert envelope[1:33] == derived(b"zentriq-token-key-commitment/v1"), "sealed under another key"
    return unsealed(derived(b"zentriq-token-key/v1"), envelope[33:], place(b"zentriq-sealed-token/v1", row))

if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        row = json.load(file)
    newest = json.loads(row["newest"])
    assert (newest["record"], newest["generation"]) == (row["record"], row["generation"]), "not the newest generation"
    envelope_hash = hashlib.sha256(bytes.fromhex(row["envelope"])).digest()
    assert base64.b64decode(newest["envelope"]) == envelope_hash, "not the envelope that the log tells of"
    token = opened(row, sys.argv[2])
    print(f"opened: generation {row['generation']}, {len(token)} bytes, SHA-256 {hashlib.sha256(token).hexdigest()}")
