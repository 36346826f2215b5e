/** What guards find is on record, before what comes of it; what they put in the place of a result is what the model reads. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import type { DurableEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import type { GuardrailReport, Hook } from "./types.ts";

const found = (where: string): readonly GuardrailReport[] => [{ detector: "probe", action: "flag", where }];

const quiet = (): void => undefined;
const SILENT: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

const lookUp = tool({
  name: "look_up",
  description: "Looks it up.",
  parameters: z.object({ key: z.string() }),
  execute: ({ key }) => {
    if (key === "broken") throw new Error("no such shelf: card 4111");
    return { found: key };
  },
});

async function eventsOf(hook: Hook, key = "tea"): Promise<readonly DurableEvent[]> {
  const events: DurableEvent[] = [];
  const model = new ScriptedModel([{ toolCalls: [{ name: "look_up", arguments: { key } }] }, "Done."]);
  const agent = new Agent({ model, tools: [lookUp], hooks: [hook], logger: SILENT });
  agent.on("event", (event) => events.push(event as DurableEvent));
  await agent.run("Go.");
  return events;
}

test("each report of a hook is a guardrail event, in the order of what was looked at", async () => {
  const events = await eventsOf({
    beforeRun: () => ({ guardrails: found("input") }),
    beforeModelCall: () => ({ guardrails: found("request") }),
    afterModelCall: () => ({ guardrails: found("answer") }),
    beforeToolCall: () => ({ guardrails: found("arguments") }),
    afterToolCall: () => ({ guardrails: found("result") }),
  });
  expect(events.map((event) => (event.type === "guardrail" ? event.where : event.type))).toEqual([
    "run_start",
    "input",
    "request",
    "answer",
    "model_complete",
    "arguments",
    "tool_start",
    "result",
    "tool_complete",
    "request",
    "answer",
    "model_complete",
    "terminate",
  ]);
});

test("a hook that gives an error in the place of a result withholds the result", async () => {
  const events = await eventsOf({ afterToolCall: () => ({ error: "the result is not for you" }) });
  const done = events.find((event) => event.type === "tool_complete");
  expect(done).toMatchObject({
    isError: true,
    error: { code: "withheld", message: "the result is not for you" },
  });
  expect(JSON.stringify(events)).not.toContain('"found"');
});

test("a hook may word a failure anew, and its code stays", async () => {
  const events = await eventsOf(
    { afterToolCall: ({ error }) => ({ error: `${error?.message.replace("4111", "[card]")}` }) },
    "broken",
  );
  const done = events.find((event) => event.type === "tool_complete");
  expect(done).toMatchObject({
    isError: true,
    error: { code: "tool_error", message: expect.stringContaining("[card]") },
  });
});

test("a guard that fails is on record as what blocked", async () => {
  const events = await eventsOf({
    name: "broken guard",
    guard: true,
    beforeToolCall: () => {
      throw new Error("out of order");
    },
  });
  expect(events.find((event) => event.type === "guardrail")).toMatchObject({
    detector: "broken guard",
    action: "block",
    where: "beforeToolCall",
  });
});

test("a report that is none is met as if the hook had thrown", async () => {
  const events = await eventsOf({
    guard: true,
    // @ts-expect-error a report has a detector
    beforeModelCall: () => ({ guardrails: [{ where: "request" }] }),
  });
  expect(events.at(-1)).toMatchObject({ type: "terminate", reason: "guardrail" });
});

describe("what goes to a person and comes from one", () => {
  const askUser = tool({
    name: "ask",
    description: "Asks.",
    parameters: z.object({}),
    execute: (_, context) => context.interrupt({ question: "Is 4111 yours?", options: ["4111", "no"] }),
  });
  const withoutCard = (text: string): string => text.replaceAll("4111", "[card]");
  const hide: Hook = {
    beforeInterrupt: ({ question, options = [] }) => ({
      question: withoutCard(question),
      options: options.map(withoutCard),
      guardrails: found("question"),
    }),
    beforeRun: ({ answers }) =>
      answers === undefined
        ? {}
        : { answers: JSON.parse(withoutCard(JSON.stringify(answers))), guardrails: found("answer") },
  };

  async function asked(hook: Hook) {
    const events: DurableEvent[] = [];
    const model = new ScriptedModel([{ toolCalls: [{ name: "ask" }] }, "Thanks."]);
    const agent = new Agent({ model, tools: [askUser], hooks: [hook], logger: SILENT });
    agent.on("event", (event) => events.push(event as DurableEvent));
    const { interrupt } = await agent.run("Go.", { threadId: "t" });
    return { agent, events, interrupt };
  }

  test("goes by the hooks before it is on record", async () => {
    const { agent, events, interrupt } = await asked(hide);
    expect(interrupt).toMatchObject({ question: "Is [card] yours?", options: ["[card]", "no"] });
    await agent.resume("t", { [interrupt?.interruptId ?? ""]: "It is 4111." });
    expect(events.find((event) => event.type === "tool_complete")).toMatchObject({ result: "It is [card]." });
    expect(events.flatMap((event) => (event.type === "guardrail" ? [event.where] : []))).toEqual([
      "question",
      "answer",
    ]);
    expect(JSON.stringify(events)).not.toContain("4111");
  });

  test("is withheld where a guard fails", async () => {
    const broken: Hook = {
      name: "broken",
      guard: true,
      beforeInterrupt: () => {
        throw new Error("out of order");
      },
    };
    const { events, interrupt } = await asked(broken);
    expect(interrupt?.question).toBe("The question is withheld: the guard broken failed.");
    expect(JSON.stringify(events)).not.toContain("4111");
  });

  test("an answer to no open question is refused, whatever a hook says", async () => {
    const { agent, interrupt } = await asked({ beforeRun: () => ({ answers: { other: "yes" } }) });
    await expect(agent.resume("t", { other: "yes" })).rejects.toMatchObject({ code: "interrupt" });
    const id = interrupt?.interruptId ?? "";
    expect((await agent.resume("t", { [id]: "mine" })).toolExecutions[0]?.result).toBe("mine");
  });
});
