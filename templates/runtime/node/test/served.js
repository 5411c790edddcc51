// A function's module, served by the runtime as a process of its own.
// It knows how to ask it anything over a real socket.
// It refuses to leave the process behind.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync, openSync, closeSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "../src/main.js");
const PATIENCE = 20e3;

/** Asks until there is an answer. */
export async function until(ask, what) {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer) return answer;
    await pause(10);
  }
  throw new Error(`${what}: not within ${PATIENCE} ms`);
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

export class Served {
  constructor(port, folder, child) {
    Object.assign(this, { port, folder, child });
    this.ended = once(child, "exit").then(([code]) => code);
  }

  connects() {
    if (this.child.exitCode !== null) throw new Error(this.log());
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  }

  /** The head of an answer, its body to be read. */
  async open(method, path, { body, headers = {} } = {}) {
    const asking = request({ port: this.port, host: "127.0.0.1", method, path, headers, agent: false });
    asking.end(body);
    const [answer] = await once(asking, "response");
    return answer;
  }

  async ask(method, path, more) {
    const answer = await this.open(method, path, more);
    const pieces = [];
    for await (const piece of answer) pieces.push(piece);
    const body = Buffer.concat(pieces);
    return { status: answer.statusCode, headers: answer.headers, body, text: body.toString(), value: () => JSON.parse(body) };
  }

  log() {
    return readFileSync(join(this.folder, "log"), "utf8");
  }
}

/** Serves this source until the test is over. */
export async function serve(test, source, { kind = "http", file = "handler.js", waits = true, env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "function-"));
  mkdirSync(join(folder, "function"));
  writeFileSync(join(folder, "function", file), source);
  const port = await freePort();
  const log = openSync(join(folder, "log"), "w");
  const known = { PATH: process.env.PATH, upstream_url: `http://127.0.0.1:${port}`, term_signal_timing: "after_drain", ...env };
  const child = spawn(process.execPath, [MAIN, kind], { cwd: folder, env: known, stdio: ["ignore", log, log] });
  closeSync(log);
  const served = new Served(port, folder, child);
  test.after(async () => {
    child.kill("SIGKILL");
    await served.ended;
    rmSync(folder, { recursive: true });
  });
  if (waits) await until(() => served.connects(), "a port that is open");
  return served;
}
