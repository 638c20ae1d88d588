/** What webhooks say, told apart by their `event`. */

import type { components } from './schema.js';

type Schemas = components['schemas'];

export type MessageQueued = Schemas['MessageQueued'];
export type MessageSent = Schemas['MessageSent'];
export type MessageDelivered = Schemas['MessageDelivered'];
export type MessageFailed = Schemas['MessageFailed'];
export type MessageExpired = Schemas['MessageExpired'];
export type MessageReceived = Schemas['MessageReceived'];
export type MessageUpdated = Schemas['MessageUpdated'];

/** A newer server may tell of other events: let your `switch` have a `default`. */
export type WebhookPayload =
    | MessageQueued
    | MessageSent
    | MessageDelivered
    | MessageFailed
    | MessageExpired
    | MessageReceived
    | MessageUpdated;

/** What a webhook can ask for. */
export type WebhookEvent = WebhookPayload['event'];
