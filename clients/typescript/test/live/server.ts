/** The running server that these tests are for, and what one needs to use it. */

import { Smscore } from '../../src/index.js';

function given(name: string): string {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: these tests need a running server`);
    return value;
}

/** Where the server is. */
export const URL_OF_SERVER = given('SMSCORE_URL');

/** Of an account that may call as often as it likes. */
export const KEY = given('SMSCORE_KEY');

export const client = new Smscore({ apiKey: KEY, baseUrl: URL_OF_SERVER });

/** A number that nobody else sends to, so that its messages can be counted. */
export function aNumber(): string {
    return `+4917${Math.floor(Math.random() * 1e10)
        .toString()
        .padStart(10, '0')}`;
}

/** How often the server has accepted something for a number. */
export async function countOf(number: string): Promise<number> {
    let count = 0;
    for await (const _ of client.messages.list({ to: number })) count += 1;
    return count;
}

/** In an hour: it does not leave before that, and can be cancelled. */
export function later(): Date {
    return new Date(Date.now() + 3_600_000);
}
