/** The trade's words for what `schema.ts` has from the server's own description. */

import type { components } from './schema.js';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type CallbackSecret = Schemas['CallbackSecret'];
export type Cancelled = Schemas['Cancelled'];
export type Delivery = Schemas['Delivery'];
export type DeliveryState = Delivery['state'];
export type Estimate = Schemas['Estimate'];
export type InboundMessage = Schemas['InboundMessage'];
export type Message = Schemas['Message'];
export type MessageStatus = Message['status'];
export type NewWebhook = Schemas['NewWebhook'];
export type ReplayCount = Schemas['ReplayCount'];
export type ReplayedDelivery = Schemas['ReplayedDelivery'];
export type Webhook = Schemas['Webhook'];
export type WebhookCreated = Schemas['WebhookCreated'];
export type WebhookShown = Omit<Schemas['WebhookShown'], 'secret'>;
export type WebhookRotated = Required<Schemas['WebhookShown']>;

/** What pages are made of on the wire. */
export type DeliveryPage = Schemas['DeliveryPage'];
export type InboundPage = Schemas['InboundPage'];
export type MessagePage = Schemas['MessagePage'];
export type WebhookList = Schemas['WebhookList'];

interface Text extends Omit<Schemas['NewMessage'], 'to' | 'scheduled_at'> {
    /** When to send; at once unless given. A text without an offset is UTC. */
    readonly scheduled_at?: Date | string | null;
}

/** One text for one number. */
export interface NewMessage extends Text {
    readonly to: string;
}

/** One text for several numbers: all are accepted, or none. */
export interface NewMessages extends Text {
    readonly to: readonly string[];
}

/** A message is on the server's disk. */
export type Accepted = Omit<Schemas['Accepted'], 'messages'>;

/** As many messages as numbers, each with an id of its own; `message_id` is that of the first. */
export type AcceptedMany = Required<Schemas['Accepted']>;

export type WebhookChange = Omit<Schemas['WebhookChange'], 'rotate_secret'>;

/** Which deliveries to post again: unless given, those that were given up. */
export interface ReplayFilter {
    readonly state?: DeliveryState;
    readonly since?: Date | string;
    readonly until?: Date | string;
}
