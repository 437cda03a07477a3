/** The origins that a config grants, and the one that each route reaches. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { grantedOrigins, requestedOrigin } from '../lib/egress.js';
import createConnector from '../lib/index.js';
import { config } from '../../../tests/hosts/support/config.mjs';
import { Simulator } from '../../../tests/hosts/support/simulator.mjs';

const TENCENT = 'https://sms.tencentcloudapi.com';

test('a config grants its own endpoints and no other origin', () => {
  for (const [changes, expected] of [
    [{}, [TENCENT]],
    [{ endpoint: 'sms.intl.tencentcloudapi.com' }, ['https://sms.intl.tencentcloudapi.com']],
    [{ endpoint: ' https://SMS.tencentcloudapi.com:443/ ' }, [TENCENT]],
    [{ endpoint: 'http://127.0.0.1:80/' }, ['http://127.0.0.1']],
    [{ endpoint: 'localhost:8443' }, ['https://localhost:8443']],
    [{ endpoint: '<endpoint>' }, [TENCENT]],
    [{ endpoint: 'not a host' }, []],
    [{ international: { endpoint: 'sms.intl.tencentcloudapi.com' } }, [TENCENT, 'https://sms.intl.tencentcloudapi.com']],
    [{ endpoint: 'http://127.0.0.1:1', international: { endpoint: 'http://127.0.0.1:2' } }, ['http://127.0.0.1:1', 'http://127.0.0.1:2']],
    [{ endpoint: 'http://127.0.0.1:1', international: { endpoint: 'http://127.0.0.1:1' } }, ['http://127.0.0.1:1']],
    [{ endpoint: 'http://127.0.0.1:1', international: { sdkAppId: '1' } }, ['http://127.0.0.1:1']],
    [{ international: { endpoint: '<endpoint>' } }, [TENCENT]],
    // Not places that decide a destination.
    [{ region: 'http://127.0.0.1:3', templates: [{ endpoint: 'http://127.0.0.1:4' }], mainland: { endpoint: 'http://127.0.0.1:5' } }, [TENCENT]],
  ]) {
    assert.deepEqual(grantedOrigins(config(changes)), expected, JSON.stringify(changes));
  }
  for (const blank of ['', ' ', null, [], {}, undefined]) {
    assert.deepEqual(grantedOrigins({ endpoint: blank, international: { endpoint: blank } }), [TENCENT], JSON.stringify(blank));
    assert.deepEqual(grantedOrigins({ international: blank }), [TENCENT], JSON.stringify(blank));
    assert.deepEqual(grantedOrigins(blank), [TENCENT], JSON.stringify(blank));
  }
});

test('a request without scheme or authority has no origin', () => {
  const request = (scheme, authority) => ({ scheme: () => scheme && { tag: scheme }, authority: () => authority });
  assert.equal(requestedOrigin(request('HTTPS', 'SMS.tencentcloudapi.com')), TENCENT);
  for (const parts of [[undefined, 'a'], ['HTTPS', undefined], ['other', 'a'], ['HTTPS', '']]) {
    assert.equal(requestedOrigin(request(...parts)), undefined);
  }
});

test('each route reaches the endpoint that the config names for it', async (context) => {
  const [top, abroad] = [await Simulator.start(), await Simulator.start()];
  context.after(() => Promise.all([top.stop(), abroad.stop()]));
  const connector = await createConnector({ getConfig: () => assert.fail('not asked for') });
  const templates = config().templates.map((entry) => ({ ...entry, templateCode: { mainland: '1110000', international: '1110002' } }));
  const send = (to, changes) => connector.sendMessage({ to, type: 'SignIn', payload: { code: '918273' } }, config({ templates, ...changes }));
  const both = { endpoint: top.url, international: { endpoint: abroad.url } };
  assert.equal((await send('447700900123', both)).route, 'international');
  assert.equal((await send('8613800138000', both)).route, 'mainland');
  assert.equal((await send('447700900124', { endpoint: top.url })).route, 'international');
  assert.equal((await send('447700900125', { endpoint: top.url, international: { endpoint: {} } })).route, 'international');
  // Only numbers outside +86 are meant for this one.
  assert.equal((await send('447700900126', { international: { endpoint: abroad.url } })).route, 'international');
  const reached = async (simulator) => (await simulator.messages()).map(({ to }) => to).sort();
  assert.deepEqual(await reached(top), ['+447700900124', '+447700900125', '+8613800138000']);
  assert.deepEqual(await reached(abroad), ['+447700900123', '+447700900126']);
});
