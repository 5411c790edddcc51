'use strict';

// Answers a prompt word by word, as a language model would: one event for each token, the gap set by ?gap=MILLISECONDS.

const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');

const server = http.createServer(async (request, response) => {
  let prompt = '';
  for await (const piece of request.setEncoding('utf8')) prompt += piece;
  const gap = Number(new URL(request.url, 'http://function').searchParams.get('gap') ?? 200);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const token of prompt.trim().split(/\s+/)) {
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify({ token })}\n\n`);
    await pause(gap);
  }
  response.end('data: [DONE]\n\n');
});

server.keepAliveTimeout = 0;
server.listen(3000, '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
