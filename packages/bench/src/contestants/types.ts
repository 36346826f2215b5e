/** What every contestant does, so that all do the same: ask, work with a tool, stream, go on with a conversation. */

export interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** How a stream came to its end: `whole`, or the name of an event that says it was cut short. */
type StreamEnd = "whole" | `event:${string}`;

/** One contestant in one process, made for one base URL. */
export interface Contestant {
  /** One prompt on a new conversation; resolves to the answer's text. */
  readonly ask: (prompt: string) => Promise<string>;
  /** The same with the tool `add`, called as often as the model wants; resolves to the last text. */
  readonly work: (prompt: string) => Promise<string>;
  /** The same, streamed: each text as it comes. What `onText` throws goes through. */
  readonly stream: (
    prompt: string,
    onText: (text: string) => void,
    signal?: AbortSignal,
  ) => Promise<StreamEnd>;
  /** A conversation with these turns behind it; each call says one thing more. */
  readonly converse: (earlier: readonly Turn[]) => Promise<(prompt: string) => Promise<string>>;
}

export interface Setting {
  readonly baseURL: string;
}

export type Open = (setting: Setting) => Promise<Contestant>;

export const MODEL = "bench-model";
export const SYSTEM = "You are a helpful assistant.";
