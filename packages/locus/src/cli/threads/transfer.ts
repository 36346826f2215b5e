/** `locus threads export` and `import`: a thread as lines of JSON, an event each, out of one store and into another. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CheckpointError, type DurableEvent, isRecord, parseJson, SCHEMA_VERSION } from "@locus-sdk/core";
import { readStoredEvent, withThreadId } from "@locus-sdk/core/checkpoint";
import { writeLocal } from "../oci/local-files.ts";
import { UsageError } from "../options.ts";
import { plural } from "../show/units.ts";
import type { ThreadsAction, ThreadsFlags } from "./action.ts";
import { findThread } from "./find.ts";

interface ExportFlags extends ThreadsFlags {
  readonly output?: string;
}

export const exporting: ThreadsAction<ExportFlags> = {
  usage: "export <id>",
  summary: "write a thread's events as lines of JSON to stdout, or to a file",
  example: "export trip -o trip.jsonl",
  use: "look",
  options: [
    ["-o, --output <path>", "write them there, readable for you alone; what is there already is replaced"],
  ],
  run: async ({ store, args, flags, view: { json, output }, signal }) => {
    const { threadId, version } = await findThread(store, args[0] ?? "");
    const lines = eventLines(store.checkpointer.events(threadId, { upTo: version }), signal);
    if (flags.output === undefined) {
      await output.bytes(lines);
      return undefined;
    }
    const before = process.umask(0o077);
    try {
      await writeLocal(flags.output, lines, signal);
    } finally {
      process.umask(before);
    }
    if (json) output.answer(`${JSON.stringify({ threadId, version, path: flags.output })}\n`);
    else output.note(`${threadId} written to ${flags.output}, ${plural(version, "event")}`);
    return undefined;
  },
};

/** Each event as a line of JSON. */
export async function* eventLines(
  events: AsyncIterable<DurableEvent>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  for await (const event of events) {
    signal.throwIfAborted();
    yield encoder.encode(`${JSON.stringify(event)}\n`);
  }
}

interface ImportFlags extends ThreadsFlags {
  readonly as?: string;
}

export const importing: ThreadsAction<ImportFlags> = {
  usage: "import <file>",
  summary: "store a thread that export wrote, and print its id",
  notes: 'With "-" it is read from stdin. All of it is stored, or nothing.',
  example: "import trip.jsonl --as trip-2",
  use: "keep",
  options: [["--as <id>", "id of the thread (default: the one it had)"]],
  run: async ({ store, args, flags, view: { json, output }, signal }) => {
    const [file = ""] = args;
    const events = await readEvents(file, signal);
    const [first] = events;
    if (first === undefined) throw new UsageError(`${nameOf(file)} holds no event`);
    const threadId = flags.as ?? first.threadId;
    const renamed = flags.as === undefined ? events : events.map((event) => withThreadId(event, threadId));
    await store.checkpointer.append(threadId, 0, renamed);
    if (json) output.answer(`${JSON.stringify({ threadId, version: events.length })}\n`);
    else output.line(threadId);
    return undefined;
  },
};

const nameOf = (file: string): string => (file === "-" ? "stdin" : file);

async function readEvents(file: string, signal: AbortSignal): Promise<readonly DurableEvent[]> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const events: DurableEvent[] = [];
  let number = 0;
  const fault = Promise.withResolvers<never>();
  input.once("error", fault.reject);
  try {
    const reading = (async () => {
      let schemaVersion = SCHEMA_VERSION;
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal })) {
        number += 1;
        if (line.trim() === "") continue;
        const where = `${nameOf(file)}:${number}`;
        const value = parseJson(line);
        if (!isRecord(value) || typeof value.threadId !== "string") {
          throw new CheckpointError(`${where} is not an event: expected a JSON object with a threadId`);
        }
        // A run says which version of the events it was written with.
        if (typeof value.schemaVersion === "number") schemaVersion = value.schemaVersion;
        events.push(readStoredEvent(value, { threadId: value.threadId, schemaVersion, where }));
      }
    })();
    await Promise.race([reading, fault.promise]);
  } catch (error) {
    if (error instanceof Error && "code" in error && "syscall" in error) {
      throw new UsageError(`${nameOf(file)} cannot be read: ${error.message}`);
    }
    throw error;
  } finally {
    input.destroy();
  }
  signal.throwIfAborted();
  return events;
}
