/** What a state has in common with an earlier snapshot of its thread: that much a new snapshot need not store again. */
import { sharedLength } from "../messages/shared-length.ts";
import type { AgentState, LedgerEntry, ToolLedger } from "../state/types.ts";
import type { SnapshotBase } from "./types.ts";

/** Found by identity: what is in both is frozen, so it is the same object. */
export function snapshotBase(before: AgentState, state: AgentState): SnapshotBase {
  const [old, now] = [before.toolLedger, state.toolLedger];
  return {
    version: before.version,
    messages: sharedLength(before.messages, state.messages),
    tools: {
      executions: sharedLength(before.run.toolExecutions, state.run.toolExecutions),
      removed: old === now ? [] : Object.keys(old).filter((key) => !Object.hasOwn(now, key)),
      changed: old === now ? [] : Object.keys(now).filter((key) => entryOf(old, key) !== now[key]),
    },
  };
}

const entryOf = (ledger: ToolLedger, key: string): LedgerEntry | undefined =>
  Object.hasOwn(ledger, key) ? ledger[key] : undefined;
