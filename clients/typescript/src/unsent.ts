/** Failures of `fetch` before anything of the request has left. */

/** What Node and Bun call a name that is not found, and a connection that was not made. */
const CODES = new Set(['EAI_AGAIN', 'ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT']);
/** What went wrong in a system call may have done so later too, unless it is one of these. */
const CALLS = new Set(['connect', 'getaddrinfo']);
/** Of certificates, as OpenSSL and Node name it: requests come after them. */
const CERTIFICATES = /^(CERT_|DEPTH_ZERO_|ERR_TLS_CERT_|SELF_SIGNED_|UNABLE_TO_)/;
/** Deno has no code, and only says in words how far it got. */
const WORDS = /client error \(Connect\)/;

/**
 * Whether the server cannot have got anything of the request. Of runtimes that do not tell, and of
 * what is not known here, nobody knows: false.
 */
export function isUnsent(error: unknown): boolean {
    if (!(error instanceof Error)) return false;
    const { code, syscall, errors } = error as Error & Record<string, unknown>;
    // One for each address of a name.
    if (Array.isArray(errors) && errors.length > 0) return errors.every(isUnsent);
    if (typeof syscall === 'string' && CALLS.has(syscall)) return true;
    if (typeof code === 'string' && (CODES.has(code) || CERTIFICATES.test(code))) return true;
    return WORDS.test(error.message) || isUnsent(error.cause);
}
