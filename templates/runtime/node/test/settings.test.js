import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, read, size } from "../src/settings.js";

test("durations and sizes are spelt as for the watchdog", () => {
  assert.deepEqual(["30", "500ms", "1m30s", "1.5h", "0"].map(duration), [30e3, 500, 90e3, 5400e3, 0]);
  assert.deepEqual(["10", "2k", "10Mi", "100kb", "1mb"].map(size), [10, 2000, 10485760, 102400, 1048576]);
});

test("a value that cannot be meant is named", () => {
  const bad = { exec_timeout: "soon", max_body_bytes: "1 MB", debug_errors: "maybe", upstream_url: "here", MAX_RAW_SIZE: "x" };
  for (const [name, value] of Object.entries(bad)) {
    assert.throws(() => read({ [name]: value }), { message: new RegExp(`^${name}="${value}": `) });
  }
});

test("the port is the one at which the watchdog looks", () => {
  const { host, port } = read({ upstream_url: "http://127.0.0.1:3000" });
  assert.deepEqual([host, port], ["127.0.0.1", 3000]);
  assert.deepEqual([read({}).host, read({ port: "9000" }).port], ["0.0.0.0", 9000]);
});

test("a watchdog that drains first is not waited for", () => {
  assert.equal(read({ term_signal_timing: "after_drain", healthcheck_interval: "5s" }).drainDelay, 0);
  assert.equal(read({ healthcheck_interval: "5s" }).drainDelay, 5000);
  assert.equal(read({ write_timeout: "7s" }).drainDelay, 7000);
});

test("the limits that the official template was told still hold", () => {
  assert.equal(read({ MAX_JSON_SIZE: "1mb", MAX_RAW_SIZE: "100kb" }).maxBodyBytes, 1048576);
  assert.equal(read({ MAX_JSON_SIZE: "1mb", max_body_bytes: "5" }).maxBodyBytes, 5);
  assert.equal(read({}).maxBodyBytes, 10485760);
});
