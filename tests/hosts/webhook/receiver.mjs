/**
 * A receiver of Standard Webhooks, which verifies with the specification's own library.
 *
 * A process of its own, because a component in Node blocks the thread of its caller. It prints its URL, then a line of
 * JSON for each request, and ends when its input does. The path is the status to answer with: `/200`.
 */

import { createServer } from 'node:http';

import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.argv[2]);

const server = createServer(async (request, response) => {
  const body = (await request.setEncoding('utf8').toArray()).join('');
  let event;
  try {
    event = webhook.verify(body, request.headers);
  } catch (error) {
    console.log(JSON.stringify({ refused: error.message }));
    response.writeHead(401).end(JSON.stringify({ message: error.message }));
    return;
  }
  console.log(JSON.stringify({ id: request.headers['webhook-id'], event }));
  const status = Number(request.url.slice(1));
  response.writeHead(status).end(JSON.stringify(status < 300 ? { id: 'sm-4711' } : { message: 'refused' }));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
