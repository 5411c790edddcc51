// The runtime's own lines on stderr, one write each.
// It knows the call at hand, and the two shapes that the watchdog's `log_format` names.
// It refuses lines that a log pump could choke on: longer ones are split.

import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";

export const LONGEST = 32 * 1024;

/** The exchange that is being answered, for whatever runs on its behalf. */
export const current = new AsyncLocalStorage();

let shape = { json: false, name: "" };

export function configure({ logJson, function: name }) {
  shape = { json: logJson, name };
}

function pieces(text) {
  const parts = shape.json ? [text] : text.split("\n");
  return parts.flatMap((part) => part.match(new RegExp(`[^]{1,${LONGEST}}`, "g")) ?? [""]);
}

function shaped(level, text) {
  const callId = current.getStore()?.context.callId;
  if (!shape.json) return `${level.toUpperCase()} ${text}${callId ? ` [${callId}]` : ""}\n`;
  const fields = { level, msg: text, ...(callId && { callId }), ...(shape.name && { function: shape.name }) };
  return JSON.stringify(fields) + "\n";
}

function write(level, words) {
  const text = words.map((word) => (typeof word === "string" ? word : inspect(word))).join(" ");
  process.stderr.write(pieces(text).map((piece) => shaped(level, piece)).join(""));
}

export const log = {
  info: (...words) => write("info", words),
  warn: (...words) => write("warning", words),
  error: (...words) => write("error", words),
};
