import assert from 'node:assert/strict';
import { test } from 'node:test';

import { A_MESSAGE, LeapingClock, PretendServer, aClient, accepted, refused } from './pretend.js';

test('a call that was called off before it began asks nobody', async () => {
    const server = new PretendServer(accepted());
    const signal = AbortSignal.abort(new Error('changed my mind'));

    const ended = aClient(server).messages.send(A_MESSAGE, { signal });

    await assert.rejects(ended, { message: 'changed my mind' });
    assert.deepEqual(server.seen, []);
});

test('a call that waits for an answer can be called off', async () => {
    const controller = new AbortController();
    const server = new PretendServer('nothing');

    const ended = aClient(server).messages.send(A_MESSAGE, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('changed my mind')));

    await assert.rejects(ended, { message: 'changed my mind' });
    assert.equal(server.seen.length, 1);
});

test('a call that pauses can be called off', async () => {
    const controller = new AbortController();
    const clock = new LeapingClock();
    const server = new PretendServer(refused(503, 'service_unavailable', { 'retry-after': '9' }));
    clock.sleep = (milliseconds, signal) => {
        if (milliseconds === 9_250) controller.abort(new Error('changed my mind'));
        return LeapingClock.prototype.sleep.call(clock, milliseconds, signal);
    };

    const ended = aClient(server, { clock }).messages.send(A_MESSAGE, {
        signal: controller.signal,
    });

    await assert.rejects(ended, { message: 'changed my mind' });
    assert.equal(server.seen.length, 1);
});

test('many calls may wait for one signal at a time', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    let listeners = 0;
    signal.addEventListener = (type: string, listener: EventListener, options: object) => {
        listeners += 1;
        add(type, listener, options);
    };
    const server = new PretendServer(...Array.from({ length: 20 }, () => 'nothing' as const));
    const client = aClient(server);

    const calls = Array.from({ length: 20 }, () => client.messages.send(A_MESSAGE, { signal }));
    setImmediate(() => controller.abort(new Error('changed my mind')));
    const ended = await Promise.allSettled(calls);

    assert(ended.every((one) => one.status === 'rejected'));
    assert.equal(listeners, 1);
});
