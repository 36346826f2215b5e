/** Makes room in the conversation before a model call: the manager decides, and what it decided goes on record. */
import { checkCompaction } from "../conversation/check.ts";
import { requestCounter } from "../conversation/count.ts";
import type { Compaction, CompactionContext, ConversationUnit } from "../conversation/types.ts";
import { unitsOf } from "../conversation/units.ts";
import { asLocusError, ConfigurationError } from "../errors/errors.ts";
import { compactionSchema } from "../events/parts.ts";
import { checkStorable } from "../events/storable.ts";
import type { DurableDraft } from "../events/types.ts";
import { frozenCopy } from "../json/json.ts";
import { replacedBy } from "../messages/origin.ts";
import type { Message } from "../messages/types.ts";
import type { ChatModel, ModelRequest } from "../model/types.ts";
import type { Batch, RunContext } from "./context.ts";
import { unlessStopped } from "./run-control.ts";

/** What gives way, as events; empty where nothing has to. A manager that fails ends the run with its error. */
export async function makeRoom(
  run: RunContext,
  model: ChatModel,
  requestNow: () => ModelRequest,
  cause: CompactionContext["cause"],
): Promise<Batch> {
  const { conversation, resultStore, logger, prices } = run.definition;
  if (conversation === undefined) return [];
  const request = requestNow();
  // The provider keeps the conversation and is sent only what is new: shortened, all of it would have to be sent again.
  const kept = model.capabilities.serverState && request.providerState !== undefined;
  if (kept && cause === "limit") return [];
  const { state, auxiliaryModel, control } = run;
  // Most turns need no room, and most managers need no units to see that.
  let found: readonly ConversationUnit[] | undefined;
  const unitsNow = (): readonly ConversationUnit[] => {
    found ??= unitsOf(state);
    return found;
  };
  try {
    const asked = Promise.resolve().then(() =>
      conversation.compact({
        cause,
        state,
        get units() {
          return unitsNow();
        },
        request,
        model,
        auxiliaryModel,
        ...(resultStore === undefined ? {} : { resultStore }),
        logger,
        prices,
        signal: control.signal,
        ...requestCounter(model, request, state.messages, logger),
      }),
    );
    const compaction = await unlessStopped(control, asked);
    if (compaction === undefined || compaction.edits.length === 0) return [];
    const read = readCompaction(compaction);
    checkCompaction(read, state.messages, unitsNow());
    return eventsOf(read, state.messages);
  } catch (thrown) {
    if (control.stop === undefined) {
      control.end({ reason: "error", error: asLocusError(thrown, "the conversation manager failed") });
    }
    return [];
  }
}

/** As plain JSON, and a copy: what a manager hands out may change. */
function readCompaction(compaction: Compaction): Compaction {
  const checked = checkStorable(compactionSchema, compaction);
  if ("wrong" in checked) {
    throw new ConfigurationError(
      `the conversation manager ${JSON.stringify(compaction.origin) ?? "(without an origin)"} decided what cannot be put on record: ${checked.wrong}`,
    );
  }
  const edits = checked.value.edits.map((edit) => ({ ...edit, replacement: frozenCopy(edit.replacement) }));
  return { ...checked.value, edits };
}

/** From the last edit to the first, so that each finds its messages where the manager saw them. */
function eventsOf(
  { edits, origin, usage, tokensBefore, tokensAfter }: Compaction,
  messages: readonly Message[],
): Batch {
  const onLast = {
    ...(usage === undefined ? {} : { usage }),
    ...(tokensBefore === undefined ? {} : { tokensBefore }),
    ...(tokensAfter === undefined ? {} : { tokensAfter }),
  };
  return edits.toReversed().map(
    ({ from, count, replacement }, index): DurableDraft => ({
      type: "context_compacted",
      from,
      count,
      replacement: replacedBy(messages.slice(from, from + count), replacement, origin),
      origin,
      ...(index === edits.length - 1 ? onLast : {}),
    }),
  );
}
