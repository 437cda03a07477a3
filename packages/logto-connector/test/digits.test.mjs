/** The setting `bareDigits`: which person a number without `+` reaches. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import createConnector from '../lib/index.js';
import { toMessage } from '../lib/message.js';
import { splitDigits } from '../lib/digits.js';
import { config } from '../../../tests/hosts/support/config.mjs';
import { Simulator } from '../../../tests/hosts/support/simulator.mjs';

const connector = await createConnector({ getConfig: () => assert.fail('not asked for') });
const simulator = Simulator.running(process.env.SIMULATOR_URL, process.env.SIMULATOR_CA);

const read = async (to, bareDigits) => {
  const { reading } = splitDigits({ bareDigits });
  return (await toMessage({ to, type: 'SignIn', payload: {} }, reading.national)).to;
};

test('the code is among the variables, however many come before it', async () => {
  const more = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`v${index}`, 'x']));
  const { variables } = await toMessage({ to: '1', type: 'SignIn', payload: { ...more, code: '123456' } });
  assert.equal(variables.length, 64);
  assert.deepEqual(variables.slice(0, 2), [['code', '123456'], ['v0', 'x']]);
});

test('digits are E.164 unless the setting says otherwise', async () => {
  for (const setting of [undefined, 'e164', ' E164 ', '', ' ', null, [], {}, '<e164>']) {
    for (const [to, expected] of [
      ['13122345678', '+13122345678'],
      ['8613122345678', '+8613122345678'],
      ['447911123456', '+447911123456'],
      ['+8613122345678', '+8613122345678'],
      ['008613122345678', '008613122345678'],
      ['07911123456', '07911123456'],
      ['', ''],
    ]) {
      assert.equal(await read(to, setting), expected, `${JSON.stringify(setting)} ${to}`);
    }
  }
});

test('a valid national mobile number wins, and all other digits are E.164', async () => {
  for (const [setting, to, expected] of [
    ['national:CN', '13122345678', '+8613122345678'],
    ['national:cn', '19912345678', '+8619912345678'],
    [' national: CN ', '131 2234 5678', '+8613122345678'],
    // With its calling code it is the same person.
    ['national:CN', '8613122345678', '+8613122345678'],
    // This could be somebody in New Jersey: the form warns of it.
    ['national:CN', '18624017194', '+8618624017194'],
    // No mobile number of China: 120 is no prefix, and ten or twelve digits are none.
    ['national:CN', '12025550123', '+12025550123'],
    ['national:CN', '1312234567', '+1312234567'],
    ['national:CN', '131223456789', '+131223456789'],
    ['national:CN', '01012345678', '01012345678'],
    ['national:CN', '85268326366', '+85268326366'],
    ['national:CN', '447911123456', '+447911123456'],
    ['national:CN', '14155552671', '+14155552671'],
    // A plus and an international prefix leave no doubt.
    ['national:CN', '+13122345678', '+13122345678'],
    ['national:CN', '0013122345678', '0013122345678'],
    ['national:CN', '', ''],
    ['national:CN', 'abc', 'abc'],
    ['national:GB', '07911123456', '+447911123456'],
    ['national:GB', '7911123456', '+447911123456'],
    // A landline is no mobile number.
    ['national:GB', '02079460018', '02079460018'],
    ['national:AU', '0412345678', '+61412345678'],
    ['national:US', '4155552671', '+14155552671'],
    // A number of Canada, which shares the calling code: never one in Switzerland (+41).
    ['national:US', '4165550123', '+14165550123'],
    ['national:US', '8613122345678', '+8613122345678'],
  ]) {
    assert.equal(await read(to, setting), expected, `${setting} ${to}`);
  }
});

test('the guard refuses a setting that is none, at its place, beside the config\'s other errors', () => {
  const issues = (changes) => connector.configGuard.safeParse(config(changes)).error?.issues ?? [];
  for (const value of ['e164', 'national:CN', 'National:us', '', null, {}, []]) {
    assert.deepEqual(issues({ bareDigits: value }), [], JSON.stringify(value));
  }
  for (const value of ['CN', 'national', 'national:', 'national:CHN', 'national:ZZ', 'national:86', 'local:CN', 'national:CN,US', 86, true, ['national:CN'], { national: 'CN' }]) {
    const [issue, ...others] = issues({ bareDigits: value });
    assert.deepEqual([issue?.path, others], [['bareDigits'], []], JSON.stringify(value));
    assert.match(issue.message, /national:CN/);
  }
  assert.deepEqual(issues({ bareDigits: 'CN', region: '' }).map(({ path }) => path[0]), ['region', 'bareDigits']);
});

test('a setting that is none sends nothing', async () => {
  const before = (await simulator.messages()).length;
  const sending = connector.sendMessage({ to: '13122345670', type: 'SignIn', payload: { code: '123456' } }, config({ endpoint: simulator.url, bareDigits: 'CN' }));
  await assert.rejects(sending, ({ code, data }) => {
    assert.equal(code, 'invalid_config');
    assert.equal(data.state, 'not-sent');
    assert.deepEqual(data.issues.map(({ path }) => path), [['bareDigits']]);
    return true;
  });
  assert.equal((await simulator.messages()).length, before);
});

test('a stored number without calling code reaches its owner in China', async () => {
  const templates = config().templates.map((entry) => ({ ...entry, templateCode: { mainland: '1110000', international: '1110002' } }));
  const send = (to, bareDigits) => connector.sendMessage({ to, type: 'SignIn', payload: { code: '123456' } }, config({ endpoint: simulator.url, templates, bareDigits }));
  await send('13122345671', 'national:CN');
  await send('13122345672', 'e164');
  await send('13122345673', undefined);
  assert.equal((await simulator.messages('+8613122345671')).length, 1);
  assert.equal((await simulator.messages('+13122345672')).length, 1);
  assert.equal((await simulator.messages('+13122345673')).length, 1);
});

test('the form warns beside national:CN that a number of the United States would reach China', () => {
  const field = connector.metadata.formItems.find(({ key }) => key === 'bareDigits');
  assert.match(field.description, /national:CN.*United States.*13122345678.*China/s);
  assert.equal(field.required, false);
});
