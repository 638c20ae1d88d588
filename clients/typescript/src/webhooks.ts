/** The calls about webhooks, and about what was posted to them. */

import type { CallOptions, Connection } from './connection.js';
import { Refused } from './errors.js';
import { identified } from './identified.js';
import { Listing } from './listing.js';
import type {
    Delivery,
    DeliveryPage,
    DeliveryState,
    NewWebhook,
    ReplayCount,
    ReplayedDelivery,
    ReplayFilter,
    Webhook,
    WebhookChange,
    WebhookCreated,
    WebhookList,
    WebhookRotated,
    WebhookShown,
} from './types.js';

export interface DeliveryFilter {
    readonly state?: DeliveryState;
    /** How many a page has: 1 to 200, 50 unless given. */
    readonly pageSize?: number;
    /** Where to begin: the `next` of a page. */
    readonly after?: string;
}

export class Webhooks {
    readonly #connection: Connection;

    constructor(connection: Connection) {
        this.#connection = connection;
    }

    /**
     * An address that is told of some events. The secret is shown this once. Not repeated when
     * there is no answer: that could make two of them.
     */
    create(webhook: NewWebhook, options?: CallOptions): Promise<WebhookCreated> {
        return this.#connection.call(
            { method: 'POST', path: '/v1/webhooks', body: webhook, isRepeatable: false },
            options,
        );
    }

    /** All of the account. */
    async list(options?: CallOptions): Promise<Webhook[]> {
        const { webhooks } = await this.#connection.call<WebhookList>(
            { method: 'GET', path: '/v1/webhooks', isRepeatable: true },
            options,
        );
        return webhooks;
    }

    async get(id: string, options?: CallOptions): Promise<WebhookShown> {
        return this.#connection.call(
            { method: 'GET', path: path(id), isRepeatable: true },
            options,
        );
    }

    /** Changes what is given; the rest stays. */
    async update(id: string, change: WebhookChange, options?: CallOptions): Promise<WebhookShown> {
        return this.#connection.call(
            { method: 'PATCH', path: path(id), body: change, isRepeatable: true },
            options,
        );
    }

    /**
     * Another secret, shown this once. For a day the old one signs as well, so this is not repeated
     * when there is no answer: the one after the next would end that day.
     */
    async rotateSecret(id: string, options?: CallOptions): Promise<WebhookRotated> {
        return this.#connection.call(
            { method: 'PATCH', path: path(id), body: { rotate_secret: true }, isRepeatable: false },
            options,
        );
    }

    /** Removes it, and what was pending for it. */
    async delete(id: string, options?: CallOptions): Promise<void> {
        try {
            await this.#connection.call(
                { method: 'DELETE', path: path(id), isRepeatable: true },
                options,
            );
        } catch (error) {
            // It was there, and an attempt that had no answer has removed it.
            const isGone = error instanceof Refused && error.code === 'not_found';
            if (!(isGone && error.isUncertain)) throw error;
        }
    }

    /** What was or will be posted, newest first. */
    deliveries(id: string, filter: DeliveryFilter = {}, options?: CallOptions): Listing<Delivery> {
        const { state, pageSize: limit } = filter;
        return new Listing(async (after) => {
            const page = await this.#connection.call<DeliveryPage>(
                {
                    method: 'GET',
                    path: `${path(id)}/deliveries`,
                    query: { state, limit, after },
                    isRepeatable: true,
                },
                options,
            );
            return { items: page.deliveries, next: page.next };
        }, filter.after);
    }

    /**
     * Posts one delivery again, or at once if it waits. Repeated when there is no answer: endpoints
     * look at the event's id, which stays the same.
     */
    async replay(id: string, delivery: string, options?: CallOptions): Promise<ReplayedDelivery> {
        return this.#connection.call(
            {
                method: 'POST',
                path: `${path(id)}/deliveries/${identified(delivery)}/replay`,
                isRepeatable: true,
            },
            options,
        );
    }

    /** Posts many again: unless a filter says otherwise, all that were given up. */
    async replayMany(
        id: string,
        filter: ReplayFilter = {},
        options?: CallOptions,
    ): Promise<ReplayCount> {
        return this.#connection.call(
            { method: 'POST', path: `${path(id)}/replay`, body: filter, isRepeatable: false },
            options,
        );
    }
}

function path(id: string): string {
    return `/v1/webhooks/${identified(id)}`;
}
