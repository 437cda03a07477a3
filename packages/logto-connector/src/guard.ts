/** The config guard: the component's own validation as a zod type, which is what Logto asks with when it saves. */

import { z, ZodError, ZodIssueCode, type ZodIssue, type ZodType } from 'zod';

import { isolated, type Diagnostic, type Instance } from './component.js';
import { splitDigits } from './digits.js';

let validator: Instance | undefined;

export const configGuard: ZodType = z.unknown().superRefine((config, context) => {
  for (const issue of issues(validate(config))) context.addIssue(issue);
});

/** Every finding about a config, warnings included. */
export function validate(config: unknown): Diagnostic[] {
  const { rest, reading } = splitDigits(config);
  const { sms, reset } = (validator ??= isolated());
  const diagnostics = sms.validateConfig(JSON.stringify(rest ?? null), ['en']);
  reset();
  return 'finding' in reading ? [...diagnostics, reading.finding] : diagnostics;
}

/** A config with which every number that is one can be sent to. */
const ANY_NUMBER = JSON.stringify({
  accessKeyId: 'id', accessKeySecret: 'key', signName: 'name', sdkAppId: '1', region: 'ap-guangzhou',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, templateCode: '1' })),
});

/** Returns true if the component accepts the number of a recipient. */
export function isSendable(to: string): boolean {
  const { sms, reset } = (validator ??= isolated());
  try {
    sms.previewMessage(ANY_NUMBER, { to, usage: 'Generic', variables: [['code', '0']] });
    return true;
  } catch {
    return false;
  } finally {
    reset();
  }
}

/** Errors as zod has them, so that Logto lists them under `details`. Warnings do not keep a config from working. */
export function configError(diagnostics: Diagnostic[]): ZodError {
  return new ZodError(issues(diagnostics));
}

function issues(diagnostics: Diagnostic[]): ZodIssue[] {
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ pointer, code, message }) => ({ code: ZodIssueCode.custom, path: path(pointer), message, params: { code } }));
}

/** A JSON Pointer (RFC 6901) as the path that it describes. */
function path(pointer: string): Array<string | number> {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((segment) => (/^(0|[1-9]\d*)$/.test(segment) ? Number(segment) : segment));
}
