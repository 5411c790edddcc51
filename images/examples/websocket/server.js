'use strict';

const http = require('node:http');
const { WebSocketServer } = require('ws');

const server = http.createServer((request, response) => {
  response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' });
  response.end('Speak WebSocket to me.\n');
});

const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

server.keepAliveTimeout = 0;
server.listen(3000, '127.0.0.1');
process.on('SIGTERM', () => {
  for (const socket of sockets.clients) socket.close(1001, 'going away');
  server.close(() => process.exit(0));
});
