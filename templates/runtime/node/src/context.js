// What a handler is told beside the request: whose call it is, how long it has, whether anybody still waits.
// It knows the clock and the folder of secrets.
// It refuses to stop a handler that does not look at its signal.

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { log } from "./log.js";

/** The secret of that name, without the newline at its end. */
export function secret(name) {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw new Error(`secret ${JSON.stringify(name)}: a name has letters, digits, '.', '_' and '-' only`);
  }
  const folder = process.env.secret_mount_path || "/var/openfaas/secrets";
  try {
    return readFileSync(join(folder, name), "utf8").replace(/\n$/, "");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    throw new Error(`secret ${JSON.stringify(name)} is not mounted at ${folder}`, { cause: error });
  }
}

export class Context {
  #controller = new AbortController();

  constructor(callId, milliseconds = 0) {
    this.callId = callId;
    this.hostname = hostname();
    this.log = log;
    this.secret = secret;
    /** When the time is over, as Date.now() counts; null where there is no limit. */
    this.deadline = milliseconds ? Date.now() + milliseconds : null;
  }

  /** Milliseconds that are left, never under 0; null where there is no limit. */
  remaining() {
    return this.deadline === null ? null : Math.max(0, this.deadline - Date.now());
  }

  /** Aborted when nobody waits for the answer any more: the client has gone, or the time is over. */
  get signal() {
    return this.#controller.signal;
  }

  get cancelled() {
    return this.signal.aborted;
  }

  /** Called by the runtime. */
  cancel(reason) {
    this.#controller.abort(new DOMException(reason, "AbortError"));
  }
}
