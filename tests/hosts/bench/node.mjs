/** The component in Node's own thread: node node.mjs FIRST_NUMBER COUNT */

import { send } from '../node/build/connector.js';

const [first, count] = process.argv.slice(2).map(Number);
const config = JSON.parse(process.env.BENCH_CONFIG);
for (let index = 0; index < count; index += 1) {
  const outcome = send(config, { to: `+86${first + index}`, usage: 'SignIn', variables: { code: '123456' } });
  if (outcome.state !== 'accepted') throw new Error(JSON.stringify(outcome));
}
process.exit();
