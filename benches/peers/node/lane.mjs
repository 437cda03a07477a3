/** The conversation of a lane, as benches/src/lane.rs describes it, and the figures. */

import { createInterface } from 'node:readline';

export const SECRET_ID = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
export const SECRET_KEY = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';
export const APP = '1400006666';
export const SIGNATURE = '腾讯云';
export const TEMPLATE = '1110000';
export const CODE = '918273';
export const REGION = 'ap-guangzhou';

/** `send` is given a number in E.164 and must throw unless the message was accepted. */
export async function serve(send) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { count, concurrency = 1, first = 0 } = JSON.parse(line);
    const times = [];
    let next = 0;
    const cpu = process.cpuUsage();
    const begun = process.hrtime.bigint();
    const worker = async () => {
      while (next < count) {
        const to = `+86${13_800_000_000 + first + next++}`;
        const started = process.hrtime.bigint();
        await send(to);
        times.push(Number(process.hrtime.bigint() - started) / 1e3);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const wall = Number(process.hrtime.bigint() - begun) / 1e3;
    const { user, system } = process.cpuUsage(cpu);
    times.sort((a, b) => a - b);
    const at = (hundredths) => times[Math.ceil(((times.length - 1) * hundredths) / 100)];
    console.log(JSON.stringify({
      cpu_us: (user + system) / count, wall_us: wall / count, p50_us: at(50), p99_us: at(99), resident: process.memoryUsage.rss(),
      runtime: `Node ${process.version}`,
    }));
  }
}
