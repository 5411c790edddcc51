import assert from "node:assert/strict";
import { test } from "node:test";

import { BATCH, STRUCTURED, decode, encode, mode } from "../src/cloudevents.js";

const EVENT = { specversion: "1.0", id: "1", source: "/here", type: "made" };
const binary = (type = "application/json", more = {}) => ({
  ...Object.fromEntries(Object.entries({ ...EVENT, ...more }).map(([name, value]) => [`ce-${name}`, value])),
  "content-type": type,
});
const bytes = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

test("a mode is told by the fields", () => {
  assert.deepEqual(
    [binary(), { "content-type": `${STRUCTURED}; charset=utf-8` }, { "content-type": BATCH }, {}].map(mode),
    ["binary", "structured", "batch", ""],
  );
});

test("binary data is read by its type", () => {
  const [event] = decode("binary", binary("application/json", { subject: "caf%C3%A9" }), bytes({ a: 1 }));
  assert.deepEqual(event, { ...EVENT, subject: "café", datacontenttype: "application/json", data: { a: 1 } });
  assert.deepEqual(decode("binary", binary("image/png"), Buffer.from([255]))[0].data, Buffer.from([255]));
});

test("a batch is every event in order", () => {
  const ids = decode("batch", {}, bytes([EVENT, { ...EVENT, id: "2" }])).map((event) => event.id);
  assert.deepEqual(ids, ["1", "2"]);
});

test("what is no event is the caller's mistake", () => {
  const bad = [
    ["binary", binary("text/plain", { specversion: "0.3" }), ""],
    ["binary", { "ce-specversion": "1.0" }, ""],
    ["binary", binary(), "{"],
    ["structured", {}, "{"],
    ["structured", {}, "[]"],
    ["structured", {}, "null"],
    ["structured", {}, { ...EVENT, data_base64: "?" }],
    ["structured", {}, { ...EVENT, "Bad-Name": "x" }],
    ["batch", {}, "{}"],
  ];
  for (const [how, headers, body] of bad) assert.throws(() => decode(how, headers, bytes(body)), { status: 400 });
});

test("what goes out comes in the same", () => {
  for (const how of ["binary", "structured", "batch"]) {
    for (const data of [{ a: [1] }, "text", Buffer.from([255, 0])]) {
      const sent = encode(how, [{ ...EVENT, subject: "café %", data }]);
      const headers = Object.fromEntries(sent.headers);
      assert.equal(mode(headers), how);
      const [event] = decode(how, headers, sent.body);
      assert.deepEqual([event.subject, event.data], ["café %", data]);
    }
  }
  assert.equal(encode("binary", []).status, 204);
});
