/** National numbers as E.164. Loaded only where the setting asks for it: the metadata of all countries has 157 KB. */

import { getCountryCallingCode } from './phone/es6-modern/metadata.js';
import parsePhoneNumber from './phone/es6-modern/parsePhoneNumber.js';
import metadata from './phone/metadata.max.json.js';

const MOBILE = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

/**
 * Digits as E.164, if they are a valid mobile number of the country, or of one that shares its calling code: in Canada
 * and the United States, for example, the digits do not tell.
 */
export function nationalToE164(digits: string, country: string): string | undefined {
  const number = parsePhoneNumber(digits, { defaultCountry: country, extract: false }, metadata);
  const isOfCountry = number?.countryCallingCode === getCountryCallingCode(country, metadata);
  return number && isOfCountry && number.isValid() && MOBILE.has(number.getType() ?? '') ? number.number : undefined;
}
