/** A plan: what it is, how it changes, how it is shown. Pure. */
import { z } from "zod";
import type { JsonObject } from "../../../json/json.ts";
import { lazily } from "../../../lazily.ts";

export type PlanStatus = "open" | "in_progress" | "done" | "dropped";

export interface PlanItem {
  /** By which it is updated; unique in the plan, and never given again. */
  readonly id: string;
  readonly text: string;
  readonly status: PlanStatus;
}

export interface Plan {
  readonly items: readonly PlanItem[];
}

/** Where a thread's metadata keeps it. */
export const PLAN_KEY = "locus:plan";

const MAX_TEXT = 500;
const status = lazily(() =>
  z.enum(["open", "in_progress", "done", "dropped"] satisfies readonly PlanStatus[]),
);
const itemText = lazily(() => z.string().trim().min(1).max(MAX_TEXT));

const planSchema = lazily(() =>
  z.object({ items: z.array(z.object({ id: z.string(), text: z.string(), status: status() })) }),
);

/**
 * The plan that a thread's metadata holds, where it holds one.
 *
 * @example
 * ```ts
 * import { Agent, planning, readPlan } from "@locus-sdk/core";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", plugins: [planning()] });
 * const { threadId } = await agent.run("Plan my move to Oslo.");
 * const plan = readPlan((await agent.state(threadId))?.metadata ?? {});
 * ```
 */
export function readPlan(metadata: JsonObject): Plan | undefined {
  const read = planSchema().safeParse(metadata[PLAN_KEY]);
  return read.success ? read.data : undefined;
}

export interface Written {
  readonly items: readonly { readonly text: string; readonly status: PlanStatus }[];
}
export interface Update {
  readonly changes: readonly {
    readonly id: string;
    readonly status?: PlanStatus | undefined;
    readonly text?: string | undefined;
  }[];
  readonly add: readonly string[];
}

export const writtenSchema: () => z.ZodType<Written> = lazily(() =>
  z.object({
    items: z
      .array(z.object({ text: itemText(), status: status().default("open") }))
      .min(1)
      .describe("All steps, in their order. This takes the place of the plan so far."),
  }),
);
export const updateSchema: () => z.ZodType<Update> = lazily(() =>
  z.object({
    changes: z
      .array(z.object({ id: z.string(), status: status().optional(), text: itemText().optional() }))
      .default([]),
    add: z.array(itemText()).default([]).describe("New steps, put behind the others."),
  }),
);

/** A change, or why it cannot be made, in words for the model. */
export type Changed = { readonly plan: Plan } | { readonly wrong: string };

export function write({ items }: Written, maxItems: number): Changed {
  return limited({ items: items.map((item, index) => ({ id: String(index + 1), ...item })) }, maxItems);
}

export function update(plan: Plan, { changes, add }: Update, maxItems: number): Changed {
  const unknown = changes.find(({ id }) => plan.items.every((item) => item.id !== id));
  if (unknown !== undefined) {
    const ids = plan.items.map(({ id }) => id).join(", ");
    return {
      wrong: `there is no step "${unknown.id}"; ${ids === "" ? "there is no plan yet" : `the steps are ${ids}`}`,
    };
  }
  const items = plan.items.map((item) => changed(item, changes));
  const last = plan.items.reduce((max, { id }) => Math.max(max, Number(id)), 0);
  const added = add.map((text, index): PlanItem => ({ id: String(last + 1 + index), text, status: "open" }));
  return limited({ items: [...items, ...added] }, maxItems);
}

function changed(item: PlanItem, changes: Update["changes"]): PlanItem {
  const own = changes.filter(({ id }) => id === item.id);
  const { id, text, status: before } = item;
  return {
    id,
    text: own.findLast((change) => change.text !== undefined)?.text ?? text,
    status: own.findLast((change) => change.status !== undefined)?.status ?? before,
  };
}

function limited(plan: Plan, maxItems: number): Changed {
  const count = plan.items.length;
  return count <= maxItems
    ? { plan }
    : { wrong: `a plan has at most ${maxItems} steps, not ${count}: make them larger` };
}

export function openItems({ items }: Plan): readonly PlanItem[] {
  return items.filter(({ status: now }) => now === "open" || now === "in_progress");
}

const BOXES: Readonly<Record<PlanStatus, string>> = {
  open: "[ ]",
  in_progress: "[~]",
  done: "[x]",
  dropped: "[-]",
};

/** A line a step. Where that is too long, what is closed is counted, and the last ones are. */
export function showPlan(plan: Plan, maxChars: number): string {
  const lines = plan.items.map(line);
  const whole = lines.join("\n");
  if (whole.length <= maxChars) return whole;
  const left = openItems(plan);
  const closed = plan.items.length - left.length;
  const shown: string[] = closed === 0 ? [] : [`(${closed} closed)`];
  let length = shown.join("").length;
  for (const [index, item] of left.entries()) {
    const next = line(item);
    length += next.length + 1;
    if (length > maxChars) return [...shown, `(${left.length - index} more)`].join("\n");
    shown.push(next);
  }
  return shown.join("\n");
}

function line({ id, text, status: now }: PlanItem): string {
  return `${BOXES[now]} ${id}. ${text}`;
}
