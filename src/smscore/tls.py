"""
What a server needs to speak TLS: its certificate and key, from files.
"""

import ssl
from pathlib import Path

from smscore.errors import ConfigurationError
from smscore.files import open_file

__all__ = ["server_context"]

_WORDS = {
    "KEY_VALUES_MISMATCH": "the key does not belong to the certificate",
    "BAD_DECRYPT": "the key has a passphrase; 'openssl pkey' writes it without, for its user alone",
    "EE_KEY_TOO_SMALL": "its key is too short to be secure",
    "CA_MD_TOO_WEAK": "it is signed in a way that is not secure any more",
}
"""By OpenSSL's reason."""
_NOT_WHOLE = "it and its key are no whole certificate and key in PEM"


def server_context(certificate: Path, key: Path | None, *, where: str) -> ssl.SSLContext:
    """
    A context with the certificate chain and its key, both PEM; TLS 1.2 or newer.

    Without ``key`` the key is in the file of the certificate. ``where`` is the table of the
    configuration that names them, for errors.

    Raises:
        ConfigurationError: a file cannot be read, or they do not fit together.
    """
    for name, path in (("certificate", certificate), ("key", key)):
        try:
            if path is not None:
                open_file(path).close()
        except OSError as cause:
            raise ConfigurationError(f"[{where}] {name} {path}: {cause.strerror}") from cause
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A password, or OpenSSL would ask for one at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as cause:  # the library's errors are OSErrors
        reason = getattr(cause, "reason", None)
        is_of_content = isinstance(cause, ssl.SSLError)  # often without a reason
        said = _WORDS.get(reason or "", _NOT_WHOLE if is_of_content else "")
        raise ConfigurationError(f"[{where}] certificate {certificate}: {said or cause}") from cause
    return context
