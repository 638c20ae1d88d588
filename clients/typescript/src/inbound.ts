/** The calls about messages that were received. */

import type { CallOptions, Connection } from './connection.js';
import { Listing } from './listing.js';
import type { InboundMessage, InboundPage } from './types.js';

export interface InboundFilter {
    /** How many a page has: 1 to 200, 50 unless given. */
    readonly pageSize?: number;
    /** Where to begin: the `next` of a page. */
    readonly after?: string;
}

export class Inbound {
    readonly #connection: Connection;

    constructor(connection: Connection) {
        this.#connection = connection;
    }

    /** What the account's channels have received, newest first. */
    list(filter: InboundFilter = {}, options?: CallOptions): Listing<InboundMessage> {
        return new Listing(async (after) => {
            const page = await this.#connection.call<InboundPage>(
                {
                    method: 'GET',
                    path: '/v1/inbound',
                    query: { limit: filter.pageSize, after },
                    isRepeatable: true,
                },
                options,
            );
            return { items: page.inbound, next: page.next };
        }, filter.after);
    }
}
