import assert from "node:assert/strict";
import { test } from "node:test";

import { serve, until } from "./served.js";

test("init is over before the port opens, and shutdown runs last", async (t) => {
  const source = `
    const state = [];
    export async function init() { await null; state.push("ready"); }
    export function shutdown() { console.log("shut down after", state.join()); }
    export function handle() { state.push("called"); return state; }
  `;
  const served = await serve(t, source, { file: "handler.mjs" });
  assert.deepEqual((await served.ask("GET", "/")).value(), ["ready", "called"]);
  served.child.kill("SIGTERM");
  assert.equal(await served.ended, 0);
  assert.ok(served.log().includes("shut down after ready,called"));
});

test("what cannot be started ends at once, with a reason", async (t) => {
  const sources = ["exports.init = () => { throw new Error('no database'); }; exports.handle = () => {};", "exports.other = 1;", "syntax error"];
  for (const source of sources) {
    const served = await serve(t, source, { waits: false });
    assert.equal(await served.ended, 1);
    assert.ok(served.log().includes("the function cannot be started"));
  }
  const served = await serve(t, "module.exports = () => {};", { waits: false, env: { exec_timeout: "soon" } });
  assert.equal(await served.ended, 64);
  assert.match(served.log(), /^exec_timeout="soon": .*\n$/);
});

test("ready is what the function says", async (t) => {
  const served = await serve(t, "let well = true; exports.ready = () => well; exports.handle = () => { well = false; };");
  assert.equal((await served.ask("GET", "/_/ready")).status, 200);
  await served.ask("GET", "/");
  assert.equal((await served.ask("GET", "/_/ready")).status, 503);
  assert.equal((await served.ask("GET", "/_/health")).status, 200);
});

const HELD = `
  let open;
  const gate = new Promise((resolve) => { open = resolve; });
  exports.handle = async (event) => {
    if (event.path === "/open") open();
    if (event.path === "/held") { console.log("held"); await gate; }
    return "whole";
  };
`;

test("a watchdog that passes the signal on at once is served on", async (t) => {
  const served = await serve(t, HELD, { env: { term_signal_timing: "immediate", healthcheck_interval: "1500ms" } });
  const held = served.ask("GET", "/held");
  await until(() => served.log().includes("held"), "a request in flight");
  served.child.kill("SIGTERM");
  await until(async () => (await served.ask("GET", "/_/ready")).status === 503, "a function that is not ready");
  assert.equal((await served.ask("GET", "/open")).text, "whole");
  assert.equal((await held).text, "whole");
  assert.equal(await served.ended, 0);
});

test("what fails outside of any request ends the process after the others are answered", async (t) => {
  const source = `
    exports.handle = async (event) => {
      if (event.path === "/stray") setTimeout(() => { throw new Error("stray"); });
      if (event.path !== "/held") return new Promise(() => {});
      console.log("held");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "whole";
    };
  `;
  const served = await serve(t, source);
  const held = served.ask("GET", "/held");
  await until(() => served.log().includes("held"), "a request in flight");
  const stray = await served.ask("GET", "/stray");
  assert.equal(stray.status, 500);
  assert.equal((await held).text, "whole");
  assert.equal(await served.ended, 1);
});

test("log lines are JSON where that is asked for, and never too long", async (t) => {
  const source = "exports.handle = (event, context) => { context.log.info('said', 1); context.log.warn('x'.repeat(100000)); };";
  const served = await serve(t, source, { env: { log_format: "json", OPENFAAS_NAME: "f" } });
  await served.ask("GET", "/", { headers: { "x-call-id": "c-1" } });
  const lines = served.log().trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines[0], { level: "info", msg: "said 1", callId: "c-1", function: "f" });
  assert.equal(lines.length, 5);
});
