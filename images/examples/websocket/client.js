'use strict';

// Sends each argument as a message and prints what comes back: docker exec NAME node client.js one two

const words = process.argv.slice(2);
const socket = new WebSocket('ws://127.0.0.1:8080/');
const waiting = words.length;
let seen = 0;

socket.addEventListener('open', () => words.forEach((word) => socket.send(word)));
socket.addEventListener('message', ({ data }) => {
  console.log(data);
  seen += 1;
  if (seen === waiting) socket.close();
});
socket.addEventListener('close', () => process.exit(seen === waiting ? 0 : 1));
socket.addEventListener('error', () => process.exit(1));
