/** Everything that is public. */

export { Smscore } from './client.js';
export type { Clock } from './clock.js';
export type { CallOptions } from './connection.js';
export {
    type Failure,
    NoAnswer,
    type NoAnswerCode,
    type RefusalCode,
    Refused,
    SmscoreError,
} from './errors.js';
export type { InboundFilter } from './inbound.js';
export { Listing, type Page } from './listing.js';
export type { MessageFilter, SendOptions } from './messages.js';
export type * from './payloads.js';
export type { ClientOptions } from './settings.js';
export type {
    Accepted,
    AcceptedMany,
    Account,
    CallbackSecret,
    Cancelled,
    Delivery,
    DeliveryState,
    Estimate,
    InboundMessage,
    Message,
    MessageStatus,
    NewMessage,
    NewMessages,
    NewWebhook,
    ReplayCount,
    ReplayedDelivery,
    ReplayFilter,
    Webhook,
    WebhookChange,
    WebhookCreated,
    WebhookRotated,
    WebhookShown,
} from './types.js';
export {
    type Verified,
    type VerifyOptions,
    verifyWebhook,
    type WebhookFault,
    type WebhookHeaders,
    WebhookRejected,
} from './verifying.js';
export type { DeliveryFilter } from './webhooks.js';
