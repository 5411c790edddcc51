// What a function may import from the runtime.
// It knows names alone.
// It refuses to start anything.

export { Context, secret } from "./context.js";
export { HttpError } from "./errors.js";
export { Event } from "./event.js";
