/**
 * What both connectors are given, and in what they are expected to differ besides the headers that always do.
 *
 * Names of differences are those of docs/migrating-from-logto.md.
 */

import { config } from '../../../tests/hosts/support/config.mjs';
import { dies, entries, first, ok, raw, refused, refusedNumber, value } from './interceptor.mjs';

const NINE = [
  'SignIn', 'Register', 'ForgotPassword', 'OrganizationInvitation', 'Generic', 'UserPermissionValidation',
  'BindNewIdentifier', 'MfaVerification', 'BindMfa',
];
const REQUIRED = ['Register', 'SignIn', 'ForgotPassword', 'Generic'];

const template = (usageType, templateCode = '1110000') => ({ usageType, templateCode });
const templates = (usages, ...more) => ({ templates: [...usages.map((usage) => template(usage)), ...more] });
const without = (key) => {
  const { [key]: _, ...rest } = config();
  return rest;
};

const data = (changes = {}) => ({ to: '8613800138000', type: 'SignIn', payload: { code: '123456' }, ...changes });
const one = (name, expected, { config: changes = {}, whole, answer = ok, ...message } = {}) => ({
  name, expected, config: whole ?? config(changes), data: data(message), answer,
});

/** Always: Logto's digits get their `+`. */
const PLUS = 'body:PhoneNumberSet';
const PARAMETERS = 'body:TemplateParamSet';
const REFUSED_HERE = 'request:only-original';
const SENT_HERE = 'request:only-here';

export const CASES = [
  // Usages and templates.
  ...NINE.map((type, index) =>
    one(`the template of ${type}`, [PLUS], { type, config: { templates: NINE.map((usage, i) => template(usage, `11100${10 + i}`)) }, payload: { code: `10000${index}` } })),
  one('a usage of the operator\'s own', [PLUS], { type: 'Birthday', config: templates(REQUIRED, template('Birthday', '1110009')) }),
  one('two templates for one usage', [PLUS], { config: templates(REQUIRED, template('SignIn', '1110009')) }),
  one('a usage without a template', [SENT_HERE, 'outcome:template_not_found→accepted'], { type: 'BindMfa' }),
  one('white space around a template\'s code', [PLUS, 'body:TemplateId'], { config: templates(['Register', 'ForgotPassword', 'Generic'], template('SignIn', ' 1110000 ')) }),

  // Recipients.
  one('a number in the United States', [PLUS], { to: '14155552671' }),
  one('a number in the United States that reads like a Chinese one', [PLUS], { to: '18624017194' }),
  one('a number in Hong Kong', [PLUS], { to: '85268326366' }),
  one('a number in the United Kingdom', [PLUS], { to: '447700900123' }),
  one('a number in Singapore', [PLUS], { to: '6598765432' }),
  one('a number with its plus', [], { to: '+8613800138000' }),
  one('a number with its international prefix', [PLUS], { to: '008613800138000' }),
  one('a number with spaces', [PLUS], { to: '+1 415 555 2671' }),
  one('a number that is too short', [REFUSED_HERE, 'outcome:accepted→invalid_request_parameters'], { to: '8613' }),
  one('an empty number', [REFUSED_HERE, 'outcome:accepted→invalid_request_parameters'], { to: '' }),

  // Payloads.
  one('a code with zeros in front', [PLUS], { payload: { code: '000000' } }),
  one('a code of four digits', [PLUS], { payload: { code: '1234' } }),
  one('a code as a number', [PLUS], { payload: { code: 123456 } }),
  one('a locale', [PLUS], { payload: { code: '123456', locale: 'zh-CN' } }),
  one('the client\'s languages', [PLUS, PARAMETERS], { payload: { code: '123456', locale: 'fr', uiLocales: 'fr-CA fr' } }),
  one('an object in the payload', [PLUS, PARAMETERS], { payload: { code: '123456', application: { name: 'App' }, link: undefined } }),
  one('a further value in the payload', [PLUS, PARAMETERS], { payload: { code: '123456', minutes: '10' } }),
  one('a value before the code', [PLUS, PARAMETERS], { payload: { link: 'https://example.com', code: '123456' } }),
  one('no code', [REFUSED_HERE, 'outcome:accepted→invalid_request_parameters'], { payload: {} }),
  one('a code of seven digits', [REFUSED_HERE, 'outcome:accepted→invalid_request_parameters'], { payload: { code: '1234567' } }),
  one('a code with letters', [REFUSED_HERE, 'outcome:accepted→invalid_request_parameters'], { payload: { code: 'abc123' } }),

  // Configs.
  one('a signature in ASCII', [PLUS], { config: { signName: 'Example' } }),
  one('a signature with characters that JSON escapes', [PLUS], { config: { signName: 'a"b\\c/d\u0007' } }),
  one('a signature beyond the basic plane', [PLUS], { config: { signName: '短信📱' } }),
  one('white space around a signature', [PLUS, 'body:SignName'], { config: { signName: ' 腾讯云 ' } }),
  one('the international site\'s region', [PLUS], { config: { region: 'ap-singapore' } }),
  one('a region that nobody listed', [PLUS], { config: { region: 'eu-frankfurt' } }),
  one('an application\'s id as a number', [SENT_HERE, 'outcome:invalid_config→accepted'], { config: { sdkAppId: 1400006666 } }),
  one('white space around an application\'s id', [PLUS, 'body:SmsSdkAppId'], { config: { sdkAppId: '1400006666 ' } }),
  one('a key that nobody knows', [PLUS], { config: { note: 'ours' } }),
  one('a placeholder where no usage requires a template', [PLUS], { config: templates(REQUIRED, template('BindMfa', '<template-code>')) }),
  one('a placeholder where a usage requires a template', [REFUSED_HERE, 'outcome:accepted→invalid_config'], { config: templates(['Register', 'SignIn', 'ForgotPassword'], template('Generic', '<template-code>')) }),
  one('a blank region', [REFUSED_HERE, 'outcome:accepted→invalid_config'], { config: { region: '' } }),
  one('a blank application\'s id', [REFUSED_HERE, 'outcome:accepted→invalid_config'], { config: { sdkAppId: '' } }),
  one('a required usage without a template', [], { config: templates(['Register', 'ForgotPassword', 'Generic']) }),
  one('a config without a secret', [], { whole: without('accessKeySecret') }),
  one('an empty config', [], { whole: {} }),
  one('templates that are no list', [], { config: { templates: {} } }),

  // Answers.
  one('acceptance in lower case', [PLUS], { answer: entries({ Code: 'ok' }) }),
  one('a wrong secret', [PLUS, 'outcome:general→invalid_config'], { answer: refused('AuthFailure.SignatureFailure') }),
  one('a missing permission', [PLUS, 'outcome:general→invalid_config'], { answer: refused('AuthFailure.UnauthorizedOperation') }),
  one('a template that is not approved', [PLUS, 'outcome:general→invalid_config'], { answer: refusedNumber('FailedOperation.TemplateIncorrectOrUnapproved') }),
  one('a limit of the number', [PLUS, 'outcome:general→rate_limit_exceeded'], { answer: refusedNumber('LimitExceeded.PhoneNumberThirtySecondLimit') }),
  one('a limit of requests', [PLUS, 'outcome:general→rate_limit_exceeded'], { answer: refused('RequestLimitExceeded') }),
  one('an empty balance', [PLUS, 'outcome:general→usage_limit_exceeded'], { answer: refusedNumber('FailedOperation.InsufficientBalanceInSmsPackage') }),
  one('a number that the service does not take', [PLUS, 'outcome:general→invalid_request_parameters'], { answer: refusedNumber('InvalidParameterValue.IncorrectPhoneNumber') }),
  one('a code that nobody knows', [PLUS], { answer: refused('SomethingNew') }),
  one('trouble at the service', [PLUS, 'outcome:general→invalid_response'], { answer: refused('InternalError.OtherError') }),
  one('a refusal under an HTTP error', [PLUS, 'outcome:general→invalid_config'], { answer: refused('AuthFailure.SecretIdNotFound', 400) }),
  one('an expired signature, and then acceptance', [PLUS, 'request:again', 'outcome:general→accepted'], { answer: first(refused('AuthFailure.SignatureExpire'), ok) }),
  one('an answer about no number', [PLUS, 'outcome:general→invalid_response'], { answer: entries() }),
  one('an answer about two numbers', [PLUS, 'outcome:accepted→invalid_response'], { answer: entries({}, { PhoneNumber: '+8613800138001' }) }),
  one('an answer about another number', [PLUS, 'outcome:accepted→invalid_response'], { answer: entries({ PhoneNumber: '+8613800138001' }) }),
  one('acceptance without a serial number', [PLUS, 'outcome:accepted→invalid_response'], { answer: entries({ SerialNo: '' }) }),
  one('neither a result nor an error', [PLUS, 'outcome:untyped→invalid_response'], { answer: value({ Response: {} }) }),
  one('no response in the answer', [PLUS, 'outcome:untyped→invalid_response'], { answer: value({}) }),
  one('a page in place of an answer', [PLUS, 'outcome:untyped→invalid_response'], { answer: raw(200, '<html></html>') }),
  one('a server that failed', [PLUS, 'outcome:general→invalid_response'], { answer: raw(500, '<html></html>') }),
  one('a gateway that limits', [PLUS, 'outcome:general→invalid_response'], { answer: raw(429, '<html></html>') }),
  one('a redirect', [PLUS, 'request:redirected', 'outcome:accepted→invalid_response'], { answer: first(raw(307, '', { location: '/elsewhere' }), ok) }),
  one('a connection that dies after the request', [PLUS, 'outcome:untyped→invalid_response'], { answer: dies }),
];
