/** The client: one server, one key. */

import { AccountCalls } from './account.js';
import { Connection } from './connection.js';
import { Inbound } from './inbound.js';
import { Messages } from './messages.js';
import type { ClientOptions } from './settings.js';
import { Webhooks } from './webhooks.js';

/**
 * Speaks to an smscore server for one account.
 *
 * Holds no connections of its own and needs no closing; one is enough for a whole program.
 */
export class Smscore {
    readonly messages: Messages;
    readonly inbound: Inbound;
    readonly account: AccountCalls;
    readonly webhooks: Webhooks;

    constructor(options: ClientOptions) {
        const connection = new Connection(options);
        this.messages = new Messages(connection);
        this.inbound = new Inbound(connection);
        this.account = new AccountCalls(connection);
        this.webhooks = new Webhooks(connection);
    }
}
