import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NoAnswer, Smscore } from '../../src/index.js';
import { type Trouble, flaky } from './flaky.js';
import { URL_OF_SERVER, aNumber, client, countOf } from './server.js';

const TROUBLES: Record<string, Trouble[]> = {
    'is reset before the server has it': ['reset before'],
    'is reset after the server has accepted it': ['reset after'],
    'is reset after the server has accepted it, three times': Array(3).fill('reset after'),
    'brings half an answer': ['half an answer'],
    'brings a 502': [{ status: 502 }],
    'brings a 503': [{ status: 503 }],
    'brings a 504': [{ status: 504 }],
    'brings all of that': ['reset after', { status: 503 }, 'half an answer'],
};

for (const [name, troubles] of Object.entries(TROUBLES)) {
    test(`one message is stored when the connection ${name}`, async () => {
        const proxy = await flaky(...troubles);
        const to = aNumber();

        const sent = await proxy.client.messages.send({ to, message: 'Hello' });
        await proxy.close();

        assert.equal((await client.messages.get(sent.message_id)).to, to);
        assert.equal(proxy.keys.length, troubles.length + 1);
        assert.equal(new Set(proxy.keys).size, 1);
        assert.equal(await countOf(to), 1);
    });
}

test('who is told to come later comes later', async () => {
    const proxy = await flaky({ status: 429, headers: { 'Retry-After': '1' } });
    const to = aNumber();

    await proxy.client.messages.send({ to, message: 'Hello' });
    await proxy.close();

    const [first = 0, second = 0] = proxy.times;
    assert(second - first >= 1_000, `${second - first} ms`);
    assert.equal(await countOf(to), 1);
});

test('what was given up can be gone on with under its key', async () => {
    const proxy = await flaky(...Array<Trouble>(4).fill('reset after'));
    const message = { to: aNumber(), message: 'Hello' };

    const failure = await proxy.client.messages.send(message).catch((error: unknown) => error);
    assert(failure instanceof NoAnswer && failure.idempotencyKey !== null);
    await proxy.client.messages.send(message, { idempotencyKey: failure.idempotencyKey });
    await proxy.close();

    assert.equal(failure.isUncertain, true);
    assert.equal(await countOf(message.to), 1);
});

test('a server that is not there has done nothing', async () => {
    const proxy = await flaky();
    await proxy.close();

    await assert.rejects(proxy.client.messages.cancel('msg_0000000000000001'), {
        name: 'NoAnswer',
        code: 'connection_failed',
        attempts: 4,
        isUncertain: false,
    });
});

test('more calls at a time than the plan allows wait for their turn', async () => {
    const apiKey = process.env.SMSCORE_KEY_OF_STANDARD_PLAN ?? '';
    const slow = new Smscore({ apiKey, baseUrl: URL_OF_SERVER });
    const began = performance.now();

    const answers = await Promise.all(Array.from({ length: 25 }, () => slow.account.get()));

    assert(answers.every((account) => account.rate_limit === 10));
    assert(performance.now() - began >= 1_000, 'ten calls a second, and not more');
});
