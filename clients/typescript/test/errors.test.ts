import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { NoAnswer, Refused, Smscore, SmscoreError } from '../src/index.js';
import { A_MESSAGE, BROKEN, KEY, PretendServer, aClient, page, refused } from './pretend.js';

test('a refusal tells what the server said', async () => {
    const server = new PretendServer(
        refused(402, 'insufficient_credits', { message: 'Your account has insufficient credits' }),
    );

    await assert.rejects(aClient(server).messages.send(A_MESSAGE), (error) => {
        assert(error instanceof Refused && error instanceof SmscoreError);
        assert.equal(error.message, 'Your account has insufficient credits (insufficient_credits)');
        assert.equal(error.code, 'insufficient_credits');
        assert.equal(error.status, 402);
        assert.equal(error.correlationId, null);
        return true;
    });
});

test('a fault can be found in the log', async () => {
    const server = new PretendServer(
        refused(500, 'internal_error', { 'x-correlation-id': 'c0ffee' }),
    );

    const failed = aClient(server).messages.send(A_MESSAGE);

    await assert.rejects(failed, { code: 'internal_error', correlationId: 'c0ffee' });
});

test('a code that nobody knows yet is told as it is', async () => {
    const server = new PretendServer(refused(418, 'is_a_teapot'));

    await assert.rejects(aClient(server).account.get(), { code: 'is_a_teapot', status: 418 });
});

for (const answer of [
    page(200),
    page(302),
    page(404),
    page(200, ''),
    page(200, '[]'),
    page(200, '"yes"'),
    page(200, '{}'),
    page(200, '{"status":"ok"}'),
    page(200, '{"success":false}'),
]) {
    test('what does not come from smscore is neither a yes nor a no', async () => {
        const failed = aClient(new PretendServer(answer), { maxRetries: 0 }).account.get();

        await assert.rejects(failed, (error) => {
            assert(error instanceof NoAnswer);
            assert.equal(error.code, 'unreadable_answer');
            assert.equal(error.status, answer.status);
            assert.doesNotMatch(error.message, /went wrong/);
            return true;
        });
    });
}

test('nothing that can be logged holds the key', async () => {
    const steps = [
        refused(400, 'invalid_request'),
        page(400, `authorization: Bearer ${KEY}`),
        BROKEN,
    ];
    for (const step of steps) {
        const client = aClient(new PretendServer(step), { maxRetries: 0 });
        await assert.rejects(client.messages.send(A_MESSAGE), (error) => {
            assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), new RegExp(KEY));
            return true;
        });
        assert.doesNotMatch(inspect(client, { depth: 9, showHidden: true }), new RegExp(KEY));
        assert.doesNotMatch(JSON.stringify(client), new RegExp(KEY));
    }
});

test('a key that cannot be one is refused without being shown', () => {
    for (const apiKey of ['', 'se cret', 'se\ncret', 'sécret', undefined as unknown as string]) {
        assert.throws(
            () => new Smscore({ apiKey, baseUrl: 'http://sms.test' }),
            (error) => error instanceof TypeError && !/s.?cret/.test(error.message),
        );
    }
});

test('an address that cannot be a server is refused', () => {
    for (const baseUrl of [
        'sms.test',
        'ftp://sms.test',
        'http://me:secret@sms.test',
        'http://sms.test?x=1',
    ]) {
        assert.throws(() => new Smscore({ apiKey: KEY, baseUrl }), TypeError);
    }
});
