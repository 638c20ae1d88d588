/** What can go wrong with a call, sorted by what is known afterwards. */

import type { components } from './schema.js';

/** The codes of refusals. A newer server may have more, so any other text fits too. */
export type RefusalCode =
    | components['schemas']['RefusalReason']['code']
    // Not `string`, which would swallow the others, and with them what editors suggest.
    | (string & {});

/**
 * `timeout`: nothing came in time. `connection_failed`: the connection could not be made, or broke.
 * `unreadable_answer`: something came, but not from smscore; a proxy's page, for example.
 */
export type NoAnswerCode = 'timeout' | 'connection_failed' | 'unreadable_answer';

/** What is known about a call that failed. */
export interface Failure<Code extends string = string> {
    readonly code: Code;
    /** Of the last answer; null: there was none. */
    readonly status: number | null;
    /** Names the fault in the server's log, where there was one. */
    readonly correlationId: string | null;
    /** When the server wants to be asked again, if it said so. */
    readonly retryAfterSeconds: number | null;
    /** How often the call was tried. */
    readonly attempts: number;
    /**
     * Whether an attempt may have been carried out, and only its answer is missing. Never of a call
     * that only asks, or if the server was not reached.
     */
    readonly isUncertain: boolean;
    /** Under which key a submission can be repeated without being sent twice. */
    readonly idempotencyKey: string | null;
}

/** A call that failed: {@link Refused} or {@link NoAnswer}. */
export abstract class SmscoreError<Code extends string = string>
    extends Error
    implements Failure<Code>
{
    readonly code: Code;
    readonly status: number | null;
    readonly correlationId: string | null;
    readonly retryAfterSeconds: number | null;
    readonly attempts: number;
    readonly isUncertain: boolean;
    readonly idempotencyKey: string | null;

    constructor(message: string, failure: Failure<Code>, options?: ErrorOptions) {
        super(message, options);
        this.code = failure.code;
        this.status = failure.status;
        this.correlationId = failure.correlationId;
        this.retryAfterSeconds = failure.retryAfterSeconds;
        this.attempts = failure.attempts;
        this.isUncertain = failure.isUncertain;
        this.idempotencyKey = failure.idempotencyKey;
    }
}

/**
 * The server said no, and why: nothing was done, unless {@link Failure.isUncertain} says that an
 * earlier attempt may have been.
 */
export class Refused extends SmscoreError<RefusalCode> {
    override readonly name = 'Refused';
}

/**
 * Nobody said yes or no. If {@link Failure.isUncertain} is false, nothing was done. Repeating a submission with the same {@link Failure.idempotencyKey} is
 * safe: it is never sent twice.
 */
export class NoAnswer extends SmscoreError<NoAnswerCode> {
    override readonly name = 'NoAnswer';
}
