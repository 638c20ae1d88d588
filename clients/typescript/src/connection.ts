/** Calls to one server under one key, repeated as far as that is safe. */

import { type CallSoFar, contentOf, isUncertainAfter } from './answers.js';
import { NoAnswer, SmscoreError } from './errors.js';
import { whenAborted } from './following.js';
import { mayRepeat, pauseAfter } from './retrying.js';
import { checked, type ClientOptions, positive, type Settings } from './settings.js';
import { isUnsent } from './unsent.js';

/** What may be different for a single call. */
export interface CallOptions {
    /** Ends the call, which then throws the signal's reason. */
    readonly signal?: AbortSignal;
    /** For how long this call may go on, with all its repetitions. */
    readonly timeoutSeconds?: number;
}

/** One call of the API. */
export interface Call {
    readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    readonly path: string;
    /** What is undefined is left out. */
    readonly query?: Readonly<Record<string, string | number | undefined>>;
    readonly body?: unknown;
    readonly idempotencyKey?: string;
    /** Whether doing it twice is as good as once. */
    readonly isRepeatable: boolean;
    /** Whether it changes nothing, as what is read never does. */
    readonly isQuestion?: boolean;
}

type Attempt = (signal: AbortSignal) => Promise<Response>;

export class Connection {
    // Private to the language, so that no log of a client shows the key.
    readonly #settings: Settings;

    constructor(options: ClientOptions) {
        this.#settings = checked(options);
    }

    /** The content of the answer. Throws {@link SmscoreError}, or the reason of the signal. */
    async call<Content>(call: Call, options: CallOptions = {}): Promise<Content> {
        const { clock, maxRetries, timeoutSeconds } = this.#settings;
        const signal = options.signal ?? new AbortController().signal;
        const seconds = positive('timeoutSeconds', options.timeoutSeconds ?? timeoutSeconds);
        const deadline = clock.now() + 1_000 * seconds;
        const attempt = this.#attemptOf(call);
        const name = `${call.method} ${call.path}`;
        const idempotencyKey = call.idempotencyKey ?? null;
        const isQuestion = call.isQuestion ?? call.method === 'GET';
        let failures = 0;
        let isUncertain = false;
        for (let attempts = 1; ; attempts += 1) {
            signal.throwIfAborted();
            const soFar = { name, attempts, idempotencyKey, isUncertain, isQuestion };
            try {
                return (await this.#try(attempt, soFar, { deadline, signal })) as Content;
            } catch (error) {
                if (!(error instanceof SmscoreError)) throw error;
                isUncertain = error.isUncertain;
                // Who calls too often has to wait, but did not fail.
                if (error.status !== 429) failures += 1;
                const pause = pauseAfter(error, failures, clock.chance());
                const isOver = failures > maxRetries || clock.now() + pause >= deadline;
                if (isOver || !mayRepeat(error, call.isRepeatable)) throw error;
                await clock.sleep(pause, signal);
            }
        }
    }

    async #try(
        attempt: Attempt,
        soFar: CallSoFar,
        { deadline, signal }: { deadline: number; signal: AbortSignal },
    ): Promise<unknown> {
        const { clock, attemptTimeoutSeconds } = this.#settings;
        const limit = Math.min(1_000 * attemptTimeoutSeconds, deadline - clock.now());
        const waiting = new AbortController();
        const over = new AbortController();
        const giveUp = () => waiting.abort();
        const forget = whenAborted(signal, giveUp);
        clock.sleep(limit, over.signal).then(giveUp, () => undefined);
        try {
            return await contentOf(await attempt(waiting.signal), soFar);
        } catch (error) {
            if (error instanceof SmscoreError) throw error;
            signal.throwIfAborted();
            throw lost(error, soFar, { isLate: waiting.signal.aborted });
        } finally {
            forget();
            over.abort();
        }
    }

    /** Everything that the caller may have got wrong shows here, before anything is sent. */
    #attemptOf(call: Call): Attempt {
        const { apiKey, baseUrl, fetch } = this.#settings;
        const headers = new Headers({
            accept: 'application/json',
            authorization: `Bearer ${apiKey}`,
        });
        if (call.body !== undefined) headers.set('content-type', 'application/json');
        if (call.idempotencyKey !== undefined) headers.set('idempotency-key', call.idempotencyKey);
        const request: RequestInit = {
            method: call.method,
            headers,
            body: call.body === undefined ? null : JSON.stringify(call.body, withRealDates),
            // The server never redirects; whoever does would be told the key.
            redirect: 'manual',
        };
        const url = `${baseUrl}${call.path}${written(call.query)}`;
        return (signal) => fetch(url, { ...request, signal });
    }
}

function lost(cause: unknown, call: CallSoFar, { isLate }: { isLate: boolean }): NoAnswer {
    const { name, attempts, idempotencyKey } = call;
    const failed = isUnsent(cause) ? 'the server was not reached' : 'the connection failed';
    const reason = isLate ? 'nothing came in time' : failed;
    return new NoAnswer(
        `${name} had no answer: ${reason}`,
        {
            code: isLate ? 'timeout' : 'connection_failed',
            status: null,
            correlationId: null,
            retryAfterSeconds: null,
            attempts,
            isUncertain: isUncertainAfter(call, { mayBeDone: !isUnsent(cause) }),
            idempotencyKey,
        },
        { cause },
    );
}

/** Of a date that is none JSON makes null, by which the server understands: now, or always. */
function withRealDates(this: Record<string, unknown>, name: string, value: unknown): unknown {
    const given = this[name];
    if (given instanceof Date && Number.isNaN(given.getTime())) {
        throw new TypeError(`${name} is no date`);
    }
    return value;
}

function written(query: Call['query']): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
        if (value !== undefined && value !== null) parameters.set(name, String(value));
    }
    return parameters.size > 0 ? `?${parameters}` : '';
}
