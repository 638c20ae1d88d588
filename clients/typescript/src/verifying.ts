/** Whether a webhook comes from the server, and what it says. */

import type { WebhookPayload } from './payloads.js';

/** Those of a `Request`, of Node's `IncomingMessage`, or a plain object in any spelling. */
export type WebhookHeaders =
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
    /**
     * How old a webhook may be, or how far ahead of this machine's clock. 300 unless given. Null:
     * the time does not matter, and `X-SMSProvider-Signature` alone will do, which does not bind it.
     */
    readonly toleranceSeconds?: number | null;
    /** The seconds since 1970, for tests. */
    readonly now?: () => number;
}

/** What a genuine webhook says. */
export interface Verified {
    /** The event's id, the same whenever it is posted again; null where no signature covers it. */
    readonly id: string | null;
    /** Its number among the events of its message. No signature covers it. */
    readonly sequence: number | null;
    readonly payload: WebhookPayload;
}

export type WebhookFault = 'missing_headers' | 'wrong_time' | 'wrong_signature' | 'unreadable_body';

/** Not a webhook of this server: answer with 400, and do nothing of what it says. */
export class WebhookRejected extends Error {
    override readonly name = 'WebhookRejected';
    readonly code: WebhookFault;

    constructor(code: WebhookFault, message: string) {
        super(message);
        this.code = code;
    }
}

const PREFIX = 'whsec_';
const UTF8 = new TextEncoder();

/**
 * What a webhook says, if it is genuine.
 *
 * `body` are the bytes, or the text, as they arrived: not what was parsed of them. `secrets` is the
 * webhook's secret or, while it changes, all that may have been used. Throws
 * {@link WebhookRejected}.
 */
export async function verifyWebhook(
    body: string | Uint8Array | ArrayBuffer,
    headers: WebhookHeaders,
    secrets: string | readonly string[],
    options: VerifyOptions = {},
): Promise<Verified> {
    const bytes = bytesOf(body);
    const candidates = usable(typeof secrets === 'string' ? [secrets] : secrets);
    const tolerance = options.toleranceSeconds === undefined ? 300 : options.toleranceSeconds;
    const now = options.now ?? (() => Date.now() / 1_000);
    const id = header(headers, 'webhook-id');
    const time = header(headers, 'webhook-timestamp');
    const signatures = header(headers, 'webhook-signature');
    const bare = header(headers, 'x-smsprovider-signature');
    const isBound = id !== null && time !== null && signatures !== null;
    const signed = joined(UTF8.encode(`${id}.${time}.`), bytes);
    const isProven = isBound && (await fitsStandard(signed, signatures, candidates));
    if (isProven) {
        // After the signature: what is not signed proves no time.
        if (tolerance !== null) checkTime(time, now(), tolerance);
    } else if (tolerance !== null || bare === null) {
        if (isBound) throw wrongSignature();
        throw new WebhookRejected('missing_headers', 'a header of the signature is missing');
    } else if (!(await fitsProvider(bytes, bare, candidates))) {
        throw wrongSignature();
    }
    return {
        id: isProven ? id : null,
        sequence: sequenceIn(headers),
        payload: payloadIn(bytes),
    };
}

function wrongSignature(): WebhookRejected {
    return new WebhookRejected('wrong_signature', 'no signature fits the body and the secrets');
}

/** An empty one, as of a setting that is missing, would be a key that everybody knows. */
function usable(secrets: readonly string[]): readonly string[] {
    if (secrets.length === 0 || secrets.some((secret) => !keyPart(secret))) {
        throw new TypeError('without a secret everybody could sign');
    }
    return secrets;
}

function keyPart(secret: string): string {
    return secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
}

function checkTime(time: string, now: number, tolerance: number): void {
    // NaN, of what is no number, is never within.
    const age = /^\d+$/.test(time) ? Math.abs(now - Number(time)) : NaN;
    if (!(age <= tolerance)) {
        throw new WebhookRejected('wrong_time', `it was not signed within ${tolerance} seconds`);
    }
}

/** https://www.standardwebhooks.com: `v1,` and base64, several of them with blanks between. */
async function fitsStandard(
    signed: Uint8Array<ArrayBuffer>,
    signatures: string,
    secrets: readonly string[],
): Promise<boolean> {
    const given = signatures.split(' ').flatMap((one) => {
        const signature = one.startsWith('v1,') ? fromBase64(one.slice(3)) : null;
        return signature === null ? [] : [signature];
    });
    return fitsAny(signed, given, secrets.map(decoded));
}

/** The documented one: lower-case hex, and the key is the secret as it is written. */
async function fitsProvider(
    bytes: Uint8Array<ArrayBuffer>,
    signature: string,
    secrets: readonly string[],
): Promise<boolean> {
    const given = fromHex(signature);
    const keys = secrets.map((secret) => UTF8.encode(secret));
    return fitsAny(bytes, given === null ? [] : [given], keys);
}

async function fitsAny(
    signed: Uint8Array<ArrayBuffer>,
    signatures: readonly Uint8Array<ArrayBuffer>[],
    keys: readonly Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    for (const bytes of keys) {
        const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['verify']);
        for (const signature of signatures) {
            // Compares in constant time.
            if (await crypto.subtle.verify('HMAC', key, signature, signed)) return true;
        }
    }
    return false;
}

function decoded(secret: string): Uint8Array<ArrayBuffer> {
    const key = fromBase64(keyPart(secret));
    if (key === null) {
        throw new TypeError('a secret must be whsec_ and base64, as smscore shows it');
    }
    return key;
}

function payloadIn(bytes: Uint8Array<ArrayBuffer>): WebhookPayload {
    let payload: unknown;
    try {
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        payload = JSON.parse(text);
    } catch {
        throw new WebhookRejected('unreadable_body', 'it is genuine, but not JSON');
    }
    if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
        throw new WebhookRejected('unreadable_body', 'it is genuine, but no event');
    }
    return payload as WebhookPayload;
}

function sequenceIn(headers: WebhookHeaders): number | null {
    const text = header(headers, 'x-smsprovider-sequence') ?? '';
    return /^\d+$/.test(text) ? Number(text) : null;
}

function header(headers: WebhookHeaders, name: string): string | null {
    if (typeof headers.get === 'function') return headers.get(name);
    for (const [spelling, value] of Object.entries(headers)) {
        if (spelling.toLowerCase() !== name) continue;
        if (typeof value === 'string') return value;
        return Array.isArray(value) && value.length === 1 ? value[0] : null;
    }
    return null;
}

function bytesOf(body: string | Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer> {
    if (typeof body === 'string') return UTF8.encode(body);
    // Not `instanceof`, which knows only the arrays of its own realm.
    if (ArrayBuffer.isView(body)) {
        return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
    }
    const kind: string = Object.prototype.toString.call(body);
    if (kind === '[object ArrayBuffer]') return new Uint8Array(body);
    throw new TypeError('body must be what arrived, as text or bytes, before it was parsed');
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
    const both = new Uint8Array(first.length + second.length);
    both.set(first);
    both.set(second, first.length);
    return both;
}

/** Null if it is not written in the one way in which base64 writes these bytes. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
    try {
        const decoded = atob(text);
        return btoa(decoded) === text ? Uint8Array.from(decoded, (c) => c.charCodeAt(0)) : null;
    } catch {
        return null;
    }
}

function fromHex(text: string): Uint8Array<ArrayBuffer> | null {
    if (!/^([0-9a-f]{2})+$/.test(text)) return null;
    return Uint8Array.from(text.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
}
