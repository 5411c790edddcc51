import assert from "node:assert/strict";
import { test } from "node:test";

import { answer, header } from "../src/answer.js";

test("each kind of value has its type", () => {
  const kinds = [
    ["é", "text/html; charset=utf-8", "é"],
    [Buffer.from([255]), "application/octet-stream", "\ufffd"],
    [new Uint8Array([97]).buffer, "application/octet-stream", "a"],
    [{ a: 1 }, "application/json", '{"a":1}'],
    [[1], "application/json", "[1]"],
    [42, "application/json", "42"],
    [false, "application/json", "false"],
    [null, undefined, ""],
    [undefined, undefined, ""],
  ];
  for (const [value, type, text] of kinds) {
    const reply = answer(value);
    assert.deepEqual([header(reply, "content-type"), reply.body.toString()], [type, text]);
  }
});

test("a type that is given counts however it is spelt", () => {
  assert.deepEqual(answer("x", { headers: { "CONTENT-TYPE": "text/x" } }).headers, [["CONTENT-TYPE", "text/x"]]);
});

test("a field may repeat, and framing is not the handler's", () => {
  const { headers } = answer(null, { headers: { "Set-Cookie": ["a=1", "b=2"], "Content-Length": 9, Connection: "close" } });
  assert.deepEqual(headers, [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]]);
});

test("a field or a status that would break the message is an error", () => {
  for (const headers of [{ x: "a\r\nb: c" }, { "x y": "a" }, { "": "a" }]) assert.throws(() => answer("", { headers }));
  for (const status of [99, 100, 600, "no"]) assert.throws(() => answer("", { status }), RangeError);
  assert.throws(() => answer(() => {}), TypeError);
});

test("a Response is taken as it is", () => {
  const headers = new Headers({ "X-A": "1" });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  const reply = answer(new Response("hi", { status: 418, headers }));
  assert.equal(reply.status, 418);
  assert.deepEqual(reply.headers.filter(([name]) => name === "set-cookie"), [["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
});

test("iterators are pieces, arrays and maps are values", () => {
  assert.ok(answer([1][Symbol.iterator]()).pieces);
  assert.ok(answer((async function* () {})()).pieces);
  assert.equal(answer(new Map()).body.toString(), "{}");
});
