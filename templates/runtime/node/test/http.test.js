import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { serve, until } from "./served.js";

const ECHO = `
const { createHash } = require("node:crypto");
module.exports = async (event, context) => ({
  method: event.method, path: event.path, query: event.rawQuery, id: context.callId,
  sha: createHash("sha256").update(event.bytes).digest("hex"), many: event.headersDistinct["x-many"],
});
`;

test("every verb, path and query reach the handler as they came", async (t) => {
  const served = await serve(t, ECHO);
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"]) {
    assert.equal((await served.ask(method, "/")).value().method, method);
  }
  const { path, query } = (await served.ask("GET", "/a%20b/%2f//c;d/..?a=1&a=2&b")).value();
  assert.deepEqual([path, query], ["/a%20b/%2f//c;d/..", "a=1&a=2&b"]);
});

test("bytes are bytes and fields repeat", async (t) => {
  const served = await serve(t, ECHO);
  const body = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
  for (const type of ["application/octet-stream", "text/plain", "application/json", "image/png"]) {
    const headers = { "content-type": type, "x-call-id": "c-1", "x-many": ["1", "2"] };
    const { sha, id, many } = (await served.ask("POST", "/", { body, headers })).value();
    assert.deepEqual([sha, id, many], [createHash("sha256").update(body).digest("hex"), "c-1", ["1", "2"]]);
  }
});

test("a body that is too large is read and refused", async (t) => {
  const served = await serve(t, ECHO, { env: { max_body_bytes: "64Ki" } });
  assert.equal((await served.ask("POST", "/", { body: Buffer.alloc(65536) })).status, 200);
  const refused = await served.ask("POST", "/", { body: Buffer.alloc(3_000_000) });
  assert.equal(refused.status, 413);
  assert.equal(refused.value().error, "the body is larger than 65536 bytes");
});

test("what nobody catches is a 500 that tells nothing", async (t) => {
  const source = `
    const recurse = () => recurse() + 1;
    const ways = {
      "/throw": () => { throw new Error("s3cret"); },
      "/reject": () => Promise.reject(new Error("s3cret")),
      "/nothing": () => Promise.reject(),
      "/fail": (context) => context.fail(new Error("s3cret")),
      "/stack": () => recurse(),
      "/header": (context) => context.headers({ x: "a\\r\\nb: c" }) && "",
    };
    module.exports = (event, context) => ways[event.path] ? ways[event.path](context) : "ok";
  `;
  const served = await serve(t, source);
  for (const path of ["/throw", "/reject", "/nothing", "/fail", "/stack", "/header"]) {
    const refused = await served.ask("GET", path, { headers: { "x-call-id": `c${path}` } });
    assert.equal(refused.status, 500, path);
    assert.equal(refused.headers["content-type"], "application/json");
    assert.deepEqual(refused.value(), { error: "internal error", callId: `c${path}` });
    assert.equal((await served.ask("GET", "/")).text, "ok");
    assert.ok(served.log().includes(`[c${path}]`), path);
  }
});

test("a text that a handler fails with is for the caller, and debug_errors tells all", async (t) => {
  const served = await serve(t, "module.exports = (event, context) => context.status(422).fail('too short');");
  const { status, text } = await served.ask("GET", "/");
  assert.deepEqual([status, text], [422, "too short"]);
  const debugged = await serve(t, "module.exports = () => { throw new Error('why'); };", { env: { debug_errors: "true" } });
  assert.equal((await debugged.ask("GET", "/")).value().detail, "Error: why");
});

test("callbacks are waited for", async (t) => {
  const source = "module.exports = (event, context, callback) => { setTimeout(() => callback(undefined, { late: true }), 5); };";
  assert.deepEqual((await (await serve(t, source)).ask("GET", "/")).value(), { late: true });
});

test("invalid JSON is the caller's mistake", async (t) => {
  const served = await serve(t, "module.exports = async (event) => event.body;");
  const { status } = await served.ask("POST", "/", { body: "{", headers: { "content-type": "application/json" } });
  assert.equal(status, 400);
});

test("answers have the body that their status and verb allow, and do not say what serves", async (t) => {
  const served = await serve(t, "module.exports = (event, context) => context.status(Number(event.path.slice(1))).succeed('text');");
  for (const status of [204, 304]) {
    const { status: got, text } = await served.ask("GET", `/${status}`);
    assert.deepEqual([got, text], [status, ""]);
  }
  const { text, headers } = await served.ask("HEAD", "/200");
  assert.deepEqual([text, headers["content-length"], headers.server, headers["x-powered-by"]], ["", "4", undefined, undefined]);
});

test("ESM and CommonJS are both served, with what they export", async (t) => {
  const esm = await serve(t, "export default { handle: async () => 'esm' };", { file: "handler.mjs" });
  assert.equal((await esm.ask("GET", "/")).text, "esm");
  const named = await serve(t, "export const handle = () => 'named';", { file: "handler.mjs" });
  assert.equal((await named.ask("GET", "/")).text, "named");
  const cjs = await serve(t, "exports.handle = () => 'cjs';", { file: "handler.cjs" });
  assert.equal((await cjs.ask("GET", "/")).text, "cjs");
});

const SLOW = `
  const seen = [];
  module.exports = async (event, context) => {
    if (event.path === "/seen") return seen;
    await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    seen.push(context.cancelled);
  };
`;

test("a deadline is a 504 and reaches the handler; a caller can shorten it", async (t) => {
  const served = await serve(t, SLOW, { env: { exec_timeout: "20s" } });
  const { status } = await served.ask("GET", "/", { headers: { "x-timeout": "100ms" } });
  assert.equal(status, 504);
  await until(async () => (await served.ask("GET", "/seen")).value().length === 1, "a handler that was told");
});

test("a client that leaves is news to the handler", async (t) => {
  const served = await serve(t, SLOW);
  const left = new AbortController();
  const { request } = await import("node:http");
  const asking = request({ port: served.port, signal: left.signal, agent: false }).on("error", () => {});
  asking.end();
  await until(() => asking.socket?.bytesWritten > 0, "a request that was sent");
  left.abort();
  await until(async () => (await served.ask("GET", "/seen")).value().length === 1, "a handler that was told");
});
