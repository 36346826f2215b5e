/** The kinds of things that OCI's control plane keeps: a row for each, and the way to it. */
import { didYouMean } from "@locus-sdk/core";
import type { OciGenAI } from "@locus-sdk/oci";
import { UsageError } from "../options.ts";
import type { Column } from "../show/show.ts";
import { localTime } from "../show/units.ts";
import type { OptionRow, Task } from "./action.ts";
import type { Kind, ListFlags } from "./resource.ts";

/** What is the same about all of them. */
interface Kept {
  readonly id: string;
  readonly displayName?: string | undefined;
  readonly lifecycleState: string;
  readonly timeCreated: string;
}

/** What is asked of the client. */
interface Controlled<Listed, Item, State extends string> {
  list(
    query: { readonly displayName?: string | undefined; readonly lifecycleState?: string | undefined },
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<Listed>;
  get(id: string, options: { readonly signal: AbortSignal }): Promise<Item>;
  delete(id: string, options: { readonly signal: AbortSignal }): Promise<void>;
  waitUntil(
    id: string,
    state: State,
    options: {
      readonly timeoutMs?: number;
      readonly signal: AbortSignal;
      readonly onProgress: (item: Item) => void;
    },
  ): Promise<Item | undefined>;
}

/** What tells one kind from another. */
interface Row<Listed, State extends string>
  extends Pick<Kind<Listed, Kept>, "name" | "one" | "summary" | "id" | "deleteTakes" | "columns"> {
  /** What can be waited for, besides what every kind knows. */
  readonly states?: readonly State[];
}

const STATES = ["CREATING", "ACTIVE", "UPDATING", "DELETING", "DELETED", "FAILED"] as const;

const FILTERS: readonly OptionRow[] = [
  ["--name <name>", "only those of exactly this name"],
  ["--state <state>", `only those in this state: ${STATES.join(", ")}`],
];

/** ID, name and state first, time last; what is particular about a kind in between. */
export const keptColumns = <Listed extends Kept>(
  between: readonly Column<Listed>[] = [],
): readonly Column<Listed>[] => [
  ["ID", ({ id }) => id],
  ["NAME", ({ displayName }) => displayName],
  ["STATE", ({ lifecycleState }) => lifecycleState],
  ...between,
  ["CREATED", ({ timeCreated }) => localTime(timeCreated)],
];

/** A kind of the control plane. */
export function controlled<Listed extends Kept, Item extends Kept, State extends string>(
  { states = [], ...row }: Row<Listed, State>,
  pick: (genai: OciGenAI) => Controlled<Listed, Item, State | (typeof STATES)[number]>,
): Kind<Listed, Item> {
  const known = [...STATES, ...states];
  return {
    ...row,
    filters: FILTERS,
    settled: "ACTIVE",
    stateOf: ({ lifecycleState }) => lifecycleState,
    list: ({ genai, flags: { name, state }, signal }: Task<ListFlags>) =>
      pick(genai).list(
        {
          ...(name === undefined ? {} : { displayName: name }),
          ...(state === undefined ? {} : { lifecycleState: knownState(known, state) }),
        },
        { signal },
      ),
    get: ({ genai, signal }, id) => pick(genai).get(id, { signal }),
    delete: async ({ genai, signal }, id) => {
      await pick(genai).delete(id, { signal });
      return undefined;
    },
    waitUntil: ({ genai }, id, state, options) =>
      pick(genai).waitUntil(id, knownState(known, state), options),
  };
}

/** @throws UsageError for a state there is not. */
export function knownState<State extends string>(states: readonly State[], state: string): State {
  const found = states.find((known) => known === state);
  if (found !== undefined) return found;
  throw new UsageError(
    `there is no state "${state}"${didYouMean(state, states)} (known: ${states.join(", ")})`,
  );
}
