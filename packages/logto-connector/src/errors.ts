/**
 * Outcomes other than acceptance as the errors that Logto knows.
 *
 * Logto answers `rate_limit_exceeded` and `usage_limit_exceeded` with 429 and the others with 400. It shows a fixed
 * phrase for each code but `general`, where it shows `errorDescription`; so that is written for the person who
 * waits for a code. What the operator needs is in the other fields, which Logto logs.
 */

import { ConnectorError, ConnectorErrorCodes } from '@logto/connector-kit';

import type { Failure, FailureKind } from './component.js';
import { configError } from './guard.js';
import type { Outcome } from './task.js';

const CODES: Record<FailureKind, ConnectorErrorCodes> = {
  'invalid-config': ConnectorErrorCodes.InvalidConfig,
  authentication: ConnectorErrorCodes.InvalidConfig,
  denied: ConnectorErrorCodes.InvalidConfig,
  'invalid-message': ConnectorErrorCodes.InvalidRequestParameters,
  'recipient-rejected': ConnectorErrorCodes.InvalidRequestParameters,
  'no-template': ConnectorErrorCodes.TemplateNotFound,
  'rate-limited': ConnectorErrorCodes.RateLimitExceeded,
  quota: ConnectorErrorCodes.UsageLimitExceeded,
  provider: ConnectorErrorCodes.InvalidResponse,
  unreachable: ConnectorErrorCodes.General,
  timeout: ConnectorErrorCodes.General,
  unsupported: ConnectorErrorCodes.General,
  other: ConnectorErrorCodes.General,
};

/** Kinds where the same message may go through later. */
const PASSING = new Set<FailureKind>(['rate-limited', 'unreachable', 'timeout', 'provider']);

/** What a failed send throws as `data`. */
export type ErrorData = {
  /** For the person who waits for a code. */
  errorDescription: string;
  /** `unknown`: the message may be on its way, so sending again may send it twice. */
  state: 'not-sent' | 'unknown';
  kind: FailureKind;
  /** For the operator: what happened and what to do. */
  operatorMessage: string;
  /** Whether sending the same again is sane, after `retryAfterMs` where that is given. Never after `unknown`. */
  retryable: boolean;
  providerCode?: string;
  requestId?: string;
  retryAfterMs?: number;
};

export function toConnectorError({ state, failure }: Exclude<Outcome, { state: 'accepted' }>): ConnectorError {
  const data = errorData(state, failure);
  // Logto lists a zod error's issues for the operator.
  const details = failure.diagnostics.length > 0 ? Object.assign(configError(failure.diagnostics), data) : data;
  return new ConnectorError(CODES[failure.kind], details);
}

function errorData(state: ErrorData['state'], failure: Failure): ErrorData {
  const { kind, message, providerCode, requestId, retryAfterMs } = failure;
  return {
    errorDescription: description(state, kind),
    state,
    kind,
    operatorMessage: message,
    retryable: state === 'not-sent' && (PASSING.has(kind) || retryAfterMs !== undefined),
    ...(providerCode !== undefined && { providerCode }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function description(state: ErrorData['state'], kind: FailureKind): string {
  if (state === 'unknown') {
    return 'The message may be on its way. Wait a minute before you ask for another.';
  }
  switch (kind) {
    case 'rate-limited':
      return 'Too many messages were requested. Wait before you ask for another.';
    case 'quota':
      return 'No more messages can be sent at the moment.';
    case 'invalid-message':
      return 'The message cannot be sent to this number. Check it.';
    case 'recipient-rejected':
      return 'Messages cannot be delivered to this number.';
    case 'unreachable':
    case 'timeout':
    case 'provider':
      return 'The message was not sent. Try again.';
    default:
      return 'The message was not sent. Ask the administrator to check the SMS connector.';
  }
}
