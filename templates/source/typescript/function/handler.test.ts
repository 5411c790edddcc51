import assert from "node:assert/strict";
import { test } from "node:test";

import type { Context } from "function-runtime";

import handle from "./handler";

test("it greets", async () => {
  const context = { log: { info() {} } } as unknown as Context;
  const request = new Request("http://localhost/", { method: "POST", body: "you" });
  const response = await handle(request, context);
  assert.equal(await response.text(), "Hello, you!");
});
