import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { type VerifyOptions, verifyWebhook } from '../src/index.js';

// The documented example, and what it must be signed with.
const EXAMPLE =
    '{"event":"message.delivered","message_id":"msg_5f8d2b38c4a7f","to":"+1234567890",' +
    '"status":"delivered","delivered_at":"2023-12-01T15:23:48Z","timestamp":1701446628}';
const EXAMPLE_SIGNATURE = 'eb5ea6fb21a51fc9d0e3581380147f7a57ebd959cdbffe3223bf0aae57264254';
const ANY_TIME: VerifyOptions = { toleranceSeconds: null };

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const BODY =
    '{"event":"message.received","message_id":"in_1","from":"+491701234567","to":null,' +
    '"message":"Grüße 😀\\u0007","status":"received","received_at":"2026-03-01T12:00:00Z",' +
    '"timestamp":1772366400}';
const AT = 1_772_366_400;
const THEN: VerifyOptions = { now: () => AT };

function signed(body = BODY, { secrets = [SECRET], at = String(AT), id = 'evt_1' } = {}) {
    const standard = secrets.map((secret) => {
        const key = Buffer.from(secret.slice(6), 'base64');
        return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
    });
    return {
        'webhook-id': id,
        'webhook-timestamp': at,
        'webhook-signature': standard.join(' '),
        'x-smsprovider-signature': createHmac('sha256', String(secrets[0]))
            .update(body)
            .digest('hex'),
        'x-smsprovider-sequence': '2',
    };
}

test('the documented example has the documented signature', async () => {
    const headers = { 'X-SMSProvider-Signature': EXAMPLE_SIGNATURE };

    const { id, sequence, payload } = await verifyWebhook(EXAMPLE, headers, 'whsec_test', ANY_TIME);

    assert.deepEqual([id, sequence], [null, null]);
    assert.deepEqual(payload, JSON.parse(EXAMPLE));
});

test('a genuine webhook is told with its id and its number', async () => {
    const { id, sequence, payload } = await verifyWebhook(BODY, signed(), SECRET, THEN);

    assert.deepEqual([id, sequence], ['evt_1', 2]);
    assert(payload.event === 'message.received');
    assert.equal(payload.message, 'Grüße 😀\u0007');
});

test('bodies and headers are taken as they come from servers of all kinds', async () => {
    const bytes = new TextEncoder().encode(BODY);
    const shifted = new Uint8Array([0, ...bytes, 0]).subarray(1, -1);
    const bodies = [BODY, bytes, shifted, bytes.buffer, Buffer.from(BODY)];
    const headers = [
        signed(),
        new Headers(signed()),
        Object.fromEntries(Object.entries(signed()).map(([name, value]) => [name, [value]])),
        Object.fromEntries(
            Object.entries(signed()).map(([name, value]) => [name.toUpperCase(), value]),
        ),
    ];

    for (const body of bodies) {
        for (const some of headers) await verifyWebhook(body, some, SECRET, THEN);
    }
});

test('an id that no signature covers is not told', async () => {
    const headers = {
        ...signed(),
        'webhook-id': 'evt_of_somebody',
        'webhook-signature': undefined,
    };

    const { id } = await verifyWebhook(BODY, headers, SECRET, ANY_TIME);

    assert.equal(id, null);
});

test('no byte of a body may be another', async () => {
    for (const options of [THEN, ANY_TIME]) {
        const bytes = Buffer.from(BODY);
        for (let place = 0; place < bytes.length; place += 1) {
            const changed = Buffer.from(bytes);
            changed[place] = (changed[place] ?? 0) ^ 1;
            await assert.rejects(verifyWebhook(changed, signed(), SECRET, options), {
                name: 'WebhookRejected',
                code: 'wrong_signature',
            });
        }
    }
});

test('no character of what is signed, or of a signature, may be another', async () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const) {
        const headers = signed();
        for (let place = 0; place < headers[name].length; place += 1) {
            const text = headers[name];
            const other = String.fromCharCode(text.charCodeAt(place) ^ 1);
            const changed = text.slice(0, place) + other + text.slice(place + 1);
            const failed = verifyWebhook(BODY, { ...headers, [name]: changed }, SECRET, {
                now: () => Number(changed) || AT,
            });
            await assert.rejects(failed, { name: 'WebhookRejected' });
        }
    }
});

test('the signature over the body alone is as strict', async () => {
    const signature = signed()['x-smsprovider-signature'];
    const wrong = [
        '',
        signature.toUpperCase(),
        signature.slice(2),
        `${signature}00`,
        `0${signature}`,
    ];

    for (const one of wrong) {
        const headers = { 'x-smsprovider-signature': one };
        await assert.rejects(verifyWebhook(BODY, headers, SECRET, ANY_TIME), {
            code: 'wrong_signature',
        });
    }
});

test('another secret does not fit', async () => {
    await assert.rejects(verifyWebhook(BODY, signed(), OTHER, THEN), { code: 'wrong_signature' });
});

test('while a secret changes, either side may have both', async () => {
    const both = signed(BODY, { secrets: [OTHER, SECRET] });

    await verifyWebhook(BODY, both, SECRET, THEN);
    await verifyWebhook(BODY, both, OTHER, THEN);
    await verifyWebhook(BODY, signed(), [OTHER, SECRET], THEN);
});

test('a signature of another version is not looked at', async () => {
    const headers = signed();
    const signature = headers['webhook-signature'];

    await verifyWebhook(
        BODY,
        { ...headers, 'webhook-signature': `v2,AAAA ${signature}` },
        SECRET,
        THEN,
    );
    const other = { ...headers, 'webhook-signature': signature.replace('v1', 'v1a') };
    await assert.rejects(verifyWebhook(BODY, other, SECRET, THEN), { code: 'wrong_signature' });
});

test('what was signed long ago, or will be, is refused', async () => {
    const within = [AT - 300, AT + 300];
    const outside = [AT - 301, AT + 301];

    for (const now of within) await verifyWebhook(BODY, signed(), SECRET, { now: () => now });
    for (const now of outside) {
        const failed = verifyWebhook(BODY, signed(), SECRET, { now: () => now });
        await assert.rejects(failed, { code: 'wrong_time' });
    }
    await verifyWebhook(BODY, signed(), SECRET, { now: () => AT + 301, toleranceSeconds: 301 });
    await verifyWebhook(BODY, signed(), SECRET, { now: () => 0, toleranceSeconds: null });
});

test('a time that is no number of seconds is refused', async () => {
    for (const at of ['', 'now', '1e9', '-1', ' 1', '1772366400.5']) {
        const failed = verifyWebhook(BODY, signed(BODY, { at }), SECRET, THEN);
        await assert.rejects(failed, { code: 'wrong_time' });
    }
});

test('what has lost the headers that bind its time is refused', async () => {
    for (const lost of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
        const headers = { ...signed(), [lost]: undefined };
        await assert.rejects(verifyWebhook(BODY, headers, SECRET, THEN), {
            code: 'missing_headers',
        });
    }
    await assert.rejects(verifyWebhook(BODY, {}, SECRET, ANY_TIME), { code: 'missing_headers' });
});

test('whose signature is wrong is not told that its time is', async () => {
    const failed = verifyWebhook(BODY, signed(), OTHER, { now: () => 0 });

    await assert.rejects(failed, { code: 'wrong_signature' });
});

test('the signature over the body alone will do where another one is wrong', async () => {
    const headers = { ...signed(), 'webhook-id': 'evt_2' };

    const { id } = await verifyWebhook(BODY, headers, SECRET, ANY_TIME);

    assert.equal(id, null);
    await assert.rejects(verifyWebhook(BODY, headers, SECRET, THEN), { code: 'wrong_signature' });
});

test('events that nobody knows yet are told as they are', async () => {
    const body = '{"event":"message.teleported","colour":"blue"}';

    const { payload } = await verifyWebhook(body, signed(body), SECRET, THEN);

    assert.deepEqual(payload, JSON.parse(body));
});

test('what is genuine and no JSON is refused', async () => {
    for (const body of ['', '{', '\ufeff{}']) {
        await assert.rejects(verifyWebhook(body, signed(body), SECRET, THEN), {
            code: 'unreadable_body',
        });
    }
});

test('mistakes of the caller are told without the secret', async () => {
    const mistakes = [
        () => verifyWebhook(JSON.parse(BODY), signed(), SECRET, THEN),
        () => verifyWebhook(BODY, signed(), [], THEN),
        () => verifyWebhook(BODY, signed(), '', THEN),
        () => verifyWebhook(BODY, signed(), [SECRET, 'whsec_'], ANY_TIME),
        () => verifyWebhook(BODY, signed(), 'whsec_not base64', THEN),
    ];

    for (const mistake of mistakes) {
        await assert.rejects(
            mistake,
            (error) => error instanceof TypeError && !error.message.includes('not base64'),
        );
    }
});
