import assert from "node:assert/strict";
import { test } from "node:test";

import { serve } from "./served.js";

const WEB = `
  export default async function handle(request, context) {
    const url = new URL(request.url);
    if (url.pathname === "/throw") throw new Error("s3cret");
    if (url.pathname === "/nothing") return;
    if (url.pathname === "/stream") {
      const headers = { "content-type": "text/x" };
      return new Response(new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("a")); c.close(); } }), { headers });
    }
    const body = new Uint8Array(await request.arrayBuffer());
    const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
    return Response.json({ method: request.method, path: context.path, size: body.length, id: context.callId }, { status: 201, headers });
  }
`;

test("a Request comes in and a Response goes out", async (t) => {
  const served = await serve(t, WEB, { kind: "web", file: "handler.mjs" });
  const { status, headers, value } = await served.ask("PUT", "/a%20b//..?x", { body: Buffer.alloc(9), headers: { "x-call-id": "c-1" } });
  assert.equal(status, 201);
  assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
  assert.deepEqual(value(), { method: "PUT", path: "/a%20b//..", size: 9, id: "c-1" });
  assert.equal((await served.ask("GET", "/")).value().method, "GET");
});

test("streams, errors and nothing at all are answered as they should be", async (t) => {
  const served = await serve(t, WEB, { kind: "web", file: "handler.mjs" });
  assert.equal((await served.ask("GET", "/stream")).text, "a");
  assert.equal((await served.ask("GET", "/nothing")).status, 204);
  const { status, text } = await served.ask("GET", "/throw");
  assert.equal(status, 500);
  assert.ok(!text.includes("s3cret"));
});

test("CloudEvents go to the handler that is for them", async (t) => {
  const source = `
    export function onCloudEvent(event) {
      return event.type === "silent" ? undefined : { id: "r" + event.id, source: "/reply", type: "reply", data: event.data };
    }
  `;
  const served = await serve(t, source, { kind: "web", file: "handler.mjs" });
  const event = { specversion: "1.0", id: "1", source: "/here", type: "made", data: { a: 1 } };
  const post = (value, type) => served.ask("POST", "/", { body: JSON.stringify(value), headers: { "content-type": type } });
  const structured = await post(event, "application/cloudevents+json");
  assert.deepEqual(structured.value(), { specversion: "1.0", id: "r1", source: "/reply", type: "reply", data: { a: 1 } });
  assert.equal((await post({ ...event, type: "silent" }, "application/cloudevents+json")).status, 204);
  assert.equal((await post({ ...event, id: "" }, "application/cloudevents+json")).status, 400);
  assert.equal((await post({}, "application/json")).status, 415);
});

test("a secret is read without its last newline, and a name leads nowhere else", async () => {
  const { mkdtempSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const { secret } = await import("../src/index.js");
  process.env.secret_mount_path = mkdtempSync(join(tmpdir(), "secrets-"));
  writeFileSync(join(process.env.secret_mount_path, "api-key"), "s3cret \n\n");
  assert.equal(secret("api-key"), "s3cret \n");
  assert.throws(() => secret("other"), /"other" is not mounted at/);
  for (const name of ["", "../passwd", "a/b", ".hidden"]) assert.throws(() => secret(name), /a name has/);
});
