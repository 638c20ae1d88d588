import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';

import { type Delivery, type Verified, type WebhookEvent, verifyWebhook } from '../../src/index.js';
import { aNumber, client, later } from './server.js';

const EVENTS: WebhookEvent[] = [
    'message.queued',
    'message.sent',
    'message.delivered',
    'message.failed',
    'message.received',
];

interface Call {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
}

const calls: Call[] = [];
let heard: (call: Call) => void = () => undefined;
let url = '';

const server = createServer(async (incoming, outgoing) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const { url: path = '', headers } = incoming;
    outgoing.writeHead(204).end();
    const call = { path, headers, body: Buffer.concat(pieces) };
    calls.push(call);
    heard(call);
});

before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
    server.close();
    server.closeAllConnections();
});

/** The first call that fits, when it has come. */
function theCall(fits: (call: Call) => boolean): Promise<Call> {
    const found = calls.find(fits);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
        const before = heard;
        heard = (call) => {
            before(call);
            if (fits(call)) resolve(call);
        };
    });
}

function says(path: string, event: WebhookEvent, text: string): (call: Call) => boolean {
    return (call) => {
        const body = call.body.toString();
        return call.path === path && body.includes(`"${event}"`) && body.includes(text);
    };
}

test('what becomes of messages is posted, verified, and refused when a byte is another', async () => {
    const { secret, webhook_id } = await client.webhooks.create({
        url: `${url}/all`,
        events: EVENTS,
    });
    // What the simulated network does with each number: see docs/simulator.md.
    const [delivered, failed, answers] = ['+491701234567', '+999010001', '+99900020001'];
    const text = `Grüße 😀 ${aNumber()}`;
    for (const to of [delivered, failed, answers]) {
        await client.messages.send({ to, message: text });
    }
    const awaited: [WebhookEvent, string][] = [
        ['message.queued', delivered],
        ['message.sent', delivered],
        ['message.delivered', delivered],
        ['message.failed', failed],
        ['message.received', answers],
    ];

    const verified: Verified[] = [];
    for (const [event, number] of awaited) {
        const call = await theCall(says('/all', event, number));
        verified.push(await verifyWebhook(call.body, call.headers, secret));
        await assertRefusedWhenChanged(call, secret);
    }

    assert.deepEqual(
        verified.map(({ payload }) => payload.event),
        EVENTS,
    );
    assert(verified.every(({ id }) => /^evt_[0-9a-f]{16}$/.test(id ?? '')));
    assert.deepEqual(
        verified.slice(0, 3).map(({ sequence }) => sequence),
        [1, 2, 3],
    );
    const [, , , failure, received] = verified.map(({ payload }) => payload);
    assert(failure?.event === 'message.failed' && failure.error_code !== '');
    assert(received?.event === 'message.received');
    assert.equal(received.message, text);
    await client.webhooks.delete(webhook_id);
});

async function assertRefusedWhenChanged(call: Call, secret: string): Promise<void> {
    for (let place = 0; place < call.body.length; place += 1) {
        const changed = Buffer.from(call.body);
        changed[place] = (changed[place] ?? 0) ^ 1;
        for (const toleranceSeconds of [300, null]) {
            await assert.rejects(
                verifyWebhook(changed, call.headers, secret, { toleranceSeconds }),
                { code: 'wrong_signature' },
            );
        }
    }
    const { 'x-smsprovider-signature': signature } = call.headers;
    const headers = { 'x-smsprovider-signature': signature };
    await verifyWebhook(call.body, headers, secret, { toleranceSeconds: null });
}

test('what is received is listed', async () => {
    const text = `An answer ${aNumber()}`;
    const { webhook_id } = await client.webhooks.create({
        url: `${url}/received`,
        events: ['message.received'],
    });
    await client.messages.send({ to: '+99900020002', message: text });
    await theCall(says('/received', 'message.received', text));
    await client.webhooks.delete(webhook_id);
    const found: string[] = [];

    for await (const message of client.inbound.list({ pageSize: 1 })) found.push(message.message);

    assert(found.includes(text));
});

test('a webhook is changed, and told no more', async () => {
    const { webhook_id: id } = await client.webhooks.create({
        url: `${url}/changed`,
        events: ['message.queued'],
    });

    const changed = await client.webhooks.update(id, {
        active: false,
        events: ['message.failed'],
    });

    assert.deepEqual([changed.active, changed.events], [false, ['message.failed']]);
    assert.deepEqual((await client.webhooks.get(id)).url, `${url}/changed`);
    assert((await client.webhooks.list()).some((webhook) => webhook.webhook_id === id));
    await client.webhooks.delete(id);
    await assert.rejects(client.webhooks.get(id), { code: 'not_found' });
});

test('both secrets fit after a rotation', async () => {
    const { webhook_id: id, secret } = await client.webhooks.create({
        url: `${url}/rotated`,
        events: ['message.queued'],
    });
    const rotated = await client.webhooks.rotateSecret(id);
    const { message_id } = await client.messages.send({ to: aNumber(), message: 'Hello' });

    const call = await theCall(says('/rotated', 'message.queued', message_id));

    assert.notEqual(rotated.secret, secret);
    await verifyWebhook(call.body, call.headers, secret);
    await verifyWebhook(call.body, call.headers, rotated.secret);
    await client.webhooks.delete(id);
});

test('a callback is signed with the secret of callbacks', async () => {
    const former = await client.account.renewCallbackSecret();
    const { secret } = await client.account.renewCallbackSecret();
    const { message_id } = await client.messages.send({
        to: aNumber(),
        message: 'Later',
        callback_url: `${url}/callback`,
        scheduled_at: later(),
    });
    await client.messages.cancel(message_id);

    const call = await theCall(says('/callback', 'message.failed', message_id));

    assert.notEqual(secret, former.secret);
    const { payload } = await verifyWebhook(call.body, call.headers, secret);
    assert(payload.event === 'message.failed');
    assert.equal(payload.error_code, 'cancelled');
});

test('what was posted can be seen, and posted again', async () => {
    const { webhook_id: id } = await client.webhooks.create({
        url: `${url}/again`,
        events: ['message.queued'],
    });
    const { message_id } = await client.messages.send({ to: aNumber(), message: 'Hello' });
    const first = await theCall(says('/again', 'message.queued', message_id));
    const delivery = await delivered(id, message_id);
    calls.length = 0;

    const replayed = await client.webhooks.replay(id, delivery.delivery_id);
    const again = await theCall(says('/again', 'message.queued', message_id));

    assert.equal(replayed.state, 'pending');
    assert.equal(delivery.event_id, first.headers['webhook-id']);
    assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
    assert.deepEqual(again.body, first.body);
    await client.webhooks.delete(id);
});

test('many are posted again', async () => {
    const { webhook_id: id } = await client.webhooks.create({
        url: `${url}/many`,
        events: ['message.queued'],
    });
    const to = [aNumber(), aNumber(), aNumber()];
    const { messages } = await client.messages.send({ to, message: 'Hello' });
    for (const { message_id } of messages) await delivered(id, message_id);
    const since = new Date(Date.now() - 3_600_000);

    const before = await client.webhooks.replayMany(id, { state: 'delivered', until: since });
    const after = await client.webhooks.replayMany(id, { state: 'delivered', since });

    assert.deepEqual([before.replayed, after.replayed], [0, 3]);
    await client.webhooks.delete(id);
});

/** The delivery of a message's event, once the server knows that it was heard. */
async function delivered(id: string, message: string): Promise<Delivery> {
    for (;;) {
        for await (const one of client.webhooks.deliveries(id, { pageSize: 1 })) {
            if (one.message_id === message && one.state === 'delivered') return one;
        }
    }
}
