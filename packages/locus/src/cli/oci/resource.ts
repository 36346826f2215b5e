/** What can be done with every kind of thing: list, get, wait, delete. A kind is a row of data. */
import type { OciFlags } from "../oci-flags.ts";
import { UsageError } from "../options.ts";
import { agreed } from "../show/confirm.ts";
import { type Column, showList, showOne } from "../show/show.ts";
import { span } from "../show/units.ts";
import type { Action, Group, OptionRow, Task } from "./action.ts";
import { openProgress } from "./progress.ts";

/** What lists can be narrowed by. */
export interface ListFlags extends OciFlags {
  readonly name?: string;
  readonly state?: string;
  readonly purpose?: string;
}

export interface WaitFlags extends OciFlags {
  readonly wait?: boolean;
  readonly state?: string;
  /** In ms. */
  readonly timeout?: number;
}

interface DeleteFlags extends WaitFlags {
  readonly yes?: boolean;
}

/** A kind of thing, and how it is reached. */
export interface Kind<Listed, Item extends object> {
  /** As the group is called. */
  readonly name: string;
  /** One of it. */
  readonly one: string;
  readonly summary: string;
  /** An id of it, for examples. */
  readonly id: string;
  readonly columns: readonly Column<Listed>[];
  readonly filters?: readonly OptionRow[];
  list(task: Task<ListFlags>): AsyncIterable<Listed>;
  get(task: Task, id: string): Promise<Item>;
  /** Resolves to what there is to show of it, where that is not the id alone. */
  delete?(task: Task, id: string): Promise<object | undefined>;
  /** What else goes with it. */
  readonly deleteTakes?: string;
  waitUntil?(task: Task, id: string, state: string, options: Waiting<Item>): Promise<Item | undefined>;
  stateOf?(item: Item): string;
  /** What `wait` waits for where nothing is said. */
  readonly settled?: string;
}

interface Waiting<Item> {
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly onProgress: (item: Item) => void;
}

export const waitOptions: readonly OptionRow[] = [
  ["--wait", "wait until it is done"],
  ["--timeout <span>", "wait no longer than this: 90s, 10m, 2h (default: 20m)", span],
];

/** The group of a kind: what every kind can do, and what this one can do besides. */
export function groupOf<Listed, Item extends object>(
  kind: Kind<Listed, Item>,
  more: readonly Action[] = [],
): Group {
  const actions: (Action | undefined)[] = [
    listing(kind),
    ...more,
    getting(kind),
    waiting(kind),
    deleting(kind),
  ];
  const { name, summary } = kind;
  return { name, summary, actions: actions.filter((action) => action !== undefined) };
}

function listing<Listed, Item extends object>(kind: Kind<Listed, Item>): Action<ListFlags> {
  return {
    usage: "list",
    summary: `list the ${kind.name.replaceAll("-", " ")}, one a line`,
    example: "list --json",
    ...(kind.filters === undefined ? {} : { options: kind.filters }),
    run: async (task) => {
      const empty = `There are no ${kind.name.replaceAll("-", " ")} here. Is it the right region, compartment and project?`;
      await showList(kind.list(task), kind.columns, empty, task.view);
      return undefined;
    },
  };
}

function getting<Listed, Item extends object>(kind: Kind<Listed, Item>): Action {
  return {
    usage: "get <id>",
    summary: `show all of one ${kind.one}`,
    example: `get ${kind.id}`,
    run: async (task) => {
      const [id = ""] = task.args;
      await showOne(await kind.get(task, id), task.view);
      return undefined;
    },
  };
}

function waiting<Listed, Item extends object>(kind: Kind<Listed, Item>): Action<WaitFlags> | undefined {
  const { settled } = kind;
  if (settled === undefined || kind.waitUntil === undefined) return undefined;
  return {
    usage: "wait <id>",
    summary: `wait until the ${kind.one} is in a state`,
    example: `wait ${kind.id} --state ${settled} --timeout 10m`,
    options: [["--state <state>", `state to wait for (default: ${settled})`], ...waitOptions.slice(1)],
    run: async (task) => {
      const [id = ""] = task.args;
      const item = await waitFor(kind, task, id, task.flags.state ?? settled);
      await showOne(item ?? { id, lifecycleState: "DELETED" }, task.view);
      return undefined;
    },
  };
}

/** Waits with a line on the terminal that tells the state. */
export async function waitFor<Listed, Item extends object>(
  kind: Kind<Listed, Item>,
  task: Task<WaitFlags>,
  id: string,
  state: string,
): Promise<Item | undefined> {
  const { signal, view, flags } = task;
  using progress = await openProgress(view.output, "line", `waiting for ${state}`);
  return kind.waitUntil?.(task, id, state, {
    signal,
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
    onProgress: (item) => progress.say(`waiting for ${state}: ${kind.stateOf?.(item) ?? ""}`),
  });
}

/** Shows what was made or changed, after a wait where one was asked for. */
export async function showDone<Listed, Item extends object & { readonly id: string }>(
  kind: Kind<Listed, Item>,
  task: Task<WaitFlags>,
  item: Item,
): Promise<void> {
  const done = task.flags.wait === true ? await waitFor(kind, task, item.id, kind.settled ?? "ACTIVE") : item;
  await showOne(done ?? item, task.view);
}

function deleting<Listed, Item extends object>(kind: Kind<Listed, Item>): Action<DeleteFlags> | undefined {
  if (kind.delete === undefined) return undefined;
  return {
    usage: "delete <id...>",
    summary: `delete ${kind.one}s${kind.deleteTakes === undefined ? "" : `, and ${kind.deleteTakes}`}`,
    example: `delete ${kind.id} --yes`,
    options: [["-y, --yes", "do not ask first"], ...(kind.waitUntil === undefined ? [] : waitOptions)],
    run: async (task) => {
      const { args } = task;
      const also = kind.deleteTakes === undefined ? "" : `, and ${kind.deleteTakes}`;
      const refused = await agreed(task, {
        question: `Delete ${kind.one} ${args.join(", ")}${also}?`,
        otherwise: "Nothing was deleted.",
      });
      if (refused !== undefined) return refused;
      for (const id of args) await deleteOne(kind, task, id);
      return undefined;
    },
  };
}

async function deleteOne<Listed, Item extends object>(
  kind: Kind<Listed, Item>,
  task: Task<DeleteFlags>,
  id: string,
): Promise<void> {
  const { view, flags } = task;
  const answer = await kind.delete?.(task, id);
  const ends = kind.waitUntil !== undefined;
  if (ends && flags.wait === true) await waitFor(kind, task, id, "DELETED");
  const under = ends && flags.wait !== true;
  if (view.json) {
    const told = answer ?? { id, lifecycleState: under ? "DELETING" : "DELETED" };
    view.output.answer(`${JSON.stringify(told)}\n`);
  } else view.output.line(`${under ? "deleting" : "deleted"} ${id}`);
}

/** @throws UsageError where an update would change nothing. */
export function changes<T extends object>(details: T, options: string): T {
  const given = Object.values(details).some((value) => value !== undefined);
  if (given) return details;
  throw new UsageError(`nothing to change: give at least one of ${options}`);
}
