'use strict';

const { readFileSync } = require('node:fs');

const name = readFileSync(0, 'utf8').trim() || 'world';
console.log(`Hello, ${name}!`);
