// How a stream looks on the wire, and what can go wrong with it: the vocabulary of scripts.
import type { JsonValue } from "../json.ts";

/** Ways to write the same answer. None of them changes what a conforming client reads. */
export interface WireStyle {
  /** Compression, forced on the client. `zstd` writes one zstd frame per write. Default `identity`. */
  readonly encoding?: "identity" | "gzip" | "deflate" | "br" | "zstd";
  /** Line ending of the event stream; default `lf`. */
  readonly lineEnding?: "lf" | "crlf" | "cr";
  /** Comment lines between events. */
  readonly comments?: boolean;
  /** `data:{…}` instead of `data: {…}` when false. */
  readonly space?: boolean;
  /** Each JSON spread over several `data:` lines. */
  readonly multilineData?: boolean;
  /** A `pad` field of random length in each event; default true on native streams, else false. */
  readonly pad?: boolean;
  /** `event:` lines before the data; default true for Responses, else false. */
  readonly eventLines?: boolean;
  /** `shuffled` numbers the events of a response out of order, while they still come in order. Default `ordered`. */
  readonly sequence?: "ordered" | "shuffled";
  /** The `Content-Type` of the stream; default `text/event-stream`. */
  readonly contentType?: string;
  /** Whether `data: [DONE]` ends the stream; by default it does for chat completions and for some native families. */
  readonly done?: boolean;
  /** Whether a blank line ends the last event; default true. */
  readonly finalBlankLine?: boolean;
  /** How texts without cuts of their own are split into events; default `words`. */
  readonly pieces?: "words" | "characters" | "whole";
  /**
   * How events are grouped into writes: `burst` (default) as fast as the socket takes them (one by one if there is a delay), `event` one write each,
   * `packed` all in one write, a number so many bytes at a time (1 splits every character and every line ending).
   */
  readonly writes?: "burst" | "event" | "packed" | number;
  /** Milliseconds between writes; default 0. */
  readonly delayMs?: number;
}

/** When a fault strikes: before anything is sent, after the headers, or after so many events. */
export type FaultPoint = "request" | "headers" | number;

/** What can go wrong with a response. */
export type Fault =
  /** The connection is reset; with `midEvent`, in the middle of the next event's JSON. */
  | { readonly type: "reset"; readonly after: FaultPoint; readonly midEvent?: boolean }
  /** Nothing more is sent until the client leaves. */
  | { readonly type: "stall"; readonly after: FaultPoint }
  /** The stream ends in an orderly way after so many events, without a finish reason and `[DONE]`. */
  | { readonly type: "truncate"; readonly after: number }
  /** Everything but the finish reason. */
  | { readonly type: "missing_finish" }
  /** An error event in place of the rest; `frame` is its JSON, by default OCI's `code` and `message`. */
  | { readonly type: "error_event"; readonly after: number; readonly frame?: JsonValue };
