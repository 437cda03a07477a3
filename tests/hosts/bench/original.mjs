/** Logto's connector as it is published: node --import plain.mjs original.mjs FIRST_NUMBER COUNT */

import createConnector from '../../../packages/logto-connector/node_modules/@logto/connector-tencent-sms/lib/index.js';

const [first, count] = process.argv.slice(2).map(Number);
const { endpoint, ...config } = JSON.parse(process.env.BENCH_CONFIG);
const { sendMessage } = await createConnector({ getConfig: async () => config });
for (let index = 0; index < count; index += 1) {
  await sendMessage({ to: `+86${first + index}`, type: 'SignIn', payload: { code: '123456' } });
}
