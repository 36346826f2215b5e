/** Results too long for the model's context are kept aside, and read back piece by piece by a tool. */
import { z } from "zod";
import { ConfigurationError } from "../errors/errors.ts";
import { tool } from "./tool.ts";
import type { Tool } from "./types.ts";

/** Keeps long results by key. Keys name thread and call, so they never collide. */
export interface ResultStore {
  put(key: string, text: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
}

/** Holds the latest `maxEntries` results (default 1,000) in this process. */
export class MemoryResultStore implements ResultStore {
  readonly #texts = new Map<string, string>();
  readonly #maxEntries: number;

  constructor(options: { readonly maxEntries?: number } = {}) {
    this.#maxEntries = options.maxEntries ?? 1000;
    if (!(this.#maxEntries >= 1)) {
      throw new ConfigurationError(
        `MemoryResultStore: maxEntries must be at least 1, not ${this.#maxEntries}`,
      );
    }
  }

  put(key: string, text: string): Promise<void> {
    this.#texts.delete(key);
    this.#texts.set(key, text);
    const oldest = this.#texts.keys().next();
    if (this.#texts.size > this.#maxEntries && oldest.done !== true) this.#texts.delete(oldest.value);
    return Promise.resolve();
  }

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.#texts.get(key));
  }
}

export const READ_RESULT_TOOL = "read_tool_result";
const DEFAULT_PAGE = 8000;
/** What the note behind a page may take. */
const NOTE_CHARS = 80;

/** Under which a call's result is kept. */
export function resultKey(threadId: string, callId: string): string {
  return `${threadId}/${callId}`;
}

/** The tool that reads a kept result back. It serves only results of the thread it is called in. */
export function readResultTool(store: ResultStore, maxChars: number): Tool {
  const page = maxChars === 0 ? DEFAULT_PAGE : Math.max(1, Math.min(DEFAULT_PAGE, maxChars - NOTE_CHARS));
  return tool({
    name: READ_RESULT_TOOL,
    description: "Reads more of a tool result that was too long to be shown whole.",
    parameters: z.object({
      callId: z.string().describe("The call id that the shortened result names."),
      offset: z.int().min(0).default(0).describe("First character to read."),
      limit: z.int().min(1).max(page).default(page).describe("Characters to read."),
    }),
    execute: async ({ callId, offset, limit }, context) => {
      const text = await store.get(resultKey(context.threadId, callId));
      if (text === undefined) throw new Error(`no result is kept for the call "${callId}"`);
      const to = Math.min(text.length, offset + limit);
      const rest = to < text.length ? `\n[characters ${offset} to ${to} of ${text.length}]` : "";
      return text.slice(offset, to) + rest;
    },
  });
}
