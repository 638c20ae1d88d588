/** A server that answers as a test says, and a time that leaps when everybody waits for it. */

import { type Clock, Smscore } from '../src/index.js';

export interface Seen {
    readonly method: string;
    readonly path: string;
    readonly headers: Headers;
    readonly body: unknown;
}

/** What comes back for one request: an answer, a failure, or nothing for as long as it is awaited. */
export type Step = Response | Error | 'nothing';

export class PretendServer {
    readonly seen: Seen[] = [];
    readonly #steps: Step[];

    constructor(...steps: Step[]) {
        this.#steps = steps;
    }

    readonly fetch: typeof fetch = async (input, init) => {
        const request = new Request(input, init);
        const { pathname, search } = new URL(request.url);
        const text = await request.text();
        this.seen.push({
            method: request.method,
            path: pathname + search,
            headers: request.headers,
            body: text === '' ? undefined : JSON.parse(text),
        });
        const step = this.#steps.shift();
        if (step === undefined) throw new Error('nobody said what to answer to this');
        if (step instanceof Error) throw step;
        if (step instanceof Response) return step;
        return new Promise((_, reject) => {
            const signal = init?.signal;
            const end = () => reject(new DOMException('aborted', 'AbortError'));
            if (signal?.aborted) end();
            signal?.addEventListener('abort', end);
        });
    };
}

/** Leaps to whatever is due next as soon as nothing else happens. */
export class LeapingClock implements Clock {
    readonly slept: number[] = [];
    luck = 0;
    #now = 1_000_000;
    #waiting: { due: number; wake: () => void }[] = [];

    now(): number {
        return this.#now;
    }

    chance(): number {
        return this.luck;
    }

    sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
        return new Promise((resolve, reject) => {
            const end = () => {
                this.#waiting = this.#waiting.filter((one) => one !== waiting);
                reject(signal.reason);
            };
            const waiting = {
                due: this.#now + milliseconds,
                wake: () => {
                    signal.removeEventListener('abort', end);
                    this.slept.push(milliseconds);
                    resolve();
                },
            };
            this.#waiting.push(waiting);
            signal.addEventListener('abort', end);
            this.#leapAfter(8);
        });
    }

    #leapAfter(turns: number): void {
        setImmediate(() => (turns > 0 ? this.#leapAfter(turns - 1) : this.#leap()));
    }

    #leap(): void {
        const [next, ...rest] = this.#waiting.sort((one, other) => one.due - other.due);
        if (next === undefined) return;
        this.#waiting = rest;
        this.#now = Math.max(this.#now, next.due);
        next.wake();
    }
}

export const KEY = 'a-key-that-nobody-may-see';

export function aClient(
    server: PretendServer,
    options: { clock?: LeapingClock; maxRetries?: number; timeoutSeconds?: number } = {},
): Smscore {
    return new Smscore({
        apiKey: KEY,
        baseUrl: 'http://sms.test',
        fetch: server.fetch,
        clock: new LeapingClock(),
        ...options,
    });
}

export function accepted(more: Record<string, unknown> = {}): Response {
    return Response.json({
        success: true,
        message_id: 'msg_0000000000000001',
        credits_used: 1,
        credits_remaining: 9,
        status: 'queued',
        ...more,
    });
}

export function refused(
    status: number,
    code: string,
    { message = 'No', ...headers }: Record<string, string> = {},
): Response {
    return Response.json({ success: false, error: { code, message } }, { status, headers });
}

/** As a proxy answers that knows nothing of JSON. */
export function page(status: number, text = '<h1>Something went wrong</h1>'): Response {
    return new Response(text, { status, headers: { 'content-type': 'text/html' } });
}

export const BROKEN = new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
export const REFUSED = new TypeError('fetch failed', { cause: failure('ECONNREFUSED', 'connect') });

/** How runtimes tell that nothing has left. */
export const UNSENT: Record<string, Error> = {
    'Node, refused': REFUSED,
    'Node, no such name': new TypeError('fetch failed', {
        cause: failure('ENOTFOUND', 'getaddrinfo'),
    }),
    'Node, no way there': new TypeError('fetch failed', {
        cause: failure('EHOSTUNREACH', 'connect'),
    }),
    'Node, several addresses': new TypeError('fetch failed', {
        cause: new AggregateError([
            failure('ECONNREFUSED', 'connect'),
            failure('ENETUNREACH', 'connect'),
        ]),
    }),
    'Node, a wrong certificate': new TypeError('fetch failed', {
        cause: failure('DEPTH_ZERO_SELF_SIGNED_CERT'),
    }),
    'Bun, refused': failure('ECONNREFUSED'),
    'Deno, refused': new TypeError('fetch failed', {
        cause: new Error('error sending request: client error (Connect): tcp connect error'),
    }),
};

function failure(code: string, syscall?: string): Error {
    return Object.assign(new Error(code), syscall === undefined ? { code } : { code, syscall });
}

export const A_MESSAGE = { to: '+491701234567', message: 'Hello' };
