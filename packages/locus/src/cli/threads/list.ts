/** `locus threads list`: the conversations written to last, and how each of them stands. */
import {
  type Checkpointer,
  type DurableEvent,
  type JsonPrimitive,
  messageText,
  parseJson,
  SCHEMA_VERSION,
  type ThreadSummary,
} from "@locus-sdk/core";
import { type Column, showList } from "../show/show.ts";
import { count, localTime, pair } from "../show/units.ts";
import type { ThreadsAction, ThreadsFlags } from "./action.ts";
import { recentThreads } from "./find.ts";

interface ListFlags extends ThreadsFlags {
  readonly metadata?: readonly (readonly [name: string, value: JsonPrimitive])[];
  readonly limit?: number;
}

/** A thread as it is listed. */
interface Listed extends ThreadSummary {
  /** Why its last run ended; `unfinished` where it did not, or is under way. */
  readonly status: string;
  readonly firstWords: string;
}

const LIMIT = 50;
/** Characters of what was said first. */
const WORDS = 60;

const COLUMNS: readonly Column<Listed>[] = [
  ["ID", ({ threadId }) => threadId],
  ["UPDATED", ({ updatedAt }) => localTime(updatedAt)],
  ["VERSION", ({ version }) => String(version)],
  ["AGENT", ({ agent }) => agent],
  ["STATUS", ({ status }) => status],
  ["FIRST WORDS", ({ firstWords }) => firstWords],
];

export const list: ThreadsAction<ListFlags> = {
  usage: "list",
  summary: "list threads, the one written to last first",
  example: "list --metadata tenant=acme --limit 10",
  use: "look",
  options: [
    [
      "--metadata <name=value>",
      "only threads whose metadata has that; JSON values count as such",
      primitivePair,
      "several",
    ],
    ["--limit <n>", `so many at most (default: ${LIMIT})`, count],
  ],
  run: async ({ store: { checkpointer, place = "memory" }, flags, view, signal }) => {
    const { metadata = [], limit = LIMIT } = flags;
    const { threads, total } = await recentThreads(
      checkpointer,
      { metadata: Object.fromEntries(metadata) },
      limit,
    );
    const rows = async function* (): AsyncGenerator<Listed> {
      for (const thread of threads) {
        signal.throwIfAborted();
        yield { ...thread, ...(await standingOf(checkpointer, thread)) };
      }
    };
    await showList(
      rows(),
      COLUMNS,
      `There are no threads in ${place}${metadata.length === 0 ? "" : " like that"}.`,
      view,
    );
    if (total > threads.length) view.output.note(`${total - threads.length} more; --limit shows them`, "dim");
    return undefined;
  },
};

/** From its first and its last event alone. */
async function standingOf(
  checkpointer: Checkpointer,
  { threadId, version, schemaVersion }: ThreadSummary,
): Promise<Pick<Listed, "status" | "firstWords">> {
  if (schemaVersion > SCHEMA_VERSION) return { status: "newer", firstWords: "" };
  const [first, last] = await Promise.all([
    eventAt(checkpointer, threadId, 1),
    eventAt(checkpointer, threadId, version),
  ]);
  const said = first?.type === "run_start" ? first.input.map(messageText).join(" ") : "";
  return { status: last?.type === "terminate" ? last.reason : "unfinished", firstWords: shorten(said) };
}

async function eventAt(
  checkpointer: Checkpointer,
  threadId: string,
  sequence: number,
): Promise<DurableEvent | undefined> {
  for await (const event of checkpointer.events(threadId, { after: sequence - 1, upTo: sequence }))
    return event;
  return undefined;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > WORDS ? `${line.slice(0, WORDS - 1).toWellFormed()}…` : line;
}

/** `tenant=acme`, `level=3`; a text that looks like JSON is written in quotes of its own. */
function primitivePair(text: string): readonly [string, JsonPrimitive] {
  const [name, value] = pair(text);
  const parsed = parseJson(value);
  const isPrimitive = parsed !== undefined && (parsed === null || typeof parsed !== "object");
  return [name, isPrimitive ? parsed : value];
}
