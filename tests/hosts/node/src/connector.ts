/**
 * The connector with results that the type checker follows.
 *
 * jco throws a function's error as a `ComponentError` whose `payload` has no type, and a trap as any other error.
 * {@link send} makes one discriminated union of both, so that no caller can take an unknown outcome for a refusal.
 *
 * It blocks the thread for the whole round trip, because jco's WASI waits synchronously: call it from a worker.
 * `packages/logto-connector` has a pool of them.
 */

import { sms } from '../generated/connector.js';
import type { Failure, Message, Metadata, Receipt, SendError } from '../generated/interfaces/auth-connector-sms.js';

export type Outcome =
  | { state: 'accepted'; receipt: Receipt }
  /** Certainly not sent: sending again cannot reach the recipient twice. */
  | { state: 'not-sent'; failure: Failure }
  /** It may have been sent. `failure` is missing when the connector itself broke. */
  | { state: 'unknown'; failure?: Failure };

/** A message with its variables as an object. */
export type ShortMessage = Omit<Message, 'variables'> & { variables: Record<string, string> };

/** Sends one message. Never throws. */
export function send(config: unknown, message: ShortMessage): Outcome {
  try {
    const variables = Object.entries(message.variables);
    const receipt = sms.sendMessage(JSON.stringify(config), { ...message, variables });
    return { state: 'accepted', receipt };
  } catch (error) {
    if (isSendError(error)) {
      return { state: error.payload.tag, failure: error.payload.val };
    }
    // A trap says nothing about what left before it.
    return { state: 'unknown' };
  }
}

/** Every finding about a config, without a network. */
export function validate(config: unknown, locales: string[] = []) {
  return sms.validateConfig(JSON.stringify(config), locales);
}

/** What the connector is called. */
export function metadata(): Metadata {
  return sms.getMetadata();
}

function isSendError(error: unknown): error is { payload: SendError } {
  return error instanceof Error && 'payload' in error;
}
