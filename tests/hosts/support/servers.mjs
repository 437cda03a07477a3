/** Servers that misbehave, and say what reached them. */

import { once } from 'node:events';
import { createServer } from 'node:net';

/** Reads everything that arrives, and never answers. */
export class SilentServer {
  static async start() {
    const server = new SilentServer();
    server.listener.listen(0, '127.0.0.1');
    await once(server.listener, 'listening');
    server.url = `http://127.0.0.1:${server.listener.address().port}`;
    return server;
  }

  constructor() {
    this.connections = [];
    this.listener = createServer((socket) => {
      const connection = { socket, chunks: [] };
      this.connections.push(connection);
      socket.on('data', (chunk) => connection.chunks.push(chunk));
      // A client that gives up resets the connection; what arrived is kept.
      socket.on('error', () => {});
    });
  }

  /** The bodies of the requests that arrived to the last byte. */
  completeRequests() {
    return this.connections.flatMap(({ chunks }) => {
      const received = Buffer.concat(chunks);
      const end = received.indexOf('\r\n\r\n');
      const length = /^content-length: *(\d+)$/im.exec(received.subarray(0, end).toString('latin1'))?.[1];
      const body = received.subarray(end + 4);
      return end >= 0 && length !== undefined && body.length >= Number(length) ? [body.toString('utf8')] : [];
    });
  }

  stop() {
    for (const { socket } of this.connections) socket.destroy();
    this.listener.close();
  }
}

/** An address on loopback where nothing listens: one that was free a moment ago. */
export async function refusedUrl() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
