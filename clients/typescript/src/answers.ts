/** What a response of the server means. */

import { NoAnswer, Refused, type RefusalCode } from './errors.js';

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
 * Throws what `response.text` does when the connection breaks, and otherwise {@link Refused} or
 * {@link NoAnswer}.
 */
export async function contentOf(response: Response, call: CallSoFar): Promise<unknown> {
    const content = parsed(await response.text());
    if (response.ok && isYes(content)) return content;
    const failure = {
        status: response.status,
        correlationId: response.headers.get('x-correlation-id'),
        retryAfterSeconds: retryAfter(response.headers),
        attempts: call.attempts,
        idempotencyKey: call.idempotencyKey,
    };
    const reason = response.ok ? null : reasonIn(content);
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

/** The seconds that `Retry-After` names, or that are between `Date` and the date in it. */
export function retryAfter(headers: Headers): number | null {
    const text = headers.get('retry-after') ?? '';
    const seconds = /^\d+$/.test(text)
        ? Number(text)
        : (Date.parse(text) - Date.parse(headers.get('date') ?? '')) / 1_000;
    return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
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
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : null;
}

/** Every yes says so, but for a message that is shown. */
function isYes(content: unknown): boolean {
    return isObject(content) && (content.success === true || 'message_id' in content);
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
