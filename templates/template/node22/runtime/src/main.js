// node main.js [http|web] [FILE]: serves the function in FILE, function/handler where none is named.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { exported, handler } from "./handlers.js";
import { configure, log } from "./log.js";
import { Server, live } from "./server.js";
import { read } from "./settings.js";

/** The file of a module that is named without its ending. */
function found(path) {
  const endings = ["", ".js", ".mjs", ".cjs"].map((ending) => resolve(path + ending));
  return endings.find((file) => existsSync(file)) ?? resolve(path);
}

async function main([kind = "http", path = "function/handler"]) {
  let settings;
  try {
    settings = read();
  } catch (error) {
    console.error(error.message);
    return 64;
  }
  configure(settings);
  try {
    const offered = exported(await import(pathToFileURL(found(path))));
    const server = new Server(offered, handler(kind, offered, settings), settings);
    live(server, settings);
    await server.start();
    return undefined;
  } catch (error) {
    log.error("the function cannot be started", error);
    return 1;
  }
}

const code = await main(process.argv.slice(2));
if (code !== undefined) process.exit(code);
