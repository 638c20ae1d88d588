"""
Makes small Android packages: a binary manifest, signed by the look of it, in an archive.

The certificate is well-formed and the signature is not one: nothing that reads versions and
certificates looks at it, only phones do.
"""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from hashlib import sha256

__all__ = ["an_apk", "certificate", "manifest_of"]

_NOTHING = 0xFFFFFFFF
_ANDROID = "http://schemas.android.com/apk/res/android"
_IDS = {"versionCode": 0x0101021B, "versionName": 0x0101021C}


def an_apk(
    *,
    package: str = "org.example.phone",
    version: str | int | None = "1.0.0",
    code: int | None = 1,
    signer: str | None = "release",
    files: Mapping[str, bytes] | None = None,
    manifest: bytes | None = None,
    attributes: Mapping[str, str] | None = None,
) -> bytes:
    """
    An APK with this manifest, signed with the certificate of this name; None: not at all.

    A version that is a number is what the resources have under it.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        if manifest is None:
            manifest = manifest_of(package, version, code, attributes or {})
        archive.writestr("AndroidManifest.xml", manifest)
        for name, held in (files or {}).items():
            archive.writestr(name, held)
    whole = content.getvalue()
    return whole if signer is None else _with_block(whole, [certificate(signer)])


# The manifest: chunks of type, size of the header, size of all, as Android's ResourceTypes.h says.


def manifest_of(
    package: str, version: str | int | None, code: int | None, attributes: Mapping[str, str]
) -> bytes:
    """The manifest's binary form; what is None is left out."""
    texts = [*_IDS, "android", _ANDROID, "manifest", "package", package]
    said: list[tuple[int, int, int, int, int]] = []
    if code is not None:
        said.append((texts.index(_ANDROID), 0, _NOTHING, 0x10, code))
    if isinstance(version, int):
        said.append((texts.index(_ANDROID), 1, _NOTHING, 0x01, version))
    elif version is not None:
        texts.append(version)
        said.append((texts.index(_ANDROID), 1, texts.index(version), 0x03, texts.index(version)))
    for name, value in {"package": package, **attributes}.items():
        texts += [name, value]
        place = texts.index(value)
        said.append((_NOTHING, texts.index(name), place, 0x03, place))
    body = b"".join(
        [
            _text_pool(texts),
            _chunk(0x0180, b"", struct.pack(f"<{len(_IDS)}I", *_IDS.values())),
            _namespace(0x0100, texts),
            _start(texts.index("manifest"), said),
            _node(0x0103, struct.pack("<2I", _NOTHING, texts.index("manifest"))),
            _namespace(0x0101, texts),
        ]
    )
    return _chunk(0x0003, b"", body)


def _chunk(kind: int, header: bytes, body: bytes) -> bytes:
    size = 8 + len(header)
    return struct.pack("<HHI", kind, size, size + len(body)) + header + body


def _text_pool(texts: Sequence[str]) -> bytes:
    offsets, pool = [], b""
    for text in texts:
        offsets.append(len(pool))
        units = text.encode("utf-16-le")
        pool += struct.pack("<H", len(units) // 2) + units + b"\0\0"
    pool += b"\0" * (-len(pool) % 4)
    header = struct.pack("<5I", len(texts), 0, 0, 28 + 4 * len(texts), 0)
    return _chunk(0x0001, header, struct.pack(f"<{len(texts)}I", *offsets) + pool)


def _node(kind: int, body: bytes) -> bytes:
    return _chunk(kind, struct.pack("<2I", 1, _NOTHING), body)


def _namespace(kind: int, texts: Sequence[str]) -> bytes:
    return _node(kind, struct.pack("<2I", texts.index("android"), texts.index(_ANDROID)))


def _start(name: int, said: Sequence[tuple[int, int, int, int, int]]) -> bytes:
    body = struct.pack("<2I6H", _NOTHING, name, 20, 20, len(said), 0, 0, 0)
    for space, attribute, raw, kind, value in said:
        body += struct.pack("<3IHBBI", space, attribute, raw, 8, 0, kind, value)
    return _node(0x0102, body)


# The signing block of scheme 2, between the files and their directory.


def _with_block(archive: bytes, certificates: Sequence[bytes]) -> bytes:
    end = archive.rindex(b"PK\x05\x06")
    (directory,) = struct.unpack_from("<I", archive, end + 16)
    signed = _long(b"") + _long(b"".join(map(_long, certificates))) + _long(b"")
    signers = _long(_long(_long(signed) + _long(b"") + _long(b"")))
    pair = struct.pack("<QI", 4 + len(signers), 0x7109871A) + signers
    size = struct.pack("<Q", len(pair) + 24)
    block = size + pair + size + b"APK Sig Block 42"
    moved = bytearray(archive[end:])
    struct.pack_into("<I", moved, 16, directory + len(block))
    return archive[:directory] + block + archive[directory:end] + bytes(moved)


def _long(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content


# A certificate in DER, whose key and signature are made of its name.


def certificate(name: str) -> bytes:
    """The certificate of whoever signs under this name."""
    algorithm = _der(0x30, bytes.fromhex("06092a864886f70d01010b0500"))
    subject = _der(
        0x30, _der(0x31, _der(0x30, bytes.fromhex("0603550403") + _der(0x0C, name.encode())))
    )
    days = _der(0x30, _der(0x17, b"240101000000Z") + _der(0x17, b"490101000000Z"))
    digest = sha256(name.encode()).digest()
    key = _der(0x30, _der(0x02, b"\x00" + digest * 8) + _der(0x02, b"\x01\x00\x01"))
    usable = _der(
        0x30,
        _der(0x30, bytes.fromhex("06092a864886f70d0101010500")) + _der(0x03, b"\x00" + key),
    )
    said = _der(0x30, _der(0x02, b"\x01") + algorithm + subject + days + subject + usable)
    return _der(0x30, said + algorithm + _der(0x03, b"\x00" + digest * 8))


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content
