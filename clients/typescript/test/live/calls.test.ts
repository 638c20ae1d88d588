import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refused, Smscore } from '../../src/index.js';
import { KEY, URL_OF_SERVER, aNumber, client, countOf, later } from './server.js';

test('a message is sent and can be looked at', async () => {
    const to = aNumber();

    const sent = await client.messages.send({ to, message: 'Grüße 😀', from: 'YourBrand' });
    const shown = await client.messages.get(sent.message_id);

    assert.match(sent.message_id, /^msg_[0-9a-f]{16}$/);
    assert.equal(sent.credits_used, 1);
    assert.deepEqual(
        [shown.message_id, shown.to, shown.from, shown.message],
        [sent.message_id, to, 'YourBrand', 'Grüße 😀'],
    );
});

test('several numbers get a message each, in order', async () => {
    const numbers = [aNumber(), aNumber(), aNumber()];

    const sent = await client.messages.send({ to: numbers, message: 'See you at 8' });

    assert.deepEqual(
        sent.messages.map((message) => message.to),
        numbers,
    );
    assert.equal(sent.messages[0]?.message_id, sent.message_id);
});

test('a list goes through all pages, newest first', async () => {
    const to = aNumber();
    const sent: string[] = [];
    for (const message of ['one', 'two', 'three', 'four', 'five']) {
        sent.unshift((await client.messages.send({ to, message })).message_id);
    }
    const found: string[] = [];

    for await (const message of client.messages.list({ to, pageSize: 2 })) {
        found.push(message.message_id);
    }

    assert.deepEqual(found, sent);
});

test('a list may be of one status', async () => {
    const to = aNumber();
    const sent = await client.messages.send({ to, message: 'Later', scheduled_at: later() });
    await client.messages.send({ to, message: 'Later still', scheduled_at: later() });
    await client.messages.cancel(sent.message_id);
    const found: string[] = [];

    for await (const message of client.messages.list({ to, status: 'failed' })) {
        found.push(message.message_id);
    }

    assert.deepEqual(found, [sent.message_id]);
});

test('what waits is cancelled and paid back, once', async () => {
    const sent = await client.messages.send({
        to: aNumber(),
        message: 'Later',
        scheduled_at: later(),
    });

    const cancelled = await client.messages.cancel(sent.message_id);

    assert.equal(cancelled.credits_refunded, 1);
    await assert.rejects(client.messages.cancel(sent.message_id), {
        code: 'not_cancellable',
        status: 409,
    });
});

test('an estimate tells the price and sends nothing', async () => {
    const to = aNumber();

    const estimate = await client.messages.estimate({ to: [to, aNumber()], message: 'Łódź' });

    assert.equal(estimate.encoding, 'ucs2');
    assert.equal(estimate.credits, 2);
    assert.equal(estimate.forcing_characters[0]?.character, 'Ł');
    assert.equal(await countOf(to), 0);
});

test('the account behind the key is shown', async () => {
    const account = await client.account.get();

    assert.equal(account.name, 'acme');
    assert(account.credits_remaining !== null && account.credits_remaining > 0);
});

test('a submission that is repeated under its key is answered and not sent', async () => {
    const to = aNumber();
    const options = { idempotencyKey: `order ${to}` };

    const first = await client.messages.send({ to, message: 'Thank you' }, options);
    const second = await client.messages.send({ to, message: 'Thank you' }, options);

    assert.deepEqual(second, first);
    assert.equal(await countOf(to), 1);
    await assert.rejects(client.messages.send({ to, message: 'Thanks' }, options), {
        code: 'idempotency_conflict',
        idempotencyKey: options.idempotencyKey,
    });
});

test('refusals say what is wrong', async () => {
    const stranger = new Smscore({ apiKey: 'wrong', baseUrl: URL_OF_SERVER });
    const to = aNumber();
    const refusals: [() => Promise<unknown>, number, string][] = [
        [() => stranger.account.get(), 401, 'authentication_failed'],
        [() => client.messages.get('msg_0000000000000001'), 404, 'not_found'],
        [() => client.messages.send({ to: '0170', message: 'x' }), 422, 'invalid_phone_number'],
        [() => client.messages.send({ to, message: 'x'.repeat(1601) }), 422, 'message_too_long'],
        [() => client.messages.send({ to: [], message: 'x' }), 400, 'invalid_request'],
        [() => client.webhooks.get('wh_0000000000000001'), 404, 'not_found'],
    ];

    for (const [call, status, code] of refusals) {
        await assert.rejects(call, (error) => {
            assert(error instanceof Refused);
            assert.deepEqual([error.status, error.code], [status, code]);
            assert(!error.message.includes(KEY));
            return true;
        });
    }
});
