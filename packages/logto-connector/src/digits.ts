/**
 * The package's own setting: what a number without `+` means.
 *
 * Logto stores calling code and national number, and strips the `+`. Accounts that were migrated from elsewhere may hold
 * national numbers without a calling code, which nothing in the digits tells apart.
 */

import type { Diagnostic } from './component.js';
import { countries } from './generated/countries.js';

/** The key in the config. The component gets a config without it. */
export const BARE_DIGITS = 'bareDigits';

/** The country whose national mobile numbers are read as such; undefined when all digits are E.164. */
export type National = string | undefined;

/** The setting, or what is wrong with it. */
export type Reading = { national: National } | { finding: Diagnostic };

const EXPECTED = 'Expected e164, or national: and the two letters of a country, such as national:CN.';
const HINT = 'e164 is right unless accounts were migrated with numbers that lack their calling code.';

/** Takes the setting out of a config. */
export function splitDigits(config: unknown): { rest: unknown; reading: Reading } {
  if (typeof config !== 'object' || config === null || Array.isArray(config) || !(BARE_DIGITS in config)) {
    return { rest: config, reading: { national: undefined } };
  }
  const { [BARE_DIGITS]: value, ...rest } = config;
  return { rest, reading: read(value) };
}

function read(value: unknown): Reading {
  if (isBlank(value)) return { national: undefined };
  const text = typeof value === 'string' ? value.trim() : '';
  if (text.toLowerCase() === 'e164') return { national: undefined };
  const country = /^national:\s*([a-z]{2})$/i.exec(text)?.[1]?.toUpperCase();
  if (country !== undefined && countries.includes(country)) return { national: country };
  return {
    finding: { pointer: `/${BARE_DIGITS}`, code: 'malformed', severity: 'error', message: EXPECTED, attributes: [['hint', HINT]] },
  };
}

/** Like every optional field: blank of any type, or an example in angle brackets. */
function isBlank(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '' || /^<.*>$/s.test(value.trim());
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** The form's field, beside those of the component. */
export const digitsField = {
  key: BARE_DIGITS,
  type: 'Text',
  label: 'Numbers without +',
  description:
    'e164, which is also what empty means: calling code and number, as Logto stores them. national:CN, or another ' +
    'country: for accounts that were migrated with numbers that lack their calling code. A valid mobile number of that ' +
    'country is then read as one, and all other digits as e164. With national:CN a stored number of the United States ' +
    'such as 13122345678 (+1 312 234 5678) would reach China.',
  required: false,
  placeholder: 'e164',
};
