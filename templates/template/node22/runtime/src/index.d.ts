// The same words for the compiler. What each means stands in templates/README.md.

export interface Log {
  info(...words: unknown[]): void;
  warn(...words: unknown[]): void;
  error(...words: unknown[]): void;
}

export interface Context {
  readonly callId: string;
  readonly hostname: string;
  /** When the time is over, as Date.now() counts; null where there is no limit. */
  readonly deadline: number | null;
  /** Milliseconds that are left, never under 0; null where there is no limit. */
  remaining(): number | null;
  /** Aborted when nobody waits for the answer any more: the client has gone, or the time is over. */
  readonly signal: AbortSignal;
  readonly cancelled: boolean;
  readonly log: Log;
  secret(name: string): string;
}

/** The context of a handler that takes a Request, whose URL is normalised: what was sent is here. */
export interface RequestContext extends Context {
  readonly path: string;
  readonly rawQuery: string;
  readonly bytes: Uint8Array;
}

export interface CloudEvent<Data = unknown> {
  specversion?: "1.0";
  id: string;
  source: string;
  type: string;
  datacontenttype?: string;
  subject?: string;
  time?: string;
  data?: Data;
  [extension: string]: unknown;
}

/** An answer that a handler throws: the message is for the caller. */
export class HttpError extends Error {
  constructor(status: number, message: string);
  readonly status: number;
}

export function secret(name: string): string;
