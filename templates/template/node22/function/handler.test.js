"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");

const handle = require("./handler");

test("it greets", async () => {
  const context = { status: () => context, succeed: (value) => value };
  assert.equal(await handle({ text: "you" }, context), "Hello, you!");
});
