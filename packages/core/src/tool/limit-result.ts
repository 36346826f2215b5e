/** Keeps a long result from filling the model's context: kept aside where there is a store, else cut. */
import { messageOf } from "../errors/errors.ts";
import { renderResult } from "../state/transcript.ts";
import { redactSecrets } from "../text/redact.ts";
import type { ReadResult } from "./result.ts";
import { READ_RESULT_TOOL, type ResultStore, resultKey } from "./result-store.ts";
import type { Awaitable } from "./types.ts";

export interface ResultLimits {
  readonly maxToolResultChars: number;
  readonly resultStore?: ResultStore;
}

/** Content parts are left as they are: a cut image is no image. */
export function limitResult(
  limits: ResultLimits,
  threadId: string,
  callId: string,
  read: ReadResult,
): Awaitable<ReadResult> {
  const { maxToolResultChars: max, resultStore } = limits;
  if (max === 0 || read.content !== undefined) return read;
  const text = renderResult(read.result);
  if (text.length <= max) return read;
  if (resultStore === undefined) return { result: cut(text, max) };
  return keptAside(text, max, callId, (async () => resultStore.put(resultKey(threadId, callId), text))());
}

async function keptAside(
  text: string,
  max: number,
  callId: string,
  putting: Promise<void>,
): Promise<ReadResult> {
  try {
    await putting;
  } catch (error) {
    // The tool has done its work: it is not run again, nor is the run over, for want of a place to keep the rest.
    const why = redactSecrets(messageOf(error));
    return {
      result: shorten(
        text,
        max,
        `[cut: ${text.length} characters in all; the rest could not be kept: ${why}]`,
      ),
    };
  }
  const preview = Math.min(max, 8000);
  const note = `[cut: ${text.length} characters in all; read on with ${READ_RESULT_TOOL} and callId "${callId}"]`;
  return { result: shorten(text, preview, note) };
}

/** `text` cut to so many characters, and saying so; 0 means no limit. */
export function cut(text: string, max: number): string {
  return max === 0 || text.length <= max
    ? text
    : shorten(text, max, `[cut: ${text.length} characters in all]`);
}

function shorten(text: string, max: number, note: string): string {
  const room = max - note.length - 1;
  if (room < 0) return text.slice(0, max);
  // Not between the halves of a surrogate pair.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(room - 1)) ? room - 1 : room;
  return `${text.slice(0, end)}\n${note}`;
}
