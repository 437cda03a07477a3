/** The package as Logto uses it: its metadata, its guard, what becomes of data and of outcomes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConnectorError, ConnectorType, connectorMetadataGuard, validateConfig } from '@logto/connector-kit';
import createOriginal from '@logto/connector-tencent-sms';

import { SECRET_KEY, config } from '../../../tests/hosts/support/config.mjs';
import { Simulator } from '../../../tests/hosts/support/simulator.mjs';
import createConnector from '../lib/index.js';

const getConfig = async () => {
  throw new Error('not asked for');
};
const connector = await createConnector({ getConfig });
const original = await createOriginal({ getConfig });
const simulator = Simulator.running(process.env.SIMULATOR_URL, process.env.SIMULATOR_CA);
const working = config({ endpoint: simulator.url });

/** A number that no other test uses, because the simulator has the service's limits. */
let numbers = 0;
const nextNumber = () => `86138001380${String(10 + numbers++)}`;

async function failureOf(sending) {
  const error = await sending.then(() => assert.fail('it was accepted'), (thrown) => thrown);
  assert.ok(error instanceof ConnectorError, String(error));
  return error;
}

test('Logto lists it under the original\'s id and names, with a form that begins with the original\'s', () => {
  const { metadata } = connector;
  assert.deepEqual(connectorMetadataGuard.strict().parse(metadata), metadata);
  for (const key of ['id', 'target', 'platform', 'logo', 'logoDark', 'readme']) {
    assert.deepEqual(metadata[key], original.metadata[key], key);
  }
  // In the original's languages its names, and names in more.
  assert.deepEqual({ ...metadata.name, ...original.metadata.name }, metadata.name);
  const known = (item) => ({ ...item, description: undefined, isConfidential: undefined });
  const six = original.metadata.formItems;
  assert.deepEqual(metadata.formItems.slice(0, six.length).map(known), six.map(known));
  assert.equal(metadata.formItems[1].isConfidential, true);
  assert.ok(metadata.formItems.slice(six.length).every(({ required }) => required === false));
  assert.equal(connector.type, ConnectorType.Sms);
  assert.equal(typeof connector.sendMessage, 'function');
});

test('the guard accepts what works in the original, and reports every error with its path', () => {
  validateConfig(config(), connector.configGuard);
  validateConfig({ ...config(), anything: 'else' }, connector.configGuard);
  const { error } = connector.configGuard.safeParse({
    ...config(), accessKeySecret: undefined, templates: [{ usageType: 'SignIn', templateCode: '' }],
  });
  assert.deepEqual(error.issues.map(({ path }) => path.join('.')), ['accessKeySecret', 'templates.0.templateCode', 'templates']);
  assert.throws(() => validateConfig(undefined, connector.configGuard), { code: 'invalid_config' });
});

test('a guard\'s message never quotes a value', () => {
  const { error } = connector.configGuard.safeParse({ ...config(), accessKeyId: `${SECRET_KEY} `.repeat(2) });
  assert.equal(error.issues.length, 1);
  assert.ok(!JSON.stringify(error.issues).includes(SECRET_KEY));
});

test('an unsaved config is used without asking for the saved one', async () => {
  const to = nextNumber();
  const receipt = await connector.sendMessage({ to, type: 'Generic', payload: { code: '000000' } }, working);
  const [message] = await simulator.messages(`+${to}`);
  assert.equal(receipt.messageId, message.serial_no);
  assert.equal(receipt.route, 'mainland');
});

test('the saved config is asked for by the connector\'s id, at each send', async () => {
  const asked = [];
  const saved = await createConnector({ getConfig: async (id) => { asked.push(id); return working; } });
  for (let count = 0; count < 2; count += 1) {
    await saved.sendMessage({ to: nextNumber(), type: 'SignIn', payload: { code: '123456' } });
  }
  assert.deepEqual(asked, ['tencent-short-message-service', 'tencent-short-message-service']);
});

test('the languages choose the template and are never its parameters', async () => {
  const inTwo = {
    ...working,
    templates: [
      ...working.templates.filter(({ usageType }) => usageType !== 'SignIn'),
      { usageType: 'SignIn', templateCode: '1110002' },
      { usageType: 'SignIn', templateCode: '1110003', locale: 'fr', params: ['{{code}}', '5'] },
    ],
  };
  for (const [index, [payload, template, parameters]] of [
    [{ locale: 'fr-CA' }, '1110003', ['123456', '5']],
    [{ locale: 'en', uiLocales: 'fr en' }, '1110003', ['123456', '5']],
    [{ uiLocales: 'de' }, '1110002', ['123456']],
    [{}, '1110002', ['123456']],
  ].entries()) {
    const to = `1415555267${index}`;
    const receipt = await connector.sendMessage({ to, type: 'SignIn', payload: { code: '123456', ...payload } }, inTwo);
    assert.equal(receipt.template, template, JSON.stringify(payload));
    const [message] = await simulator.messages(`+${to}`);
    assert.deepEqual(message.params, parameters);
  }
});

test('an error says what it is to Logto, to the person who waits and to the operator, and nothing that is secret', async () => {
  const to = nextNumber();
  const send = () => connector.sendMessage({ to, type: 'SignIn', payload: { code: '739201' } }, working);
  await send();
  const error = await failureOf(send());
  assert.equal(error.code, 'rate_limit_exceeded');
  const { requestId, ...data } = error.data;
  assert.ok(requestId);
  assert.deepEqual(data, {
    errorDescription: 'Too many messages were requested. Wait before you ask for another.',
    state: 'not-sent',
    kind: 'rate-limited',
    operatorMessage: 'The recipient got a message less than 30 seconds ago. Wait, or raise the limit in the console.',
    retryable: true,
    providerCode: 'LimitExceeded.PhoneNumberThirtySecondLimit',
    retryAfterMs: 30_000,
  });
  for (const secret of [SECRET_KEY, to.slice(2), '739201']) {
    assert.ok(!`${error.message}${JSON.stringify(error)}`.includes(secret));
  }
  assert.equal((await simulator.messages(`+${to}`)).length, 1);
});

test('a config that cannot work lists its errors where Logto looks for them', async () => {
  const error = await failureOf(connector.sendMessage({ to: nextNumber(), type: 'SignIn', payload: { code: '123456' } }, {}));
  assert.equal(error.code, 'invalid_config');
  assert.equal(error.data.name, 'ZodError');
  assert.equal(error.data.issues.length, 6);
  assert.equal(error.data.state, 'not-sent');
});

test('a usage without a template and without Generic for the route has a code of its own', async () => {
  const mainlandOnly = { ...working, templates: working.templates.map((entry) => ({ ...entry, templateCode: { mainland: '1110000' } })) };
  const error = await failureOf(connector.sendMessage({ to: '14155552671', type: 'SignIn', payload: { code: '123456' } }, mainlandOnly));
  assert.equal(error.code, 'template_not_found');
});
