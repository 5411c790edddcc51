// What a handler returns, made into one shape: { status, headers, body } with bytes, or an iterator of pieces.
// It knows plain values, iterators of both kinds, streams, and the Web's Response.
// It refuses fields that would break the message: a line end in a value is an error.

import { validateHeaderName, validateHeaderValue } from "node:http";

// How the message is framed is the server's business.
const FRAMING = new Set(["content-length", "transfer-encoding", "connection", "keep-alive"]);

/** Fields as pairs in order: of an object whose values may be arrays, or of anything that gives pairs. */
function fields(headers = {}) {
  const given = typeof headers[Symbol.iterator] === "function" ? [...headers] : Object.entries(headers);
  const pairs = given.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  for (const [name, value] of pairs) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  return pairs.filter(([name]) => !FRAMING.has(name.toLowerCase()));
}

function status(value) {
  const code = Number(value);
  if (!Number.isInteger(code) || code < 200 || code > 599) throw new RangeError(`status ${value}: 200 to 599 is expected`);
  return code;
}

export function header(reply, name) {
  return reply.headers.find(([known]) => known.toLowerCase() === name)?.[1];
}

export function isEvents(reply) {
  return /^text\/event-stream/i.test(header(reply, "content-type") ?? "");
}

/** Iterators and streams; an array or a map is a value. */
function isPieces(value) {
  return typeof value[Symbol.asyncIterator] === "function" || (typeof value[Symbol.iterator] === "function" && typeof value.next === "function");
}

/** The body that a value stands for, and its type where none is given. */
function body(value) {
  if (value === undefined || value === null) return [Buffer.alloc(0)];
  if (typeof value === "string") return [Buffer.from(value), "text/html; charset=utf-8"];
  if (value instanceof Uint8Array) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength), "application/octet-stream"];
  if (value instanceof ArrayBuffer) return [Buffer.from(value), "application/octet-stream"];
  if (typeof value === "object" && isPieces(value)) return [value];
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`a ${typeof value} is no answer`);
  return [Buffer.from(text), "application/json"];
}

export function answer(value, { status: code = 200, headers } = {}) {
  if (value instanceof Response) return fromResponse(value);
  const reply = { status: status(code), headers: fields(headers) };
  const [content, type] = body(value);
  reply[Buffer.isBuffer(content) ? "body" : "pieces"] = content;
  if (type && header(reply, "content-type") === undefined) reply.headers.push(["content-type", type]);
  return reply;
}

function fromResponse(response) {
  const reply = { status: status(response.status), headers: fields(response.headers) };
  if (response.body) reply.pieces = response.body;
  else reply.body = Buffer.alloc(0);
  return reply;
}
