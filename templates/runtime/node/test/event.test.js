import assert from "node:assert/strict";
import { test } from "node:test";

import { Event } from "../src/event.js";

const event = (bytes, type, url = "/", options) =>
  new Event({ method: "POST", url, headers: type ? { "content-type": type } : {}, headersDistinct: {} }, Buffer.from(bytes), options);

test("the path and the query are as they came", () => {
  const { path, rawQuery, query } = event("", "", "/a%20b//%2f?a=1&a=2&b=&c=x+y?");
  assert.deepEqual([path, rawQuery], ["/a%20b//%2f", "a=1&a=2&b=&c=x+y?"]);
  assert.deepEqual(query, { a: ["1", "2"], b: "", c: "x y?" });
});

test("a parameter cannot pose as something else", () => {
  const { query } = event("", "", "/?__proto__=x&constructor=y");
  assert.equal(Object.getPrototypeOf(query), Object.prototype);
  assert.equal(query.constructor, "y");
});

test("a body is read by its type as the official template reads it", () => {
  assert.deepEqual(event('{"a":1}', "application/json; charset=utf-8").body, { a: 1 });
  assert.deepEqual(event('{"a":1}', "application/problem+json").body, { a: 1 });
  assert.equal(event("é", "text/plain").body, "é");
  assert.equal(event("hi", "").body, "hi");
  assert.deepEqual(event("a=1&a=2", "application/x-www-form-urlencoded").body, { a: ["1", "2"] });
  assert.equal(event("", "application/json").body, undefined);
});

test("anything else is bytes, and bytes are always there", () => {
  assert.deepEqual(event([0, 255], "application/octet-stream").body, Buffer.from([0, 255]));
  assert.deepEqual(event([0, 255], "text/plain").bytes, Buffer.from([0, 255]));
  assert.deepEqual(event("{}", "application/json", "/", { rawBody: true }).body, Buffer.from("{}"));
});

test("a charset that nobody knows is read as UTF-8", () => {
  assert.equal(event([233], "text/plain; charset=latin1").text, "é");
  assert.equal(event("é", "text/plain; charset=none-such").text, "é");
});

test("what is no JSON is the caller's mistake", () => {
  assert.throws(() => event("{", "application/json").body, { status: 400, message: "the body is not JSON" });
});
