/**
 * A provider that answers every request twice, the second time while the connection is idle. A process of its own,
 * because a send blocks the thread that makes it. Serial numbers name the connection and the correlation id.
 */

import { createServer } from 'node:net';

let connections = 0;
const server = createServer((socket) => {
  connections += 1;
  const connection = connections;
  let received = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    const end = received.indexOf('\r\n\r\n');
    const length = Number(/^content-length: *(\d+)$/im.exec(received.slice(0, end))?.[1]);
    if (end < 0 || received.length < end + 4 + length) return;
    const { PhoneNumberSet, SessionContext } = JSON.parse(Buffer.from(received.slice(end + 4), 'latin1'));
    received = '';
    const status = { SerialNo: `${connection}:${SessionContext}`, PhoneNumber: PhoneNumberSet[0], SessionContext, Fee: 1, Code: 'Ok', IsoCode: 'CN' };
    const body = JSON.stringify({ Response: { SendStatusSet: [status], RequestId: 'r' } });
    const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(answer);
    setTimeout(() => socket.write(answer), 20);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
