import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { serve, until } from "./served.js";

const GATED = `
  let open;
  const gate = new Promise((resolve) => { open = resolve; });
  const ended = [];
  async function* pieces() {
    try {
      yield "one\\n";
      await gate;
      yield "two\\n";
    } finally {
      ended.push(true);
    }
  }
  module.exports = async (event, context) => {
    if (event.path === "/open") return open();
    if (event.path === "/ended") return ended;
    if (event.headers["x-kind"]) context.headers({ "content-type": event.headers["x-kind"] });
    return pieces();
  };
`;

test("each piece comes when it is made", async (t) => {
  const served = await serve(t, GATED);
  const answer = await served.open("GET", "/");
  assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
  const [first] = await once(answer, "data");
  assert.equal(first.toString(), "one\n");
  await served.ask("GET", "/open");
  const [second] = await once(answer, "data");
  assert.equal(second.toString(), "two\n");
  answer.destroy();
});

test("an event stream begins at once and never falls silent", async (t) => {
  const served = await serve(t, GATED, { env: { sse_heartbeat: "20ms" } });
  const answer = await served.open("GET", "/", { headers: { "x-kind": "text/event-stream" } });
  assert.deepEqual([answer.headers["cache-control"], answer.headers["x-accel-buffering"]], ["no-cache", "no"]);
  let seen = "";
  answer.on("data", (piece) => { seen += piece; });
  await until(() => seen.includes("one") && seen.split(":\n\n").length > 3, "heartbeats");
  assert.ok(seen.startsWith(":\n\n"));
  answer.destroy();
});

test("a generator ends when its client leaves", async (t) => {
  const source = `
    const ended = [];
    async function* pieces() {
      try { for (;;) { yield "tick"; await new Promise((resolve) => setTimeout(resolve, 5)); } } finally { ended.push(true); }
    }
    module.exports = (event) => (event.path === "/ended" ? ended : pieces());
  `;
  const served = await serve(t, source);
  const answer = await served.open("GET", "/");
  await once(answer, "data");
  answer.destroy();
  await until(async () => (await served.ask("GET", "/ended")).value().length === 1, "the generator's finally");
});

test("a failure before the first piece is a 500, one after it cuts the answer", async (t) => {
  const source = `
    async function* pieces(early) { if (early) throw new Error("early"); yield "one"; throw new Error("late"); }
    module.exports = (event) => pieces(event.path === "/early");
  `;
  const served = await serve(t, source);
  assert.equal((await served.ask("GET", "/early")).status, 500);
  await assert.rejects(served.ask("GET", "/late"), { code: "ECONNRESET" });
  assert.ok(served.log().includes("Error: late"));
});

test("streams of node and of the Web are pieces too", async (t) => {
  const source = `
    const { Readable } = require("node:stream");
    module.exports = (event) => {
      const readable = Readable.from([Buffer.from("a"), "b"]);
      return event.path === "/web" ? Readable.toWeb(Readable.from([new Uint8Array([99])])) : readable;
    };
  `;
  const served = await serve(t, source);
  assert.equal((await served.ask("GET", "/")).text, "ab");
  assert.equal((await served.ask("GET", "/web")).text, "c");
});
