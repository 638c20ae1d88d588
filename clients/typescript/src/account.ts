/** The calls about the account behind the key. */

import type { CallOptions, Connection } from './connection.js';
import type { Account, CallbackSecret } from './types.js';

export class AccountCalls {
    readonly #connection: Connection;

    constructor(connection: Connection) {
        this.#connection = connection;
    }

    /** The plan, and how many credits are left. */
    get(options?: CallOptions): Promise<Account> {
        return this.#connection.call(
            { method: 'GET', path: '/v1/account', isRepeatable: true },
            options,
        );
    }

    /** Another secret for what is posted to callback addresses. It is shown this once. */
    renewCallbackSecret(options?: CallOptions): Promise<CallbackSecret> {
        return this.#connection.call(
            { method: 'POST', path: '/v1/account/callback-secret', isRepeatable: false },
            options,
        );
    }
}
