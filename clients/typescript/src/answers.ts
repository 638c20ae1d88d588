/** What a response of the server means. */

import { NoAnswer, Refused, type RefusalCode } from './errors.js';

const LONGEST_ANSWER = 16 * 2 ** 20; // bytes; those of the API are far shorter
const FOR_EVER = 1e9; // seconds; nobody waits for what is asked beyond
const BARE = new Map<number, RefusalCode>([
    [401, 'authentication_failed'],
    [413, 'payload_too_large'],
    [429, 'rate_limit_exceeded'],
]);

/** What an error tells of the call, whatever came back. */
export interface CallSoFar {
    readonly name: string;
    readonly attempts: number;
    readonly idempotencyKey: string | null;
    /** Whether an attempt before this one may have been carried out. */
    readonly isUncertain: boolean;
    /** Whether it changes nothing, so that it does not matter whether it was carried out. */
    readonly isQuestion: boolean;
}

/** Whether something may have been carried out, after an attempt of which nobody knows. */
export function isUncertainAfter(call: CallSoFar, { mayBeDone }: { mayBeDone: boolean }): boolean {
    return call.isUncertain || (mayBeDone && !call.isQuestion);
}

/**
 * The content of an answer that says yes.
 *
 * Throws what reading does when the connection breaks or does not end, and otherwise {@link Refused} or
 * {@link NoAnswer}.
 */
export async function contentOf(response: Response, call: CallSoFar): Promise<unknown> {
    const content = parsed(await textOf(response));
    if (response.ok && isYes(content)) return content;
    const failure = {
        status: response.status,
        correlationId: response.headers.get('x-correlation-id'),
        retryAfterSeconds: retryAfter(response.headers),
        attempts: call.attempts,
        idempotencyKey: call.idempotencyKey,
    };
    const reason = response.ok ? null : (reasonIn(content) ?? bareReason(response.status));
    if (reason !== null) {
        const { code, message } = reason;
        throw new Refused(`${message} (${code})`, {
            ...failure,
            code,
            // Its own 503 says that nothing was kept; who has another fault does not know.
            isUncertain: isUncertainAfter(call, {
                mayBeDone: response.status >= 500 && code !== 'service_unavailable',
            }),
        });
    }
    // Nothing of the body: whoever wrote it may have put the request's headers into it.
    throw new NoAnswer(`${call.name} was answered with ${response.status}, but not by smscore`, {
        ...failure,
        code: 'unreadable_answer',
        // A proxy that says 3xx or 4xx has not passed it on.
        isUncertain: isUncertainAfter(call, { mayBeDone: response.ok || response.status >= 500 }),
    });
}

/**
 * The seconds that `Retry-After` names, or that are between `Date` and the date in it (RFC 9110,
 * 10.2.3 and 5.6.7).
 */
export function retryAfter(headers: Headers): number | null {
    const text = headers.get('retry-after') ?? '';
    const seconds = /^\d+$/.test(text)
        ? Number(text)
        : (dated(text) - dated(headers.get('date') ?? '')) / 1_000;
    return Number.isNaN(seconds) ? null : Math.min(Math.max(0, seconds), FOR_EVER);
}

/** `Date.parse` alone reads a date into nearly everything. */
function dated(text: string): number {
    return /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) ? Date.parse(text) : NaN;
}

async function textOf(response: Response): Promise<string> {
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = '';
    let size = 0;
    for (;;) {
        const read = await reader?.read();
        if (!read || read.done) return text + decoder.decode();
        size += read.value.byteLength;
        if (size > LONGEST_ANSWER) {
            await reader?.cancel();
            throw new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`);
        }
        text += decoder.decode(read.value, { stream: true });
    }
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function reasonIn(content: unknown): { code: RefusalCode; message: string } | null {
    if (!isObject(content) || !isObject(content.error)) return null;
    const { code, message } = content.error;
    if (typeof code !== 'string') return null;
    return { code, message: typeof message === 'string' ? message : 'the server said no' };
}

/** What says no in the server's place, such as a proxy, says no more. */
function bareReason(status: number): { code: RefusalCode; message: string } | null {
    const code = BARE.get(status);
    return code === undefined ? null : { code, message: `the server answered ${status}` };
}

/** Every yes says so, but for a message that is shown. */
function isYes(content: unknown): boolean {
    return isObject(content) && (content.success === true || 'message_id' in content);
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
