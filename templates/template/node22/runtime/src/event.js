// The request as handle(event, context) sees it.
// It knows what the official template made of a body by its type, and keeps the bytes beside it.
// It refuses to change what was sent: `bytes` and `path` are as they came.

import { HttpError } from "./errors.js";

const media = (type) => type.split(";")[0].trim().toLowerCase();

/** Names with values; one that repeats has an array. */
function grouped(parameters) {
  const found = Object.create(null);
  for (const [name, value] of parameters) {
    found[name] = name in found ? [found[name], value].flat() : value;
  }
  return { ...found };
}

export class Event {
  constructor(request, bytes, { rawBody = false } = {}) {
    const [path, ...query] = request.url.split("?");
    this.method = request.method;
    this.path = path;
    this.rawQuery = query.join("?");
    this.headers = request.headers;
    /** Every value of every field, in order. */
    this.headersDistinct = request.headersDistinct;
    this.bytes = bytes;
    this.rawBody = rawBody;
  }

  get query() {
    return grouped(new URLSearchParams(this.rawQuery));
  }

  get type() {
    return media(this.headers["content-type"] ?? "");
  }

  /** The body as text, by the charset that its type names, or UTF-8. */
  get text() {
    const charset = /charset="?([^";\s]+)/i.exec(this.headers["content-type"] ?? "")?.[1];
    try {
      return new TextDecoder(charset).decode(this.bytes);
    } catch {
      return new TextDecoder().decode(this.bytes);
    }
  }

  /** The body as JSON; where it is none, and nobody catches that, the caller is answered 400. */
  get json() {
    try {
      return JSON.parse(this.bytes.toString("utf8"));
    } catch {
      throw new HttpError(400, "the body is not JSON");
    }
  }

  /** JSON, text and forms by their type, anything else as bytes; with RAW_BODY, bytes. */
  get body() {
    if (this.rawBody) return this.bytes;
    const type = this.type || "text/plain";
    if (type === "application/json" || type.endsWith("+json")) return this.bytes.length ? this.json : undefined;
    if (type === "application/x-www-form-urlencoded") return grouped(new URLSearchParams(this.text));
    return type.startsWith("text/") ? this.text : this.bytes;
  }
}
