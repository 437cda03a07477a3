/** Texts for the person who waits for a code. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import createConnector from '../lib/index.js';
import { toConnectorError } from '../lib/errors.js';
import { LANGUAGES, phrase } from '../lib/phrases.js';
import { config } from '../../../tests/hosts/support/config.mjs';
import { Simulator } from '../../../tests/hosts/support/simulator.mjs';

const connector = await createConnector({ getConfig: () => assert.fail('not asked for') });
const simulator = Simulator.running(process.env.SIMULATOR_URL, process.env.SIMULATOR_CA);

const PHRASES = ['maybe-sent', 'too-many', 'used-up', 'check-number', 'not-delivered', 'try-again', 'ask-administrator'];

/** The languages of Logto's sign-in page. */
const LOGTO = ['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'ko', 'pl-PL', 'pt-PT', 'pt-BR', 'ru', 'th', 'tr-TR', 'uk-UA', 'zh-CN', 'zh-HK', 'zh-TW'];

/** A letter of the script that a language is written in. */
const SCRIPTS = { ar: /\p{Script=Arabic}/u, ja: /\p{Script=Hiragana}|\p{Script=Katakana}/u, ko: /\p{Script=Hangul}/u, ru: /\p{Script=Cyrillic}/u, th: /\p{Script=Thai}/u, uk: /\p{Script=Cyrillic}/u, zh: /\p{Script=Han}/u };

test('every phrase is there in each of Logto\'s languages, once', () => {
  assert.deepEqual([...LANGUAGES].sort(), [...LOGTO].sort());
  for (const language of LOGTO) {
    const texts = PHRASES.map((which) => phrase(which, [language]));
    assert.equal(new Set(texts).size, PHRASES.length, language);
    const script = SCRIPTS[language.split('-')[0]] ?? /\p{Script=Latin}/u;
    for (const [index, text] of texts.entries()) {
      assert.match(text, script, `${language} ${PHRASES[index]}`);
      if (language !== 'en') assert.notEqual(text, phrase(PHRASES[index], ['en']), `${language} ${PHRASES[index]}`);
    }
  }
});

/** The auth host speaks to the same people, in the languages that it has. What differs is whom to ask. */
test('the auth host says the same', async () => {
  for (const language of ['en', 'zh-CN', 'zh-TW', 'pt-BR', 'de', 'fr']) {
    const texts = JSON.parse(await readFile(new URL(`../../../auth-host/phrases/${language}.json`, import.meta.url), 'utf8'));
    for (const which of PHRASES.filter((which) => which !== 'ask-administrator')) {
      assert.equal(texts[which], phrase(which, [language]), `${language} ${which}`);
    }
  }
});

test('the first language that there is wins, whatever its script or region', () => {
  const is = (locales, language) => assert.equal(phrase('try-again', locales), phrase('try-again', [language]), locales.join());
  for (const [tag, language] of [
    ['zh', 'zh-CN'], ['zh-Hans-CN', 'zh-CN'], ['zh-SG', 'zh-CN'], ['zh_CN', 'zh-CN'], ['zh-Hant', 'zh-TW'], ['zh-Hant-TW', 'zh-TW'],
    ['zh-Hant-HK', 'zh-HK'], ['zh-MO', 'zh-HK'], ['pt', 'pt-BR'], ['pt-AO', 'pt-PT'], ['es-MX', 'es'], ['de-AT', 'de'], ['pl', 'pl-PL'],
    ['tr', 'tr-TR'], ['uk', 'uk-UA'], ['FR-ca', 'fr'], ['en-US', 'en'], ['ar-EG', 'ar'],
  ]) is([tag], language);
  is(['sv', 'fr-CA', 'de'], 'fr');
  is(['sv'], 'en');
  is([], 'en');
  is(['not a tag', '', 'x', '!', 'ja'], 'ja');
});

test('an error speaks the language of the request, and the operator\'s text stays English', async () => {
  const send = (payload) => connector.sendMessage({ to: '8613800138099', type: 'SignIn', payload: { code: '123456', ...payload } }, config({ endpoint: simulator.url }));
  await send({});
  for (const [payload, language] of [[{ locale: 'de' }, 'de'], [{ uiLocales: 'sv ja' }, 'ja'], [{ locale: 'zh-CN', uiLocales: 'de' }, 'zh-CN'], [{}, 'en']]) {
    await assert.rejects(send(payload), ({ data }) => {
      assert.equal(data.errorDescription, phrase('too-many', [language]));
      assert.match(data.operatorMessage, /less than 30 seconds ago/);
      return true;
    });
  }
});

test('a fine number is never blamed', async () => {
  const number = phrase('check-number', []);
  const told = async (to, payload, changes = {}) => {
    const sending = connector.sendMessage({ to, type: 'SignIn', payload }, config({ endpoint: simulator.url, ...changes }));
    const error = await sending.then(() => assert.fail('it was accepted'), (thrown) => thrown);
    assert.equal(error.code, 'invalid_request_parameters', JSON.stringify(payload));
    return error.data.errorDescription;
  };
  const fine = '8613800138098';
  const minutes = { templates: config().templates.map((entry) => ({ ...entry, params: ['{{code}}', '{{ttlMinutes}}'] })) };
  for (const [payload, changes] of [[{}], [{ code: '1234567' }], [{ code: 'abc' }], [{ code: '' }], [{ code: '123456' }, minutes]]) {
    assert.equal(await told(fine, payload, changes), phrase('ask-administrator', []), JSON.stringify(payload));
  }
  for (const to of ['8613', '', '0', '07911123456', '99912345678']) {
    assert.equal(await told(to, { code: '123456' }), number, to);
    // A number that is none, whatever else is wrong.
    assert.equal(await told(to, {}), number, to);
  }
});

test('a refusal of the service blames the number for the number alone', () => {
  const told = (kind, providerCode, to = '+8613800138000') =>
    toConnectorError({ state: 'not-sent', failure: { kind, message: '', diagnostics: [], attributes: [], providerCode } }, { to, locales: [] }).data.errorDescription;
  assert.equal(told('invalid-message', 'InvalidParameterValue.IncorrectPhoneNumber'), phrase('check-number', []));
  for (const code of ['FailedOperation.ContainSensitiveWord', 'InvalidParameterValue.ContentLengthLimit', 'InvalidParameterValue.TemplateParameterFormatError', 'InvalidParameterValue.TemplateParameterLengthLimit', 'InvalidParameterValue.ProhibitedUseUrlInTemplateParameter', 'SomethingNew']) {
    assert.equal(told('invalid-message', code), phrase('ask-administrator', []), code);
  }
  assert.equal(told('recipient-rejected', 'FailedOperation.PhoneNumberInBlacklist'), phrase('not-delivered', []));
});
