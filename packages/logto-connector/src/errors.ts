/**
 * Outcomes other than acceptance as the errors that Logto knows.
 *
 * Logto answers `rate_limit_exceeded` and `usage_limit_exceeded` with 429 and the others with 400. It shows a fixed
 * phrase for each code but `general`, where it shows `errorDescription`; so that is written for the person who
 * waits for a code. What the operator needs is in the other fields, which Logto logs.
 */

import { ConnectorError, ConnectorErrorCodes } from '@logto/connector-kit';

import type { Diagnostic, Failure, FailureKind, Message } from './component.js';
import { configError, isSendable } from './guard.js';
import { phrase, type Phrase } from './phrases.js';
import { failure, type Outcome } from './task.js';

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
  /** For the person who waits for a code, in that person's language. */
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

/** The outcome for a setting of the package that cannot work. */
export function refused(finding: Diagnostic): Outcome {
  const text = `The config cannot work: ${finding.pointer}: ${finding.message}`;
  return { state: 'not-sent', failure: failure('invalid-config', text, { diagnostics: [finding], attributes: [['turn', 'operator']] }) };
}

export function toConnectorError(
  { state, failure: found }: Exclude<Outcome, { state: 'accepted' }>,
  { to, locales }: Pick<Message, 'to' | 'locales'>,
): ConnectorError {
  const data = errorData(state, found, phrase(phraseFor(state, found, to), locales ?? []));
  // Logto lists a zod error's issues for the operator.
  const details = found.diagnostics.length > 0 ? Object.assign(configError(found.diagnostics), data) : data;
  return new ConnectorError(CODES[found.kind], details);
}

function errorData(state: ErrorData['state'], found: Failure, errorDescription: string): ErrorData {
  const { kind, message, providerCode, requestId, retryAfterMs } = found;
  return {
    errorDescription,
    state,
    kind,
    operatorMessage: message,
    retryable: state === 'not-sent' && (PASSING.has(kind) || retryAfterMs !== undefined),
    ...(providerCode !== undefined && { providerCode }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function phraseFor(state: ErrorData['state'], found: Failure, to: string): Phrase {
  if (state === 'unknown') return 'maybe-sent';
  switch (found.kind) {
    case 'rate-limited':
      return 'too-many';
    case 'quota':
      return 'used-up';
    case 'invalid-message':
      return isNumbersFault(found, to) ? 'check-number' : 'ask-administrator';
    case 'recipient-rejected':
      return 'not-delivered';
    case 'unreachable':
    case 'timeout':
    case 'provider':
      return 'try-again';
    default:
      return 'ask-administrator';
  }
}

/** A message is refused for its code, a parameter or its content, too; then the number is fine. */
function isNumbersFault({ providerCode }: Failure, to: string): boolean {
  return providerCode === undefined ? !isSendable(to) : providerCode === 'InvalidParameterValue.IncorrectPhoneNumber';
}
