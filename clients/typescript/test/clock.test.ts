import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SYSTEM_CLOCK } from '../src/clock.js';

test('a sleep of any length can be ended', async () => {
    for (const milliseconds of [60_000, Infinity]) {
        const controller = new AbortController();

        const sleep = SYSTEM_CLOCK.sleep(milliseconds, controller.signal);
        setImmediate(() => controller.abort(new Error('get up')));

        await assert.rejects(sleep, { message: 'get up' });
    }
});

test('a sleep that nobody ends ends by itself', async () => {
    const began = SYSTEM_CLOCK.now();

    await SYSTEM_CLOCK.sleep(1, new AbortController().signal);

    assert(SYSTEM_CLOCK.now() > began);
});
