import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type AcceptedMany, Smscore } from '../src/index.js';
import { A_MESSAGE, KEY, PretendServer, aClient, accepted } from './pretend.js';

for (const baseUrl of [
    'http://sms.test',
    'http://sms.test/',
    'http://sms.test/v1',
    'http://sms.test/v1/',
]) {
    test(`${baseUrl} is where the server is`, async () => {
        const server = new PretendServer(accepted());

        await new Smscore({ apiKey: KEY, baseUrl, fetch: server.fetch }).messages.send(A_MESSAGE);

        assert.equal(server.seen[0]?.path, '/v1/messages');
        assert.equal(server.seen[0]?.headers.get('authorization'), `Bearer ${KEY}`);
    });
}

test('a server may be behind a path', async () => {
    const server = new PretendServer(accepted());
    const client = new Smscore({ apiKey: KEY, baseUrl: 'http://a.test/sms/', fetch: server.fetch });

    await client.messages.send(A_MESSAGE);

    assert.equal(server.seen[0]?.path, '/sms/v1/messages');
});

test('several numbers are answered with several messages, and the types know it', async () => {
    const messages = [{ message_id: 'msg_1', to: '+491701234567', status: 'queued' }];
    const server = new PretendServer(accepted({ messages }));

    const sent = await aClient(server).messages.send({ to: ['+491701234567'], message: 'Hello' });

    const typed: AcceptedMany = sent;
    assert.deepEqual(typed.messages, messages);
});

test('a time may be a Date', async () => {
    const server = new PretendServer(accepted());

    await aClient(server).messages.send({
        ...A_MESSAGE,
        scheduled_at: new Date('2027-03-01T07:00:00+01:00'),
    });

    assert.deepEqual(server.seen[0]?.body, {
        ...A_MESSAGE,
        scheduled_at: '2027-03-01T06:00:00.000Z',
    });
});

test('a date that is none is refused, for the server would send at once', async () => {
    const client = aClient(new PretendServer());
    const none = new Date('tomorrow at noon');

    const scheduled = client.messages.send({ ...A_MESSAGE, scheduled_at: none });
    await assert.rejects(scheduled, /scheduled_at is no date/);
    await assert.rejects(client.webhooks.replayMany('wh_1', { since: none }), TypeError);
});

test('statuses and fields that nobody knows yet do no harm', async () => {
    const content = { message_id: 'msg_1', status: 'teleported', colour: 'blue' };
    const server = new PretendServer(Response.json(content));

    assert.deepEqual(await aClient(server).messages.get('msg_1'), content);
});

test('what is no id never becomes part of a path', async () => {
    const client = aClient(new PretendServer());

    for (const id of ['', '.', '..', 'a/b', 'a?b', 'a b']) {
        await assert.rejects(client.messages.get(id), TypeError);
        await assert.rejects(client.webhooks.replay('wh_1', id), TypeError);
    }
});

test('a key that would not arrive as it was written is refused', async () => {
    const client = aClient(new PretendServer());

    for (const idempotencyKey of ['', ' order', 'order\n', 'Größe', 'x'.repeat(256)]) {
        await assert.rejects(client.messages.send(A_MESSAGE, { idempotencyKey }), TypeError);
    }
});

test('what cannot be written as JSON is no failure of the connection', async () => {
    const message = { ...A_MESSAGE, priority: 1n } as unknown as typeof A_MESSAGE;

    await assert.rejects(aClient(new PretendServer()).messages.send(message), TypeError);
});
