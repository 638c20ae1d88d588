/** Time and chance as the client sees them, so that tests need not wait for either. */

import { whenAborted } from './following.js';

export interface Clock {
    /** Milliseconds since some moment; they only go forward. */
    now(): number;
    /** Ends after so many milliseconds, and rejects as soon as the signal is aborted. */
    sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
    /** A number from 0 up to, but not including, 1. */
    chance(): number;
}

/** Timers that are to wait longer do not wait at all. */
const LONGEST = 2 ** 31 - 1;

/** The one of the machine. */
export const SYSTEM_CLOCK: Clock = {
    now: () => performance.now(),
    sleep: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
            const timer = setTimeout(
                () => {
                    forget();
                    resolve();
                },
                Math.min(milliseconds, LONGEST),
            );
            const forget = whenAborted(signal, () => {
                clearTimeout(timer);
                reject(signal.reason);
            });
        }),
    chance: () => Math.random(),
};
