/** Logto's data into the contract's message. */

import type { SendMessageData } from '@logto/connector-kit';

import type { Message } from './component.js';
import type { National } from './digits.js';

/** The contract's bounds on variables. A longer list or value is not for a template. */
const MAX_VARIABLES = 64;
const MAX_VARIABLE_BYTES = 1_024;

/** Payload keys that say which language to write in. They never become parameters. */
const LOCALE_KEYS = new Set(['locale', 'uiLocales']);

export async function toMessage({ to, type, payload }: SendMessageData, national?: National): Promise<Message> {
  return {
    to: await toE164(to, national),
    usage: type,
    variables: variables(payload),
    locales: locales(payload),
  };
}

/**
 * Logto stores and passes a number as calling code and national number without the `+`, unless the operator says that
 * stored numbers may be national ones, so this is the one place that knows what its digits mean. No calling code begins
 * with 0: `00` is an international prefix already.
 */
async function toE164(to: string, national: National): Promise<string> {
  if (national !== undefined && /^(?!00)\d/.test(to)) {
    const { nationalToE164 } = await import('./national.js');
    const number = nationalToE164(to, national);
    if (number !== undefined) return number;
  }
  return /^[1-9]/.test(to) ? `+${to}` : to;
}

/** `locale` is the language that Logto chose; `uiLocales` is what the client asked for, best first. */
function locales({ locale, uiLocales }: SendMessageData['payload']): string[] {
  const wanted = [locale, ...(typeof uiLocales === 'string' ? uiLocales.split(/\s+/) : [])];
  return [...new Set(wanted.filter((tag): tag is string => typeof tag === 'string' && tag !== ''))];
}

/** Values that can be a template's parameter. Which of them are is for the config to declare. */
function variables(payload: SendMessageData['payload']): Array<[string, string]> {
  return Object.entries(payload)
    .filter(([name, value]) => !LOCALE_KEYS.has(name) && ['string', 'number', 'boolean', 'bigint'].includes(typeof value))
    .map(([name, value]): [string, string] => [name, String(value)])
    .filter((pair) => pair.every((text) => Buffer.byteLength(text) <= MAX_VARIABLE_BYTES))
    // Whatever else Logto adds, the code is among them.
    .sort(([one], [other]) => Number(other === 'code') - Number(one === 'code'))
    .slice(0, MAX_VARIABLES);
}
