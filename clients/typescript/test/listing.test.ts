import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PretendServer, aClient } from './pretend.js';

function pageOf(ids: string[], next: string | null): Response {
    return Response.json({
        success: true,
        messages: ids.map((message_id) => ({ message_id })),
        next,
    });
}

test('a list is all of its pages, an empty one among them', async () => {
    const server = new PretendServer(
        pageOf(['msg_4', 'msg_3'], 'c1'),
        pageOf([], 'c2'),
        pageOf(['msg_2'], null),
    );
    const found: string[] = [];

    const list = aClient(server).messages.list({
        status: 'failed',
        to: '+491701234567',
        pageSize: 2,
    });
    for await (const message of list) found.push(message.message_id);

    assert.deepEqual(found, ['msg_4', 'msg_3', 'msg_2']);
    assert.deepEqual(
        server.seen.map((seen) => seen.path),
        ['', '&after=c1', '&after=c2'].map(
            (after) => `/v1/messages?status=failed&to=%2B491701234567&limit=2${after}`,
        ),
    );
});

test('a page that is not wanted is not asked for', async () => {
    const server = new PretendServer(pageOf(['msg_4', 'msg_3'], 'c1'));

    for await (const message of aClient(server).messages.list()) {
        if (message.message_id === 'msg_3') break;
    }

    assert.deepEqual(
        server.seen.map((seen) => seen.path),
        ['/v1/messages'],
    );
});

test('pages can be shown one by one, and gone on with later', async () => {
    const server = new PretendServer(pageOf(['msg_4'], 'c1'), pageOf(['msg_3'], null));
    const client = aClient(server);

    const { value: first } = await client.messages.list().pages().next();
    const { value: second } = await client.messages
        .list({ after: first?.next ?? '' })
        .pages()
        .next();

    assert.deepEqual([first?.items[0]?.message_id, first?.next], ['msg_4', 'c1']);
    assert.deepEqual([second?.items[0]?.message_id, second?.next], ['msg_3', null]);
});

test('a list can be gone through twice', async () => {
    const server = new PretendServer(pageOf(['msg_1'], null), pageOf(['msg_2', 'msg_1'], null));
    const list = aClient(server).messages.list();
    const counts: number[] = [];

    for (const _ of [1, 2]) {
        let count = 0;
        for await (const _message of list) count += 1;
        counts.push(count);
    }

    assert.deepEqual(counts, [1, 2]);
});

test('a page that says that the next one is itself ends the loop', async () => {
    const server = new PretendServer(pageOf(['msg_2'], 'c1'), pageOf(['msg_1'], 'c1'));
    const found: string[] = [];

    await assert.rejects(async () => {
        for await (const { message_id } of aClient(server).messages.list()) found.push(message_id);
    }, /itself/);

    assert.deepEqual(found, ['msg_2']);
});
