/** Where the server is, who asks, and for how long. */

import { type Clock, SYSTEM_CLOCK } from './clock.js';

export interface ClientOptions {
    /** What `smscore key create` has shown. */
    readonly apiKey: string;
    /** Such as `https://sms.example.org`; the `/v1` may be there or not. */
    readonly baseUrl: string;
    /** For how long a call may go on, with all its repetitions. 30 unless given. */
    readonly timeoutSeconds?: number;
    /** After how long an attempt without an answer is given up. 10 unless given. */
    readonly attemptTimeoutSeconds?: number;
    /** How often a call that failed is repeated at most. 3 unless given. */
    readonly maxRetries?: number;
    /** Instead of the global `fetch`: for proxies, and for the bindings of edge workers. */
    readonly fetch?: typeof fetch;
    /** For tests. */
    readonly clock?: Clock;
}

export type Settings = Required<ClientOptions>;

/** All of them, in a form that can be used. Throws `TypeError`. */
export function checked(options: ClientOptions): Settings {
    return {
        apiKey: checkedKey(options.apiKey),
        baseUrl: checkedUrl(options.baseUrl),
        timeoutSeconds: positive('timeoutSeconds', options.timeoutSeconds ?? 30),
        attemptTimeoutSeconds: positive(
            'attemptTimeoutSeconds',
            options.attemptTimeoutSeconds ?? 10,
        ),
        maxRetries: checkedRetries(options.maxRetries ?? 3),
        // Not the function itself: it may be replaced later, and wants nobody as its `this`.
        fetch: options.fetch ?? ((input, init) => fetch(input, init)),
        clock: options.clock ?? SYSTEM_CLOCK,
    };
}

/** Refused here: of what is no number, such as of a setting that is missing, timers make no time. */
export function positive(name: string, seconds: number): number {
    if (typeof seconds === 'number' && seconds > 0) return seconds;
    throw new TypeError(`${name} must be a number of seconds above 0, not ${seconds}`);
}

function checkedRetries(retries: number): number {
    if (typeof retries === 'number' && retries >= 0) return retries;
    throw new TypeError(`maxRetries must be a number from 0, not ${retries}`);
}

/** Refused here, because `fetch` would put the whole header into its error. */
function checkedKey(apiKey: string): string {
    // As a file has it, with its line end. Of what is no text, JavaScript would make one.
    const key = typeof apiKey === 'string' ? apiKey.trim() : '';
    if (!/^[!-~]+$/.test(key)) {
        throw new TypeError('apiKey must be a key as smscore shows it, without blanks');
    }
    return key;
}

/** `URL` alone forgives blanks, backslashes and whatever number of slashes. */
const ADDRESS = /^https?:\/\/[^\s/\\?#]+(\/[^\s\\?#]*)?$/i;

function checkedUrl(baseUrl: string): string {
    const url = ADDRESS.test(baseUrl) && URL.canParse(baseUrl) ? new URL(baseUrl) : null;
    if (url === null || url.port === '0') {
        throw new TypeError('baseUrl must be an address such as https://sms.example.org');
    }
    if (/^[^/]*\/\/[^/]*@/.test(baseUrl)) {
        throw new TypeError('baseUrl must not hold a user or a password');
    }
    const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
    return `${url.origin}${path}`;
}
