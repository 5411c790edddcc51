// One request and its answer on node:http.
// It knows that an answer is either not begun, when everything can still be told, or under way, when it can only be cut.
// It refuses to answer twice.

import { randomUUID } from "node:crypto";
import { once } from "node:events";

import { header, isEvents } from "./answer.js";
import { Context } from "./context.js";
import { HttpError, TooLarge, told } from "./errors.js";
import { log } from "./log.js";
import { duration } from "./settings.js";
import { begun, encoded, iterator, keptAlive } from "./streams.js";

// The watchdog answers first; we are there for when it does not.
const GRACE = 500;
// So much of a body that is too large is read before it is refused: a proxy would take an early answer for a failure.
const DRAINED = 256 * 1024 * 1024;
const BODILESS = new Set([204, 304]);

/** The caller may ask for less time than there is, and for nothing else. */
function timeGiven(request, most) {
  try {
    const asked = duration(request.headers["x-timeout"] ?? "");
    return most && asked ? Math.min(asked, most) : most;
  } catch {
    return most;
  }
}

export class Exchange {
  constructor(request, response, settings) {
    this.request = request;
    this.response = response;
    this.settings = settings;
    const given = timeGiven(request, settings.execTimeout);
    this.context = new Context(request.headers["x-call-id"] || randomUUID(), given);
    this.over = false;
    response.on("close", () => this.#close());
    // A socket that breaks ends the exchange, and is no error of anybody here.
    response.on("error", () => {});
    if (given) this.timer = setTimeout(() => this.#expire(), given + GRACE);
  }

  #close() {
    clearTimeout(this.timer);
    if (!this.response.writableFinished) this.context.cancel("the client has gone");
    this.over = true;
  }

  #expire() {
    // What streams has begun in time. Its silences are the watchdog's to judge.
    if (this.response.headersSent) return;
    this.refuse(504, "the function took too long");
    this.context.cancel("the time is over");
  }

  /** The body, collected; one that is too large is read on and thrown away, and is an error then. */
  async body() {
    const { maxBodyBytes: limit } = this.settings;
    const pieces = [];
    let length = 0;
    for await (const piece of this.request) {
      length += piece.length;
      if (!limit || length <= limit) pieces.push(piece);
      else pieces.length = 0;
      if (length > DRAINED && limit && length > limit) break;
    }
    if (limit && length > limit) throw new TooLarge(limit);
    return Buffer.concat(pieces);
  }

  refuse(status, error, more) {
    if (this.over || this.response.headersSent) return;
    this.over = true;
    const body = Buffer.from(told(error, this.context.callId, more));
    this.response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
    this.response.end(body);
  }

  /** Whatever a handler threw or rejected with. */
  fail(error) {
    if (error instanceof HttpError && !this.response.headersSent) {
      this.refuse(error.status, error.message);
      return;
    }
    // That a handler ends when its signal tells it to is what it was asked for, and an upload that broke off is nobody's error here.
    if (this.over || error === this.request.errored) return;
    log.error("uncaught", error);
    if (this.response.headersSent) this.response.destroy();
    else this.refuse(500, "internal error", this.settings.debugErrors ? { detail: String(error) } : {});
  }

  async send(reply) {
    if (this.over) {
      await iterator(reply.pieces ?? [])?.return?.();
      return;
    }
    if (reply.pieces === undefined) this.#whole(reply);
    else await this.#streamed(reply);
  }

  #whole({ status, headers, body }) {
    const bodiless = BODILESS.has(status);
    const length = bodiless ? [] : [["content-length", body.length]];
    this.#head(status, [...headers, ...length]);
    this.response.end(bodiless ? undefined : body);
  }

  async #streamed(reply) {
    let pieces;
    if (isEvents(reply)) {
      pieces = keptAlive(reply.pieces, this.settings.sseHeartbeat);
      for (const [name, value] of [["cache-control", "no-cache"], ["x-accel-buffering", "no"]]) {
        if (header(reply, name) === undefined) reply.headers.push([name, value]);
      }
    } else {
      let first;
      [first, pieces] = await begun(reply.pieces);
      if (header(reply, "content-type") === undefined) {
        reply.headers.push(["content-type", typeof first === "string" ? "text/plain; charset=utf-8" : "application/octet-stream"]);
      }
    }
    if (this.over) {
      await pieces.return();
      return;
    }
    const listening = new AbortController();
    const { signal } = listening;
    const closed = once(this.response, "close", { signal }).then(() => pieces.return(), () => {});
    try {
      this.#head(reply.status, reply.headers);
      for await (const piece of pieces) {
        if (this.over) break;
        if (!this.response.write(encoded(piece))) {
          await Promise.race([once(this.response, "drain", { signal }).catch(() => {}), closed]);
        }
      }
    } finally {
      listening.abort();
    }
    this.response.end();
  }

  #head(status, headers) {
    // Pairs in a flat list: the only form in which node keeps a name that repeats as fields of their own.
    this.response.writeHead(status, headers.flat());
  }
}
