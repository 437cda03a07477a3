/** Compiled and never run: what the types let through, and what they stop. */

import { send } from './connector.js';

const outcome = send({}, { to: '+8613800138000', usage: 'SignIn', variables: { code: '123456' } });

switch (outcome.state) {
  case 'accepted':
    outcome.receipt.messageId satisfies string;
    outcome.receipt.requestId satisfies string | undefined;
    break;
  case 'not-sent':
    outcome.failure.retryAfterMs satisfies number | undefined;
    if (outcome.failure.kind === 'rate-limited') break;
    // @ts-expect-error No such kind: a host that misspells one never reaches its branch.
    if (outcome.failure.kind === 'ratelimited') break;
    break;
  case 'unknown':
    // @ts-expect-error Nobody may take an unknown outcome's failure for granted.
    outcome.failure.kind;
    break;
  default:
    outcome satisfies never;
}

// @ts-expect-error A message without a recipient.
send({}, { usage: 'SignIn', variables: {} });
// @ts-expect-error Variables are texts.
send({}, { to: '+8613800138000', usage: 'SignIn', variables: { code: 123456 } });
