// node:http, with a life around it.
// It knows probes, SIGTERM and SIGINT, how the watchdog in front of it stops, and what has to end the process.
// It refuses to close while requests may still come, and to end before those that came are answered.

import { once } from "node:events";
import { createServer } from "node:http";

import { Exchange } from "./exchange.js";
import { current, log } from "./log.js";

export class Server {
  #draining = false;
  #ending;

  constructor(offered, handle, settings) {
    this.offered = offered;
    this.handle = handle;
    this.settings = settings;
    // The watchdog bounds heads, uploads and silences by settings of its own; a second limit here would be another one.
    const limits = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 75e3, maxHeaderSize: 1024 * 1024 };
    this.http = createServer({ ...limits, joinDuplicateHeaders: true }, (request, response) => this.#take(request, response));
  }

  async start() {
    await this.offered.init?.();
    this.http.listen(this.settings.port, this.settings.host);
    await once(this.http, "listening");
  }

  #take(request, response) {
    const exchange = new Exchange(request, response, this.settings);
    current.run(exchange, () => {
      const work = request.url === "/_/ready" || request.url === "/_/health" ? this.#probe(exchange) : this.handle(exchange);
      work.catch((error) => exchange.fail(error));
    });
  }

  async #probe(exchange) {
    let well = true;
    if (exchange.request.url === "/_/ready") {
      well = !this.#draining && (await this.offered.ready?.()) !== false;
    }
    const body = Buffer.from(JSON.stringify({ status: well ? "ok" : "not ready" }));
    await exchange.send({ status: well ? 200 : 503, headers: [["content-type", "application/json"]], body });
  }

  /** Goes on for so long while it is not ready, then answers what it has, and is closed; once, however often it is called. */
  stop(milliseconds) {
    this.#draining = true;
    this.#ending ??= this.#end(milliseconds);
    return this.#ending;
  }

  async #end(milliseconds) {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const closed = once(this.http, "close");
    this.http.close();
    this.http.closeIdleConnections();
    const late = setTimeout(() => this.http.closeAllConnections(), this.settings.shutdownTimeout);
    await closed;
    clearTimeout(late);
    await this.offered.shutdown?.();
  }
}

/** Ends the process by the book, and fails whatever an error belongs to that nobody caught. */
export function live(server, settings) {
  const leave = async (code, milliseconds) => {
    try {
      await server.stop(milliseconds);
    } catch (error) {
      log.error("shutdown failed", error);
      code = 1;
    }
    process.exit(code);
  };
  process.on("SIGTERM", () => leave(0, settings.drainDelay));
  process.on("SIGINT", () => leave(0, 0));
  // After this nothing is known of the process's state: others are answered, and a new one takes over.
  process.on("uncaughtException", (error) => {
    log.error("uncaught outside of a request: the process will end", error);
    current.getStore()?.fail(error);
    leave(1, 0);
  });
}
