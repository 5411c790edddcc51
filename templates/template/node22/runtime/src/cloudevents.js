// CloudEvents 1.0 over HTTP: binary, structured and in batches, in and out.
// It knows the JSON format and the HTTP binding of the specification.
// It refuses what lacks a required attribute or has another version: that is a 400 with the attribute's name.

import { HttpError } from "./errors.js";

export const STRUCTURED = "application/cloudevents+json";
export const BATCH = "application/cloudevents-batch+json";
const REQUIRED = ["id", "source", "type"];

const media = (type = "") => type.split(";")[0].trim().toLowerCase();
const isJson = (type) => /[/+]json$/.test(media(type));

function parsed(bytes, what) {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HttpError(400, `CloudEvents: ${what} is not JSON`);
  }
}

/** How the request carries events: binary, structured, batch, or not at all. */
export function mode(headers) {
  const type = media(headers["content-type"]);
  if (type === STRUCTURED) return "structured";
  if (type === BATCH) return "batch";
  return headers["ce-specversion"] === undefined ? "" : "binary";
}

/** An event is an object with its attributes, and `data` as a JSON value, text or bytes. */
export function decode(how, headers, bytes) {
  if (how === "binary") return [fromBinary(headers, bytes)];
  const value = parsed(bytes, "the body");
  if (how === "structured") return [fromJson(value)];
  if (!Array.isArray(value)) throw new HttpError(400, "CloudEvents: a batch is a JSON array");
  return value.map(fromJson);
}

function fromBinary(headers, bytes) {
  const event = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("ce-")) event[name.slice(3)] = unescaped(value);
  }
  const type = headers["content-type"];
  if (type) event.datacontenttype = type;
  checked(event);
  if (bytes.length) event.data = typed(bytes, type ?? "");
  return event;
}

function unescaped(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function fromJson(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new HttpError(400, "CloudEvents: an event is a JSON object");
  }
  const { data_base64: encoded, ...event } = value;
  const { data: _, ...attributes } = event;
  checked(attributes);
  if (encoded === undefined) return event;
  if (typeof encoded !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    throw new HttpError(400, "CloudEvents: data_base64 is not base64");
  }
  return { ...event, data: Buffer.from(encoded, "base64") };
}

function checked(attributes) {
  if (attributes.specversion !== "1.0") {
    throw new HttpError(400, `CloudEvents: specversion ${JSON.stringify(attributes.specversion)}: 1.0 is expected`);
  }
  const missing = REQUIRED.find((name) => !attributes[name]);
  if (missing) throw new HttpError(400, `CloudEvents: the attribute ${JSON.stringify(missing)} is missing`);
  const odd = Object.keys(attributes).find((name) => !/^[a-z0-9]+$/.test(name));
  if (odd !== undefined) {
    throw new HttpError(400, `CloudEvents: attribute name ${JSON.stringify(odd)}: lower case letters and digits are expected`);
  }
}

/** Data by its type: JSON values, text, or bytes. */
function typed(bytes, type) {
  if (isJson(type)) return parsed(bytes, "the data");
  return media(type).startsWith("text/") ? bytes.toString("utf8") : bytes;
}

/** An answer that carries these events the way those of the request came. */
export function encode(how, events) {
  const carried = (type, value) => ({ status: 200, headers: [["content-type", type]], body: Buffer.from(JSON.stringify(value)) });
  if (how === "batch") return carried(BATCH, events.map(toJson));
  if (events.length === 0) return { status: 204, headers: [], body: Buffer.alloc(0) };
  if (how === "structured") return carried(STRUCTURED, toJson(events[0]));
  const { data, datacontenttype, ...attributes } = { specversion: "1.0", ...events[0] };
  const type = datacontenttype ?? natural(data);
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, escaped(String(value))]);
  if (data === undefined || data === null) return { status: 200, headers, body: Buffer.alloc(0) };
  return { status: 200, headers: [...headers, ["content-type", type]], body: raw(data, type) };
}

// What a header cannot hold as it is, by the HTTP binding (3.1.3.2).
const escaped = (value) => value.replace(/[^\x21-\x7e]+|["%]/gu, encodeURIComponent);

function natural(data) {
  if (data instanceof Uint8Array) return "application/octet-stream";
  return typeof data === "string" ? "text/plain; charset=utf-8" : "application/json";
}

function raw(data, type) {
  if (data instanceof Uint8Array) return Buffer.from(data);
  return Buffer.from(typeof data === "string" && !isJson(type) ? data : JSON.stringify(data));
}

function toJson({ data, ...attributes }) {
  const event = { specversion: "1.0", ...attributes };
  if (data instanceof Uint8Array) return { ...event, data_base64: Buffer.from(data).toString("base64") };
  return data === undefined || data === null ? event : { ...event, data };
}
