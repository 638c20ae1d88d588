/** What the clients for Python and for TypeScript have in common; `cases.json` is for both. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { NoAnswer, Smscore, SmscoreError, WebhookRejected, verifyWebhook } from '../src/index.js';
import { retryAfter } from '../src/answers.js';
import { A_MESSAGE, PretendServer, aClient, accepted } from './pretend.js';

interface Cases {
    answers: {
        name: string;
        status: number;
        headers: Record<string, string>;
        body: string;
        isRepeated: boolean;
        isUncertain: boolean;
        code: string | null;
    }[];
    retryAfter: { headers: Record<string, string>; seconds: number | null }[];
    baseUrls: { given: string; asked: string | null }[];
    apiKeys: { given: string; sent: string | null }[];
    idempotencyKeys: { given: string; isSent: boolean }[];
    ids: { given: string; isSent: boolean }[];
    webhooks: {
        name: string;
        body: string;
        headers: Record<string, string>;
        secrets: string[];
        toleranceSeconds: number | null;
        now: number;
        result: 'genuine' | 'signature' | 'time' | 'body';
        id?: string | null;
    }[];
}

const FILE = new URL('../../test/cases.json', import.meta.url);
const CASES = JSON.parse(readFileSync(FILE, 'utf8')) as Cases;
const FAULTS = {
    signature: ['wrong_signature', 'missing_headers'],
    time: ['wrong_time'],
    body: ['unreadable_body'],
};

for (const { name, status, headers, body, ...wanted } of CASES.answers) {
    const answer = () => new Response(body, { status, headers });

    test(`after ${name} a submission is ${wanted.isRepeated ? '' : 'not '}repeated`, async () => {
        const server = new PretendServer(answer(), accepted());

        const sent = aClient(server).messages.send(A_MESSAGE);

        await (wanted.isRepeated ? sent : assert.rejects(sent, SmscoreError));
        assert.equal(server.seen.length, wanted.isRepeated ? 2 : 1);
    });

    test(`after ${name} it is known what may have been done`, async () => {
        const server = new PretendServer(...Array.from({ length: 99 }, answer));

        const failed = aClient(server, { timeoutSeconds: 20 }).messages.send(A_MESSAGE);

        await assert.rejects(failed, (error) => {
            assert(error instanceof SmscoreError);
            assert.equal(error.isUncertain, wanted.isUncertain);
            assert.equal(error.status, status);
            if (wanted.code === null) assert(error instanceof NoAnswer);
            else assert.equal(error.code, wanted.code);
            return true;
        });
    });
}

for (const { headers, seconds } of CASES.retryAfter) {
    test(`how long to wait is read as it is meant: ${JSON.stringify(headers)}`, () => {
        assert.equal(retryAfter(new Headers(headers)), seconds);
    });
}

/** A client that can be made, and what it has asked for; null: it is refused. */
async function asked(options: { apiKey: string; baseUrl: string }): Promise<Request | null> {
    const seen: Request[] = [];
    try {
        const client = new Smscore({
            ...options,
            fetch: async (input, init) => {
                seen.push(new Request(input, init));
                return accepted();
            },
        });
        await client.account.get();
    } catch (error) {
        assert(error instanceof TypeError);
        return null;
    }
    return seen[0] ?? null;
}

for (const { given, asked: wanted } of CASES.baseUrls) {
    test(`a server is found, or its address refused: ${JSON.stringify(given)}`, async () => {
        const request = await asked({ apiKey: 'k', baseUrl: given });

        assert.equal(request?.url ?? null, wanted);
    });
}

for (const { given, sent } of CASES.apiKeys) {
    test(`a key is sent, or refused: ${JSON.stringify(given)}`, async () => {
        const request = await asked({ apiKey: given, baseUrl: 'http://sms.test' });

        const header = request?.headers.get('authorization') ?? null;
        assert.equal(header, sent === null ? null : `Bearer ${sent}`);
    });
}

for (const { given, isSent } of CASES.idempotencyKeys) {
    test(`an idempotency key is sent as it is, or refused: ${JSON.stringify(given)}`, async () => {
        const server = new PretendServer(accepted());

        const sent = aClient(server).messages.send(A_MESSAGE, { idempotencyKey: given });

        await (isSent ? sent : assert.rejects(sent, TypeError));
        const keys = server.seen.map((seen) => seen.headers.get('idempotency-key'));
        assert.deepEqual(keys, isSent ? [given] : []);
    });
}

for (const { given, isSent } of CASES.ids) {
    test(`an id is asked for, or refused: ${JSON.stringify(given)}`, async () => {
        const server = new PretendServer(accepted());

        const got = aClient(server).messages.get(given);

        await (isSent ? got : assert.rejects(got, TypeError));
        assert.equal(server.seen.length, isSent ? 1 : 0);
    });
}

for (const { name, body, headers, secrets, result, id, ...times } of CASES.webhooks) {
    test(`a webhook is judged, ${name}`, async () => {
        const verified = verifyWebhook(body, headers, secrets, {
            toleranceSeconds: times.toleranceSeconds,
            now: () => times.now,
        });

        if (result === 'genuine') {
            const event = await verified;
            assert.equal(event.id, id);
            assert.deepEqual(event.payload, JSON.parse(body));
            return;
        }
        await assert.rejects(verified, (error) => {
            assert(error instanceof WebhookRejected);
            assert(FAULTS[result].includes(error.code), error.code);
            return true;
        });
    });
}
