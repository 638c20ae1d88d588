/** Which calls are repeated, and after how long. */

import { NoAnswer, type SmscoreError } from './errors.js';

const FIRST_PAUSE = 250; // milliseconds
const LONGEST_PAUSE = 8_000;
const PASSING = new Set([429, 502, 503, 504]);

/**
 * Whether the same call may succeed another time, without doing anything twice.
 *
 * `isRepeatable`: doing it twice is as good as once. Other calls are repeated only when the server
 * itself has said that it did nothing.
 */
export function mayRepeat(error: SmscoreError, isRepeatable: boolean): boolean {
    // A month's limit is a 429 as well, and not over in a moment.
    if (error.code === 'limit_exceeded') return false;
    if (isRepeatable) return isPassing(error);
    return error.code === 'rate_limit_exceeded' || error.code === 'service_unavailable';
}

function isPassing(error: SmscoreError): boolean {
    const { status } = error;
    if (status === null || PASSING.has(status)) return true;
    // A yes that cannot be read: some runtimes do not notice when an answer stops half-way.
    return error instanceof NoAnswer && status < 300;
}

/**
 * For how many milliseconds to wait after so many attempts: longer each time, and by chance, so
 * that clients which failed together do not come back together. Never less than the server wants.
 */
export function pauseAfter(error: SmscoreError, chance: number): number {
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (error.attempts - 1));
    if (error.retryAfterSeconds !== null) return 1_000 * error.retryAfterSeconds + chance * most;
    return most * (0.5 + 0.5 * chance);
}
