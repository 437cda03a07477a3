/**
 * Creating, editing and testing the connector in Logto's Console, beside the original: what the Console posts without
 * anybody's doing must not keep a config from being saved or tested.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import createOriginal from '@logto/connector-tencent-sms';
import cleanDeep from 'clean-deep';

import { config } from '../../../tests/hosts/support/config.mjs';
import createConnector from '../lib/index.js';
import { SAVES, initialForm, invalidFields, save, submitted, testSend } from './console.mjs';
import { Interceptor } from './interceptor.mjs';

const getConfig = () => assert.fail('not asked for');
const here = await createConnector({ getConfig });
const original = await createOriginal({ getConfig });
const BOTH = { original, here };

let interceptor;
before(async () => {
  const tls = { key: readFileSync(process.env.INTERCEPTOR_KEY), cert: readFileSync(process.env.INTERCEPTOR_CERT) };
  interceptor = await Interceptor.start(tls);
});
after(() => interceptor.stop());

/** The texts that an operator types into the original's six fields. */
const typed = () => {
  const { templates, ...texts } = config();
  return { ...texts, templates: JSON.stringify(templates, null, 2) };
};

/** Values for the optional fields of the form. A field that is absent here gets one by its type. */
const NAMED = {
  international: { sdkAppId: '2400006666', senderId: 'Example', region: 'ap-singapore' },
  allowedCountries: ['86', '852', '44'],
  deniedCountries: ['1876'],
  language: 'zh-CN',
  extendCode: '01',
  sessionToken: 'a-token',
  endpoint: 'sms.tencentcloudapi.com',
  timeoutMs: 5_000,
  bareDigits: 'national:CN',
};

const optional = here.metadata.formItems.filter(({ required }) => !required);
const FILLED = Object.fromEntries(optional.map(({ key, type }) => [key, NAMED[key] ?? (type === 'Switch' ? true : undefined)]));

/** Sends with a config from the test button, and returns what reached the provider. */
async function sent(connector, posted) {
  interceptor.requests = [];
  await testSend(connector, posted, '8613800138000');
  assert.equal(interceptor.requests.length, 1);
  const { PhoneNumberSet: [to], ...body } = JSON.parse(interceptor.requests[0].body);
  return { ...body, to: to.replace('+', '') };
}

test('a new connector with the six fields filled in can be tested and saved', async () => {
  const posts = {};
  for (const [name, connector] of Object.entries(BOTH)) {
    const { formItems } = connector.metadata;
    const form = { ...initialForm(formItems), ...typed() };
    assert.deepEqual(invalidFields(formItems, form), [], name);
    posts[name] = submitted(formItems, form);
    const stored = save(connector, posts[name]);
    // Fields that nobody typed into have their default values, unless those are empty.
    const begun = formItems.filter(({ key, defaultValue }) => !(key in typed()) && Object.keys(cleanDeep({ defaultValue })).length > 0);
    assert.deepEqual(stored, { ...config(), ...Object.fromEntries(begun.map(({ key, defaultValue }) => [key, defaultValue])) }, name);
    assert.deepEqual(config(), Object.fromEntries(Object.keys(config()).map((key) => [key, stored[key]])));
  }
  assert.deepEqual(await sent(here, posts.here), await sent(original, posts.original));
});

test('an untouched new form marks the same fields red as the original', () => {
  const red = Object.entries(BOTH).map(([, { metadata: { formItems } }]) => invalidFields(formItems, initialForm(formItems)));
  assert.deepEqual(red[1], red[0]);
  assert.deepEqual(red[0], ['accessKeyId', 'accessKeySecret', 'signName', 'sdkAppId', 'region']);
});

test('every Json field has a default value that is JSON', () => {
  for (const { metadata: { formItems } } of Object.values(BOTH)) {
    for (const { key, type, defaultValue } of formItems.filter(({ type }) => type === 'Json')) {
      assert.deepEqual(JSON.parse(JSON.stringify(defaultValue)), defaultValue, `${key} ${type}`);
    }
  }
});

for (const [how, parse] of Object.entries(SAVES)) {
  test(`a config of the original is saved unchanged by a Console that is ${how}`, async () => {
    const stored = config();
    const requests = [];
    for (const [name, connector] of Object.entries(BOTH)) {
      const { formItems } = connector.metadata;
      const form = initialForm(formItems, stored);
      assert.deepEqual(invalidFields(formItems, form), [], name);
      assert.deepEqual(save(connector, parse(formItems, form, stored)), stored, name);
      requests.push(await sent(connector, submitted(formItems, form)));
    }
    assert.deepEqual(requests[1], requests[0]);
  });

  test(`a config with every optional field is saved unchanged by a Console that is ${how}`, async () => {
    const { formItems } = here.metadata;
    assert.ok(Object.values(FILLED).every((value) => value !== undefined), 'a field has no value in this test');
    const stored = { ...config(), ...FILLED };
    const form = initialForm(formItems, stored);
    assert.deepEqual(invalidFields(formItems, form), []);
    assert.deepEqual(save(here, parse(formItems, form, stored)), stored);
    assert.equal((await sent(here, submitted(formItems, form))).ExtendCode, '01');
    for (const { key } of optional) {
      const { [key]: _, ...without } = stored;
      assert.deepEqual(save(here, parse(formItems, initialForm(formItems, without), without)), without, key);
    }
  });

  test(`clearing an optional field removes it, in a Console that is ${how}`, async () => {
    const { formItems } = here.metadata;
    const stored = { ...config(), ...FILLED };
    for (const { key, type } of optional) {
      if (type === 'Switch') continue; // It is on or off, and never empty.
      // An empty number is NaN or a text. Where it is NaN, a Console that merges keeps what is stored; where it is a
      // text, one that keeps makes 0 of it, which is no time.
      const empty = { Json: ['{}', '[]', 'null', '""', ''], Number: { replacing: [NaN, ''], merging: [''], keeping: [] }[how], Select: [undefined, ''], Text: [''] }[type];
      for (const value of empty) {
        const form = { ...initialForm(formItems, stored), [key]: value };
        const shown = `${key} ${JSON.stringify(value)}`;
        const { [key]: _, ...without } = stored;
        if (how === 'replacing' || value !== undefined) {
          assert.deepEqual(save(here, parse(formItems, form, stored)), without, shown);
        }
        assert.equal((await sent(here, submitted(formItems, form))).to, '8613800138000', shown);
      }
    }
  });

  test(`clearing a required field is refused as in the original, in a Console that is ${how}`, () => {
    const stored = config();
    for (const { key, type } of original.metadata.formItems) {
      for (const [name, connector] of Object.entries(BOTH)) {
        const { formItems } = connector.metadata;
        const form = { ...initialForm(formItems, stored), [key]: '' };
        assert.deepEqual(invalidFields(formItems, form), [key], name);
        // Should it be posted all the same. A text that is gone from a merged config stays as it was stored.
        // Empty texts that are kept pass the original's guard, and are gone once they are stored.
        if (name === 'original' && how === 'keeping' && type !== 'Json') continue;
        const posted = { ...parse(formItems, form, stored), ...(type === 'Json' ? { [key]: {} } : {}) };
        assert.throws(() => save(connector, posted), { code: 'invalid_config' }, `${name} ${key}`);
      }
    }
  });
}

test('what the core stores of a config works as the config did', async () => {
  const { formItems } = here.metadata;
  const written = {
    ...config(),
    international: { sdkAppId: '', senderId: null, endpoint: {}, region: [] },
    templates: config().templates.map((entry) => ({ ...entry, params: [], locale: '', kind: null })),
    allowedCountries: [], deniedCountries: {}, language: '', extendCode: null, sessionToken: '', endpoint: '', timeoutMs: null,
  };
  // The Console begins with more usages than are required, and somebody empties those.
  for (const entry of [
    { usageType: 'BindMfa', templateCode: '' },
    { usageType: 'BindMfa', templateCode: { mainland: '', international: '' } },
    { usageType: '', templateCode: '1110000' },
  ]) written.templates.push(entry);
  const stored = save(here, written);
  const emptied = [{ usageType: 'BindMfa' }, { usageType: 'BindMfa' }, { templateCode: '1110000' }];
  assert.deepEqual(stored, { ...config(), templates: [...config().templates, ...emptied] });
  const form = initialForm(formItems, stored);
  assert.deepEqual(await sent(here, written), await sent(here, submitted(formItems, form)));
});
