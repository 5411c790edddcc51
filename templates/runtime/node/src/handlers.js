// The two shapes of a handler: handle(event, context) of the official template, and the Web's Request to Response.
// It knows what a module exports, in CommonJS and in ESM.
// It refuses to answer before a handler has: one that takes a callback is waited for.

import { answer } from "./answer.js";
import * as cloudevents from "./cloudevents.js";
import { HttpError } from "./errors.js";
import { Event } from "./event.js";

/** Everything that a module offers: named exports, and what hangs on its default export. */
export function exported(module) {
  const whole = module.default ?? {};
  return { ...module, ...whole, handle: typeof whole === "function" ? whole : (whole.handle ?? module.handle) };
}

/** What the official template lets a handler do with its context, over what every context has. */
function answering(context, settle) {
  let code = 200;
  let headers = {};
  return Object.assign(context, {
    status(value) {
      if (value === undefined) return code;
      code = value;
      return context;
    },
    headers(value) {
      if (value === undefined) return headers;
      headers = value;
      return context;
    },
    succeed: (value) => settle(undefined, value),
    fail(error) {
      if (code === 200) code = 500;
      // A text is meant for the caller; an error is not.
      if (error instanceof Error || error === undefined) settle(error ?? new Error("the handler failed"));
      else settle(undefined, error);
    },
  });
}

/** handle(event, context[, callback]): what is returned, or told by succeed, fail or the callback, whichever is first. */
function called(handle, event, context) {
  return new Promise((resolve, reject) => {
    const settle = (error, value) => (error ? reject(error) : resolve(value));
    answering(context, settle);
    const callback = (error, value) => (error ? context.fail(error) : context.succeed(value));
    const returned = handle(event, context, callback);
    if (returned === undefined && handle.length > 2) return;
    Promise.resolve(returned).then(resolve, (error) => reject(error ?? new Error("rejected with nothing")));
  });
}

/** Each event to the handler, in order; what it returns goes back the way they came. */
async function carried(onCloudEvent, how, headers, bytes, context) {
  const replies = [];
  for (const event of cloudevents.decode(how, headers, bytes)) {
    const reply = await onCloudEvent(event, context);
    if (reply !== undefined && reply !== null) replies.push(reply);
  }
  return cloudevents.encode(replies.length ? how : "", replies);
}

async function throughEvent(offered, request, bytes, context, settings) {
  const event = new Event(request, bytes, settings);
  const value = await called(offered.handle, event, context);
  return answer(value, { status: context.status(), headers: context.headers() });
}

/** The Web's Request of a request; its URL is normalised, so the path and the query as they came are in the context. */
async function throughRequest(offered, request, bytes, context) {
  const headers = new Headers();
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  const [path, ...query] = request.url.split("?");
  Object.assign(context, { path, rawQuery: query.join("?"), bytes });
  const bodiless = request.method === "GET" || request.method === "HEAD";
  const url = new URL(`http://${request.headers.host ?? "localhost"}${request.url}`);
  const { method } = request;
  const asked = new Request(url, { method, headers, body: bodiless ? undefined : bytes, signal: context.signal });
  const value = await offered.handle(asked, context);
  return value === undefined ? answer(undefined, { status: 204 }) : answer(value);
}

/** What answers an exchange: of kind `http` or `web`. */
export function handler(kind, offered, settings) {
  const { handle, onCloudEvent } = offered;
  if (typeof handle !== "function" && typeof onCloudEvent !== "function") {
    throw new Error("function/handler exports neither a handler nor onCloudEvent");
  }
  const through = kind === "web" ? throughRequest : throughEvent;
  return async (exchange) => {
    const { request, context } = exchange;
    const bytes = await exchange.body();
    const how = onCloudEvent ? cloudevents.mode(request.headers) : "";
    if (!how && !handle) throw new HttpError(415, "a CloudEvent is expected");
    const reply = how
      ? await carried(onCloudEvent, how, request.headers, bytes, context)
      : await through(offered, request, bytes, context, settings);
    await exchange.send(reply);
  };
}
