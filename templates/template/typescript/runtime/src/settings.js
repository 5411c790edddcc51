// What the environment says. Only `secret`, which a function calls, reads it elsewhere.
// It knows the watchdog's spelling of durations and sizes, since both read the same variables.
// It refuses to guess: a value that it cannot read ends the start with one line that names it.

const MIB = 1024 * 1024;
const UNITS = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 };
const SCALES = { "": 1, k: 1e3, M: 1e6, G: 1e9, Ki: 1024, Mi: MIB, Gi: 1024 * MIB };

export class BadSetting extends Error {}

/** Milliseconds of `30`, `500ms` or `1m30s`. */
export function duration(text) {
  if (/^\d+$/.test(text)) return Number(text) * 1e3;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text) {
    throw new Error("a duration is seconds (30), or 500ms, 1m30s, 1h");
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit], 0);
}

/** Bytes of `10485760`, `10M` or `10Mi`; of `100kb` and `1mb` as well, which the official template was told. */
export function size(text) {
  const match = /^(\d+)(k|M|G|Ki|Mi|Gi)?$/.exec(text);
  if (match) return Number(match[1]) * SCALES[match[2] ?? ""];
  const old = /^(\d+)(kb|mb|gb|b)$/i.exec(text);
  if (old) return Number(old[1]) * { b: 1, kb: 1024, mb: MIB, gb: 1024 * MIB }[old[2].toLowerCase()];
  throw new Error("a number of bytes may end in k, M, G, Ki, Mi or Gi");
}

/** A port of our own. */
export function count(text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error("a whole number over 0 is expected");
  return Number(text);
}

/** The watchdog's words for yes and no. */
export function flag(text) {
  const word = text.toLowerCase();
  if (["true", "1", "t"].includes(word)) return true;
  if (["false", "0", "f"].includes(word)) return false;
  throw new Error("true or false is expected");
}

/** The port of the `upstream_url` that the watchdog was given: that is where it will look for us. */
export function port(url) {
  const found = URL.canParse(url) ? Number(new URL(url).port) : 0;
  if (!found) throw new Error("http://127.0.0.1:PORT is expected");
  return found;
}

/** The settings of this process; what each means stands in templates/README.md. */
export function read(environ = process.env) {
  const named = (names) => names.find((name) => environ[name]);
  const text = (...names) => environ[named(names)] ?? "";
  const value = (parse, otherwise, ...names) => {
    const name = named(names);
    if (name === undefined) return otherwise;
    try {
      return parse(environ[name]);
    } catch (error) {
      throw new BadSetting(`${name}=${JSON.stringify(environ[name])}: ${error.message}`);
    }
  };
  const url = text("upstream_url", "http_upstream_url");
  const writeTimeout = value(duration, 30e3, "write_timeout");
  // A watchdog that has drained before it tells us to stop leaves us nothing to wait for. One that passes SIGTERM on at once goes on
  // sending requests for that long.
  const drained = text("term_signal_timing") === "after_drain";
  const old = Math.max(value(size, 0, "MAX_RAW_SIZE"), value(size, 0, "MAX_JSON_SIZE"));
  return {
    // Without a watchdog this is the function's front door.
    host: url ? "127.0.0.1" : "0.0.0.0",
    port: url ? value(port, 8080, "upstream_url", "http_upstream_url") : value(count, 8080, "port"),
    execTimeout: value(duration, 0, "exec_timeout"),
    maxBodyBytes: value(size, old || 10 * MIB, "max_body_bytes"),
    rawBody: value(flag, false, "RAW_BODY"),
    drainDelay: drained ? 0 : value(duration, writeTimeout, "drain_delay", "healthcheck_interval"),
    shutdownTimeout: value(duration, writeTimeout || 20e3, "shutdown_timeout"),
    sseHeartbeat: value(duration, 15e3, "sse_heartbeat"),
    logJson: text("log_format") === "json",
    debugErrors: value(flag, false, "debug_errors"),
    function: text("OPENFAAS_NAME"),
  };
}
