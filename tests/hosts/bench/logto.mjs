/** The Logto package: node logto.mjs FIRST_NUMBER COUNT */

import createConnector from '../../../packages/logto-connector/lib/index.js';

const [first, count] = process.argv.slice(2).map(Number);
const config = JSON.parse(process.env.BENCH_CONFIG);
const { sendMessage } = await createConnector({ getConfig: async () => config });
for (let index = 0; index < count; index += 1) {
  await sendMessage({ to: `86${first + index}`, type: 'SignIn', payload: { code: '123456' } });
}
