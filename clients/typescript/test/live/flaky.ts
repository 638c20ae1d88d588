/** A proxy before the server that fails as a test says, and then no more. */

import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Smscore } from '../../src/index.js';
import { KEY, URL_OF_SERVER } from './server.js';

/** What becomes of one request; afterwards they pass. */
export type Trouble =
    | 'reset before'
    | 'reset after'
    | 'half an answer'
    | { readonly status: number; readonly headers?: Record<string, string> };

export interface Flaky {
    readonly client: Smscore;
    /** When each request came, in milliseconds. */
    readonly times: number[];
    /** The keys that they came with. */
    readonly keys: unknown[];
    close(): Promise<void>;
}

export async function flaky(...troubles: Trouble[]): Promise<Flaky> {
    const times: number[] = [];
    const keys: unknown[] = [];
    const server = createServer((incoming, outgoing) => {
        times.push(performance.now());
        keys.push(incoming.headers['idempotency-key']);
        void handle(troubles.shift(), incoming, outgoing);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
        client: new Smscore({ apiKey: KEY, baseUrl: `http://127.0.0.1:${port}` }),
        times,
        keys,
        close: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}

async function handle(
    trouble: Trouble | undefined,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
): Promise<void> {
    const body = await read(incoming);
    if (trouble === 'reset before') {
        outgoing.destroy();
        return;
    }
    if (typeof trouble === 'object') {
        outgoing.writeHead(trouble.status, trouble.headers).end('<h1>Please come again</h1>');
        return;
    }
    const { answer, content } = await passOn(incoming, body);
    if (trouble === 'reset after') {
        outgoing.destroy();
        return;
    }
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    if (trouble === 'half an answer') {
        outgoing.write(content.subarray(0, 10), () => outgoing.destroy());
        return;
    }
    outgoing.end(content);
}

function passOn(
    incoming: IncomingMessage,
    body: Buffer,
): Promise<{ answer: IncomingMessage; content: Buffer }> {
    const { method = 'GET', headers, url = '/' } = incoming;
    return new Promise((resolve, reject) => {
        const passed = ask(new URL(url, URL_OF_SERVER), { method, headers }, (answer) => {
            read(answer).then((content) => resolve({ answer, content }), reject);
        });
        passed.on('error', reject);
        passed.end(body);
    });
}

async function read(message: IncomingMessage): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of message) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
}
