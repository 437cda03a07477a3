import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import createLogtoConnector from '@logto/connector-http-sms';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { phoneNumber } from 'better-auth/plugins';
import { SqliteDialect } from 'kysely';
import Database from 'libsql';
import { Webhook } from 'standardwebhooks';
import twilio from 'twilio';
import { SERVICE_KEY, SERVICE_URL, codes, command, messages, refuseNext } from './service.js';

const hooks = {};

/** Makes a webhook; its address and its secret. */
const put = async (platform, ...more) => {
  const shown = await command('webhook', 'put', platform, '--platform', platform, ...more);
  return { url: `${SERVICE_URL}${shown.path}`, secret: shown.secret, settings: shown.settings, path: shown.path };
};

before(async () => {
  for (const platform of ['supabase', 'logto', 'better-auth', 'twilio-verify']) {
    hooks[platform] = await put(platform);
  }
});

test('Logto sends, tests a config that is not saved, and shows a refusal', async () => {
  const { url, secret } = hooks.logto;
  const saved = { endpoint: url, authorization: secret };
  const connector = await createLogtoConnector({ getConfig: async () => saved });
  const message = { to: '8613800138000', type: 'SignIn', payload: { code: '123456', locale: 'zh-CN' }, ip: '203.0.113.9' };
  await connector.sendMessage(message);
  assert.deepEqual(await codes('+8613800138000'), ['123456']);

  // The Console passes the form's values, saved or not.
  const unsaved = { endpoint: url, authorization: `${secret}x` };
  const test = { ...message, to: '8613800138001', type: 'Generic', payload: { code: '000000' } };
  await assert.rejects(connector.sendMessage(test, unsaved), /unauthorized/);
  assert.deepEqual(await codes('+8613800138001'), []);
  await connector.sendMessage(test, saved);
  assert.deepEqual(await codes('+8613800138001'), ['000000']);

  await refuseNext('FailedOperation.PhoneNumberInBlacklist');
  const refused = { ...message, to: '8613800138002' };
  await assert.rejects(connector.sendMessage(refused), (error) => {
    // Logto's Console shows the body as it came.
    assert.match(JSON.stringify(error.data), /无法向该号码发送短信/);
    assert.doesNotMatch(JSON.stringify(error.data), /13800138002|123456/);
    return true;
  });
});

/** GoTrue's attempts: at most three, with a new identifier and time each, and the same body. */
const supabase = async (signers, body, until) => {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const id = crypto.randomUUID();
    const time = new Date();
    // GoTrue joins the signatures of several secrets with a comma and a space.
    const signature = signers.map((signer) => signer.sign(id, time, body)).join(', ');
    const response = await fetch(hooks.supabase.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(time / 1000)),
        'webhook-signature': signature,
      },
      body,
      redirect: 'manual',
    });
    if (until(attempt)) return response;
  }
};

const signer = (secret) => new Webhook(secret.replace('v1,', ''));

const supabaseBody = (phone, otp) =>
  JSON.stringify({
    metadata: { uuid: crypto.randomUUID(), time: new Date().toISOString(), name: 'send-sms', ip_address: '203.0.113.9' },
    user: { id: crypto.randomUUID(), aud: 'authenticated', role: 'authenticated', phone },
    sms: { otp, phone },
  });

test("Supabase's attempts, signed by the standard library, send one message", async () => {
  const own = signer(hooks.supabase.secret);
  const body = supabaseBody('8613800138010', '123456');
  const last = await supabase([own], body, (attempt) => attempt === 3);
  assert.equal(last.status, 200);
  assert.match(last.headers.get('content-type'), /application\/json/);
  assert.equal(await last.text(), '{}');
  assert.equal(last.headers.get('idempotency-replayed'), 'true');
  assert.deepEqual(await codes('+8613800138010'), ['123456']);

  const stranger = signer(`v1,whsec_${Buffer.alloc(32, 7).toString('base64')}`);
  const refused = await supabase([stranger], supabaseBody('8613800138011', '123456'), () => true);
  assert.equal(refused.status, 401);
});

test('Supabase rotates its secret with the old one first or second', async () => {
  const { secret } = await command('webhook', 'add-secret', 'supabase');
  const [old, fresh] = [signer(hooks.supabase.secret), signer(secret)];
  for (const [nth, signers] of [[old, fresh], [fresh, old], [fresh]].entries()) {
    const answer = await supabase(signers, supabaseBody(`861380013802${nth}`, '123456'), () => true);
    assert.equal(await answer.text(), '{}', `${nth}`);
  }
  await command('webhook', 'drop-old-secrets', 'supabase');
  const both = await supabase([old, fresh], supabaseBody('8613800138023', '123456'), () => true);
  assert.equal(await both.text(), '{}');
  const alone = await supabase([old], supabaseBody('8613800138024', '123456'), () => true);
  assert.equal(alone.status, 401);
});

/** Starts a better-auth server with a database, and calls it as a browser would. */
const withBetterAuth = async (options, run) => {
  const listener = createServer((request, response) => handler(request, response));
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const baseURL = `http://127.0.0.1:${listener.address().port}`;
  const dialect = new SqliteDialect({ database: new Database(':memory:') });
  const settings = {
    baseURL,
    secret: 'a-secret-of-an-example-with-32-characters',
    database: { dialect, type: 'sqlite' },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    plugins: [
      phoneNumber({
        ...options,
        signUpOnVerification: { getTempEmail: (phone) => `${phone.slice(1)}@example.com`, getTempName: (phone) => phone },
      }),
    ],
  };
  const { runMigrations } = await getMigrations(settings);
  await runMigrations();
  const handler = toNodeHandler(betterAuth(settings));
  const call = async (path, body) => {
    const response = await fetch(`${baseURL}/api/auth/phone-number/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: baseURL },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  try {
    await run(call);
  } finally {
    listener.closeAllConnections();
    listener.close();
  }
};

test('better-auth signs a user up through the webhook', async () => {
  const { url, secret } = hooks['better-auth'];
  const sendOTP = async ({ phoneNumber, code }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: JSON.stringify({ phoneNumber, code }),
    });
    if (!response.ok) throw new Error((await response.json()).message);
  };
  await withBetterAuth({ sendOTP }, async (call) => {
    assert.equal((await call('send-otp', { phoneNumber: '+8613800138030' })).status, 200);
    const [code] = await codes('+8613800138030');
    const verified = await call('verify', { phoneNumber: '+8613800138030', code });
    assert.equal(verified.status, 200, JSON.stringify(verified.body));
    assert.equal(verified.body.user.phoneNumber, '+8613800138030');
  });
});

test('better-auth signs a user up with a code that the auth host makes and checks', async () => {
  const verifications = new Map();
  const call = async (path, body) => {
    const response = await fetch(`${SERVICE_URL}/v1/verifications${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${SERVICE_KEY}` },
      body: JSON.stringify(body),
    });
    return { ok: response.ok, body: await response.json() };
  };
  const sendOTP = async ({ phoneNumber }) => {
    const { ok, body } = await call('', { to: phoneNumber, usage: 'SignIn' });
    if (!ok) throw new Error(body.title);
    verifications.set(phoneNumber, body.id);
  };
  const verifyOTP = async ({ phoneNumber, code }) => {
    const { ok, body } = await call(`/${verifications.get(phoneNumber)}/check`, { code, to: phoneNumber });
    return ok && body.valid;
  };
  await withBetterAuth({ sendOTP, verifyOTP }, async (auth) => {
    assert.equal((await auth('send-otp', { phoneNumber: '+8613800138031' })).status, 200);
    const [code] = await codes('+8613800138031');
    const wrong = await auth('verify', { phoneNumber: '+8613800138031', code: code === '000000' ? '111111' : '000000' });
    assert.equal(wrong.status, 400, JSON.stringify(wrong.body));
    const right = await auth('verify', { phoneNumber: '+8613800138031', code });
    assert.equal(right.status, 200, JSON.stringify(right.body));
    assert.equal(right.body.user.phoneNumber, '+8613800138031');
    const again = await auth('verify', { phoneNumber: '+8613800138031', code });
    assert.notEqual(again.status, 200);
  });
});

test("Twilio's SDK starts, checks and cancels verifications at another base URL", async () => {
  const { path, secret, settings } = hooks['twilio-verify'];
  const account = settings.auth.replace('basic:', '');
  const client = twilio(account, secret);
  client.verify.baseUrl = SERVICE_URL;
  const service = client.verify.v2.services(path.split('/').pop());
  const to = '+8613800138040';
  const started = await service.verifications.create({ to, channel: 'sms' });
  assert.deepEqual([started.status, started.valid, started.to], ['pending', false, to]);
  const [code] = await codes(to);
  const wrong = await service.verificationChecks.create({ to, code: code === '000000' ? '111111' : '000000' });
  assert.deepEqual([wrong.status, wrong.valid], ['pending', false]);
  const right = await service.verificationChecks.create({ verificationSid: started.sid, code });
  assert.deepEqual([right.status, right.valid], ['approved', true]);
  assert.equal((await service.verifications(started.sid).fetch()).status, 'approved');
  await assert.rejects(service.verificationChecks.create({ to, code }), { status: 404, code: 20404 });
  await assert.rejects(service.verifications.create({ to: '+86138', channel: 'sms' }), { status: 400, code: 60200 });

  const other = await service.verifications.create({ to: '+8613800138041', channel: 'sms' });
  const cancelled = await service.verifications(other.sid).update({ status: 'canceled' });
  assert.equal(cancelled.status, 'canceled');
  const stranger = twilio(account, 'another-token');
  stranger.verify.baseUrl = SERVICE_URL;
  const denied = stranger.verify.v2.services(path.split('/').pop()).verifications.create({ to, channel: 'sms' });
  await assert.rejects(denied, { status: 401, code: 20003 });
  assert.equal((await messages(to)).length, 1);
});
