/** The calls about messages that are sent. */

import type { CallOptions, Connection } from './connection.js';
import { identified } from './identified.js';
import { Listing } from './listing.js';
import type {
    Accepted,
    AcceptedMany,
    Cancelled,
    Estimate,
    Message,
    MessagePage,
    MessageStatus,
    NewMessage,
    NewMessages,
} from './types.js';

export interface SendOptions extends CallOptions {
    /**
     * 1 to 255 printable ASCII characters that name this submission, such as the number of an
     * order. What is sent again under the same key within a day is answered, but not sent again.
     * Unless given, each call makes one, which protects its own repetitions.
     */
    readonly idempotencyKey?: string;
}

export interface MessageFilter {
    readonly status?: MessageStatus;
    readonly to?: string;
    /** How many a page has: 1 to 200, 50 unless given. */
    readonly pageSize?: number;
    /** Where to begin: the `next` of a page. */
    readonly after?: string;
}

export class Messages {
    readonly #connection: Connection;

    constructor(connection: Connection) {
        this.#connection = connection;
    }

    /** Sends one text, to one number or to several. It is on the server's disk afterwards. */
    send(message: NewMessage, options?: SendOptions): Promise<Accepted>;
    send(message: NewMessages, options?: SendOptions): Promise<AcceptedMany>;
    send(
        message: NewMessage | NewMessages,
        options?: SendOptions,
    ): Promise<Accepted | AcceptedMany>;
    async send(
        message: NewMessage | NewMessages,
        { idempotencyKey = crypto.randomUUID(), ...options }: SendOptions = {},
    ): Promise<Accepted | AcceptedMany> {
        return this.#connection.call(
            {
                method: 'POST',
                path: '/v1/messages',
                body: message,
                idempotencyKey: checkedKey(idempotencyKey),
                isRepeatable: true,
            },
            options,
        );
    }

    /** What `send` would cost, which way it would go, and why. Nothing is sent. */
    estimate(message: NewMessage | NewMessages, options?: CallOptions): Promise<Estimate> {
        return this.#connection.call(
            {
                method: 'POST',
                path: '/v1/messages/estimate',
                body: message,
                isRepeatable: true,
                isQuestion: true,
            },
            options,
        );
    }

    async get(id: string, options?: CallOptions): Promise<Message> {
        return this.#connection.call(
            { method: 'GET', path: `/v1/messages/${identified(id)}`, isRepeatable: true },
            options,
        );
    }

    /** Messages, newest first. */
    list(filter: MessageFilter = {}, options?: CallOptions): Listing<Message> {
        const { status, to, pageSize: limit } = filter;
        return new Listing(async (after) => {
            const page = await this.#connection.call<MessagePage>(
                {
                    method: 'GET',
                    path: '/v1/messages',
                    query: { status, to, limit, after },
                    isRepeatable: true,
                },
                options,
            );
            return { items: page.messages, next: page.next };
        }, filter.after);
    }

    /**
     * Calls back what has not begun to leave, and gives its credits back. If an answer was lost,
     * the next attempt may be refused with `not_cancellable` because the first one did it: the error
     * has `isUncertain`, and `get` tells.
     */
    async cancel(id: string, options?: CallOptions): Promise<Cancelled> {
        return this.#connection.call(
            { method: 'DELETE', path: `/v1/messages/${identified(id)}`, isRepeatable: true },
            options,
        );
    }
}

/** Refused here: a key that does not arrive as it was written would protect nobody. */
function checkedKey(idempotencyKey: string): string {
    if (!/^[ -~]{1,255}$/.test(idempotencyKey) || idempotencyKey.trim() !== idempotencyKey) {
        throw new TypeError('idempotencyKey must be 1 to 255 printable ASCII characters');
    }
    return idempotencyKey;
}
