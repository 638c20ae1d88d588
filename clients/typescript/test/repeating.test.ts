import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';

import { NoAnswer, Refused, Smscore } from '../src/index.js';
import {
    A_MESSAGE,
    BROKEN,
    KEY,
    LeapingClock,
    PretendServer,
    REFUSED,
    UNSENT,
    aClient,
    accepted,
    page,
    refused,
    type Step,
} from './pretend.js';

const PASSING: Record<string, () => Step> = {
    'a broken connection': () => BROKEN,
    'a server that is full': () => refused(503, 'service_unavailable'),
    'too many calls': () => refused(429, 'rate_limit_exceeded'),
    'half an answer': () => page(200, '{"success":true,"mess'),
    'a bad gateway': () => page(502),
    'an unavailable backend': () => page(503),
    'a late backend': () => page(504),
};

for (const [name, trouble] of Object.entries(PASSING)) {
    test(`a submission is repeated after ${name}, under the same key`, async () => {
        const server = new PretendServer(trouble(), trouble(), accepted());

        const sent = await aClient(server).messages.send(A_MESSAGE);

        const keys = server.seen.map((seen) => seen.headers.get('idempotency-key'));
        assert.equal(sent.message_id, 'msg_0000000000000001');
        assert.equal(keys.length, 3);
        assert.equal(new Set(keys).size, 1);
        assert.match(String(keys[0]), /^[0-9a-f-]{36}$/);
        assert.deepEqual(server.seen[2]?.body, A_MESSAGE);
    });
}

test('each submission has a key of its own, or the one that was given', async () => {
    const server = new PretendServer(accepted(), accepted(), accepted());
    const client = aClient(server);

    await client.messages.send(A_MESSAGE);
    await client.messages.send(A_MESSAGE);
    await client.messages.send(A_MESSAGE, { idempotencyKey: 'order 4711' });

    const keys = server.seen.map((seen) => seen.headers.get('idempotency-key'));
    assert.equal(new Set(keys).size, 3);
    assert.equal(keys[2], 'order 4711');
});

test('a refusal is not repeated', async () => {
    const server = new PretendServer(refused(402, 'insufficient_credits'));

    await assert.rejects(aClient(server).messages.send(A_MESSAGE), Refused);

    assert.equal(server.seen.length, 1);
});

test("a month's limit is not waited for", async () => {
    const server = new PretendServer(refused(429, 'limit_exceeded'));

    await assert.rejects(aClient(server).messages.send(A_MESSAGE), { code: 'limit_exceeded' });

    assert.equal(server.seen.length, 1);
});

test('repetitions end, and the error says under which key to go on', async () => {
    const server = new PretendServer(BROKEN, BROKEN, BROKEN);

    const failed = aClient(server, { maxRetries: 2 }).messages.send(A_MESSAGE);

    await assert.rejects(failed, (error) => {
        assert(error instanceof NoAnswer);
        assert.equal(error.code, 'connection_failed');
        assert.equal(error.attempts, 3);
        assert.equal(error.isUncertain, true);
        assert.equal(error.idempotencyKey, server.seen[0]?.headers.get('idempotency-key'));
        assert.equal(error.cause, BROKEN);
        return true;
    });
});

test('pauses become longer, and are shortened by chance', async () => {
    const pauses: number[][] = [];
    for (const luck of [0, 0.5]) {
        const clock = Object.assign(new LeapingClock(), { luck });
        const server = new PretendServer(BROKEN, BROKEN, BROKEN, accepted());
        await aClient(server, { clock }).messages.send(A_MESSAGE);
        pauses.push(clock.slept);
    }

    assert.deepEqual(pauses, [
        [250, 500, 1_000],
        [375, 750, 1_500],
    ]);
});

for (const status of [429, 503]) {
    test(`a server that answers ${status} is not asked before it said`, async () => {
        const clock = new LeapingClock();
        const code = status === 429 ? 'rate_limit_exceeded' : 'service_unavailable';
        const server = new PretendServer(refused(status, code, { 'retry-after': '7' }), accepted());

        await aClient(server, { clock }).messages.send(A_MESSAGE);

        assert.deepEqual(clock.slept, [7_250]);
    });
}

test('a date in Retry-After counts from the date of the answer', async () => {
    const clock = new LeapingClock();
    const headers = {
        date: 'Sun, 01 Mar 2026 12:00:00 GMT',
        'retry-after': 'Sun, 01 Mar 2026 12:00:09 GMT',
    };
    const server = new PretendServer(refused(503, 'service_unavailable', headers), accepted());

    await aClient(server, { clock }).messages.send(A_MESSAGE);

    assert.deepEqual(clock.slept, [9_250]);
});

test('what would take longer than the caller waits fails at once', async () => {
    const clock = new LeapingClock();
    const server = new PretendServer(refused(429, 'rate_limit_exceeded', { 'retry-after': '31' }));

    const failed = aClient(server, { clock }).messages.send(A_MESSAGE);

    await assert.rejects(failed, { code: 'rate_limit_exceeded', retryAfterSeconds: 31 });
    assert.deepEqual(clock.slept, []);
});

test('an attempt without an answer is given up and made again', async () => {
    const clock = new LeapingClock();
    const server = new PretendServer('nothing', accepted());

    await aClient(server, { clock }).messages.send(A_MESSAGE);

    assert.deepEqual(clock.slept, [10_000, 250]);
});

test('a call ends in time, whatever does not answer', async () => {
    const clock = new LeapingClock();
    const began = clock.now();
    const server = new PretendServer('nothing', 'nothing', 'nothing', 'nothing');

    const failed = aClient(server, { clock, timeoutSeconds: 25 }).messages.send(A_MESSAGE);

    await assert.rejects(failed, { name: 'NoAnswer', code: 'timeout', attempts: 3, status: null });
    assert.equal(clock.now() - began, 25_000);
});

test('a single call may have a time of its own', async () => {
    const clock = new LeapingClock();
    const server = new PretendServer('nothing');

    const failed = aClient(server, { clock }).account.get({ timeoutSeconds: 3 });

    await assert.rejects(failed, { code: 'timeout', attempts: 1 });
    assert.deepEqual(clock.slept, [3_000]);
});

test('a connection that breaks within an answer counts as none', async () => {
    const torn = new Response(
        new ReadableStream({
            pull: (controller) => controller.error(BROKEN),
        }),
    );
    const server = new PretendServer(torn, accepted());

    await aClient(server).messages.send(A_MESSAGE);

    assert.equal(server.seen.length, 2);
});

test('an answer without end does not fill the memory', async () => {
    let pieces = 0;
    const flood = new Response(
        new ReadableStream({
            pull: (controller) => {
                pieces += 1;
                controller.enqueue(new Uint8Array(1_000_000).fill(32));
            },
        }),
    );
    const server = new PretendServer(flood);

    const failed = aClient(server, { maxRetries: 0 }).account.get();

    await assert.rejects(failed, { code: 'connection_failed' });
    assert(pieces < 30);
});

test('what does not say the same twice is not repeated without an answer', async () => {
    const calls = [
        (client: Smscore) => client.account.renewCallbackSecret(),
        (client: Smscore) =>
            client.webhooks.create({ url: 'https://example.org/', events: ['message.sent'] }),
        (client: Smscore) => client.webhooks.rotateSecret('wh_1'),
        (client: Smscore) => client.webhooks.replayMany('wh_1'),
    ];
    for (const call of calls) {
        for (const trouble of [BROKEN, page(200), page(502), page(503), page(504)]) {
            const server = new PretendServer(trouble);

            await assert.rejects(call(aClient(server)), NoAnswer);

            assert.equal(server.seen.length, 1);
        }
    }
});

test('what the server has not begun is repeated, whatever it is', async () => {
    const server = new PretendServer(
        refused(429, 'rate_limit_exceeded'),
        refused(503, 'service_unavailable'),
        Response.json({ success: true, secret: 'whsec_new' }),
    );

    const { secret } = await aClient(server).account.renewCallbackSecret();

    assert.equal(secret, 'whsec_new');
});

for (const [name, failure] of Object.entries(UNSENT)) {
    test(`a server that is not reached has done nothing: ${name}`, async () => {
        const server = new PretendServer(...Array<Error>(4).fill(failure));

        const failed = aClient(server).messages.send(A_MESSAGE);

        await assert.rejects(failed, { code: 'connection_failed', isUncertain: false });
        assert.equal(server.seen.length, 4);
    });

    test(`what is not repeatable is repeated when nothing has left: ${name}`, async () => {
        const server = new PretendServer(
            failure,
            Response.json({ success: true, secret: 'whsec_new' }),
        );

        const { secret } = await aClient(server).account.renewCallbackSecret();

        assert.equal(secret, 'whsec_new');
    });
}

test('a refused connection of this runtime is told from one that breaks', async () => {
    const breaking = createServer((socket) => socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve));
    const { port } = breaking.address() as AddressInfo;
    const client = new Smscore({
        apiKey: KEY,
        baseUrl: `http://127.0.0.1:${port}`,
        maxRetries: 0,
    });
    const broken = await client.messages.send(A_MESSAGE).catch((error: unknown) => error);
    await new Promise((resolve) => breaking.close(resolve));
    const refused = await client.messages.send(A_MESSAGE).catch((error: unknown) => error);

    assert(broken instanceof NoAnswer && refused instanceof NoAnswer);
    assert.equal(broken.isUncertain, true);
    assert.equal(refused.isUncertain, false);
    assert.match(refused.message, /not reached/);
});

test('an answer that was lost before the server went away leaves it uncertain', async () => {
    const server = new PretendServer(BROKEN, REFUSED, REFUSED, REFUSED);

    const failed = aClient(server).messages.send(A_MESSAGE);

    await assert.rejects(failed, { code: 'connection_failed', isUncertain: true });
});

test('nothing is uncertain about a question', async () => {
    for (const trouble of [() => BROKEN, () => page(502), () => refused(500, 'internal_error')]) {
        const steps = Array.from({ length: 4 }, (): Step => trouble());
        const asked = aClient(new PretendServer(...steps)).messages.estimate(A_MESSAGE);

        await assert.rejects(asked, { isUncertain: false });
    }
});

test('what stands in the way and sends elsewhere has not passed it on', async () => {
    const failed = aClient(new PretendServer(page(302))).messages.send(A_MESSAGE);

    await assert.rejects(failed, { status: 302, isUncertain: false });
});

test('a cancellation that is repeated may be refused because it was done', async () => {
    const server = new PretendServer(BROKEN, refused(409, 'not_cancellable'));

    const failed = aClient(server).messages.cancel('msg_1');

    await assert.rejects(failed, { code: 'not_cancellable', isUncertain: true });
});

test('a time that is none is refused before anything is sent', async () => {
    const server = new PretendServer();
    for (const seconds of [0, -1, NaN]) {
        assert.throws(() => aClient(server, { timeoutSeconds: seconds }), TypeError);
        await assert.rejects(aClient(server).account.get({ timeoutSeconds: seconds }), TypeError);
    }
    assert.throws(() => aClient(server, { maxRetries: NaN }), TypeError);

    assert.equal(server.seen.length, 0);
});

test('being told to come later is no failure, however often', async () => {
    const told = Array.from({ length: 9 }, () =>
        refused(429, 'rate_limit_exceeded', { 'retry-after': '1' }),
    );
    const server = new PretendServer(...told, accepted());

    await aClient(server, { maxRetries: 0 }).messages.send(A_MESSAGE);

    assert.equal(server.seen.length, 10);
});

test('a refusal after an answer was lost does not say that nothing was done', async () => {
    const refusal = () => refused(402, 'insufficient_credits');
    const unlike = [
        [refusal()],
        [BROKEN, refusal()],
        [refused(503, 'service_unavailable'), refusal()],
    ];
    const said: unknown[] = [];

    for (const steps of unlike) {
        const failed = await aClient(new PretendServer(...steps))
            .messages.send(A_MESSAGE)
            .catch((error: unknown) => error);
        said.push(failed instanceof Refused && failed.isUncertain);
    }

    assert.deepEqual(said, [false, true, false]);
});

test('a webhook that is gone after an answer was lost was deleted', async () => {
    const gone = () => refused(404, 'not_found');

    await aClient(new PretendServer(BROKEN, gone())).webhooks.delete('wh_1');
    await assert.rejects(aClient(new PretendServer(gone())).webhooks.delete('wh_1'), {
        code: 'not_found',
    });
});
