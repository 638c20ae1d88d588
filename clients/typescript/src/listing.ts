/** Lists that are longer than an answer. */

import { NoAnswer } from './errors.js';

/** A part of a list. */
export interface Page<Item> {
    /** May be empty, even if there is a next page. */
    readonly items: Item[];
    /** What `after` is for the next page; null: this was the last one. */
    readonly next: string | null;
}

/**
 * All entries, newest first: `for await (const message of client.messages.list())`. A page is asked
 * for when the one before it was used up, and each loop begins anew.
 */
export class Listing<Item> implements AsyncIterable<Item> {
    readonly #read: (after: string | undefined) => Promise<Page<Item>>;
    readonly #after: string | undefined;

    constructor(
        read: (after: string | undefined) => Promise<Page<Item>>,
        after: string | undefined,
    ) {
        this.#read = read;
        this.#after = after;
    }

    async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
        for await (const page of this.pages()) yield* page.items;
    }

    /** The same, a page at a time, for those who show pages or keep their place. */
    async *pages(): AsyncGenerator<Page<Item>, void, undefined> {
        let after = this.#after;
        for (;;) {
            const page = await this.#read(after);
            if (page.next === after) throw endless();
            yield page;
            if (page.next === null) return;
            after = page.next;
        }
    }
}

function endless(): NoAnswer {
    return new NoAnswer('a page says that the next one is itself', {
        code: 'unreadable_answer',
        status: null,
        correlationId: null,
        retryAfterSeconds: null,
        attempts: 1,
        isUncertain: false,
        idempotencyKey: null,
    });
}
