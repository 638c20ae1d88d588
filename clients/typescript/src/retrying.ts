/** Which calls are repeated, and after how long. */

import { NoAnswer, type SmscoreError } from './errors.js';

const FIRST_PAUSE = 500; // milliseconds
const LONGEST_PAUSE = 8_000;
const PASSING = new Set([429, 502, 503, 504]);

/**
 * Whether the same call may succeed another time, without doing anything twice.
 *
 * `isRepeatable`: doing it twice is as good as once. Other calls are repeated only when nothing was
 * done: the server was not reached, or has said so itself.
 */
export function mayRepeat(error: SmscoreError, isRepeatable: boolean): boolean {
    // A month's limit is a 429 as well, and not over in a moment.
    if (error.code === 'limit_exceeded') return false;
    return isPassing(error) && (isRepeatable || !error.isUncertain);
}

function isPassing(error: SmscoreError): boolean {
    const { status } = error;
    if (status === null || PASSING.has(status)) return true;
    // A yes that cannot be read: some runtimes do not notice when an answer stops half-way.
    return error instanceof NoAnswer && status >= 200 && status < 300;
}

/**
 * For how many milliseconds to wait after so many failures: longer each time, and shortened by
 * chance, so that clients which failed together do not come back together. What the server wants
 * comes first, and whole.
 */
export function pauseAfter(error: SmscoreError, failures: number, chance: number): number {
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, failures - 1));
    return 1_000 * (error.retryAfterSeconds ?? 0) + most * (0.5 + 0.5 * chance);
}
