// What goes wrong with a request, and whom it is told.
// It knows the one shape of an error's body.
// It refuses to tell a caller what is not meant for him.

/** An answer that a handler throws: the message is for the caller. */
export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.name = "HttpError";
    this.status = status;
  }
}

export class TooLarge extends HttpError {
  constructor(limit) {
    super(413, `the body is larger than ${limit} bytes`);
  }
}

export function told(error, callId, more = {}) {
  return JSON.stringify({ error, callId, ...more });
}
