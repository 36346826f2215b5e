/** What a person is asked and what they answer is looked at before it is on record: by the bytes of the store. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { FileCheckpointer } from "../checkpoint/file/file.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { guardrailsHook } from "./hook.ts";
import type { GuardrailsOptions } from "./options.ts";

const CARD = "4111 1111 1111 1111";
const OTHER = "5500 0000 0000 0004";
const SECRET = "sk-proj-abcdefghijkl1234567890";

const made: string[] = [];
afterEach(() => Promise.all(made.splice(0).map((directory) => rm(directory, { recursive: true }))));

async function setting(
  script: readonly ScriptedStep[],
  needsApproval: boolean,
  options: GuardrailsOptions = {},
) {
  const directory = await mkdtemp(join(tmpdir(), "locus-people-"));
  made.push(directory);
  const calls: unknown[] = [];
  const act = tool({
    name: "act",
    description: "Acts.",
    parameters: z.looseObject({}),
    needsApproval,
    execute: (args, context) => {
      calls.push(args);
      if (needsApproval) return "done";
      return context.interrupt({ question: `Is it ${OTHER}?`, options: ["no", SECRET] });
    },
  });
  const fired: string[] = [];
  const agent = new Agent({
    model: new ScriptedModel(script),
    tools: [act],
    checkpointer: new FileCheckpointer({ directory }),
    hooks: [guardrailsHook(options)],
  });
  agent.on("guardrail", ({ detector, action, where }) => fired.push(`${detector} ${action} ${where}`));
  const bytes = async (): Promise<string> => {
    const files = await readdir(directory, { recursive: true, withFileTypes: true });
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), "utf8"));
    return (await Promise.all(texts)).join("\n");
  };
  return { agent, fired, calls, bytes };
}
const asks: ScriptedStep = { toolCalls: [{ name: "act", arguments: {} }] };

test("neither a question, its options nor the answer leave what is redacted in the store", async () => {
  const { agent, fired, bytes } = await setting([asks, "Thanks."], false);
  const { interrupt } = await agent.run("Go.", { threadId: "t" });
  expect(interrupt).toMatchObject({
    question: "Is it [redacted payment card]?",
    options: ["no", "[redacted api key]"],
  });
  const result = await agent.resume("t", { [interrupt?.interruptId ?? ""]: { card: CARD, note: "mine" } });
  expect(result.toolExecutions[0]?.result).toEqual({ card: "[redacted payment card]", note: "mine" });
  expect(await bytes()).not.toMatch(/5500 0|4111 1|abcdefghijkl/);
  expect(fired).toEqual(["secrets redact question", "pii redact question", "pii redact answer"]);
});

test("arguments that a person changed are a call's arguments, and the reason of a refusal is an answer", async () => {
  const twice: ScriptedStep = {
    toolCalls: [
      { name: "act", arguments: { n: 1 } },
      { name: "act", arguments: { n: 2 } },
    ],
  };
  const { agent, calls, fired, bytes } = await setting([twice, "Done."], true);
  const { interrupts } = await agent.run("Go.", { threadId: "t" });
  const [first, second] = interrupts.map(({ interruptId }) => interruptId);
  await agent.resume("t", {
    [first ?? ""]: { approved: true, arguments: { to: "ada@example.com", key: SECRET } },
    [second ?? ""]: { approved: false, reason: `It is ${CARD}.` },
  });
  expect(calls).toEqual([{ to: "ada@example.com", key: "[redacted api key]" }]);
  expect(await bytes()).not.toMatch(/4111 1|abcdefghijkl/);
  expect(fired).toEqual([
    "secrets redact arguments of act",
    "pii flag arguments of act",
    "pii redact answer",
  ]);
});

test("a place of one's own lets a tool have what it asked for, and a blocked answer ends the run", async () => {
  const open = await setting([asks, "Thanks."], false, { pii: { answer: "flag", result: "flag" } });
  const { interrupt } = await open.agent.run("Go.", { threadId: "t" });
  const result = await open.agent.resume("t", { [interrupt?.interruptId ?? ""]: CARD });
  expect(result.toolExecutions[0]?.result).toBe(CARD);

  const closed = await setting([asks, "never"], false, { pii: { answer: "block", question: "block" } });
  const asked = await closed.agent.run("Go.", { threadId: "t" });
  expect(asked.interrupt?.question).toBe("The question is withheld by a guardrail: payment card.");
  const ended = await closed.agent.resume("t", { [asked.interrupt?.interruptId ?? ""]: CARD });
  expect(ended).toMatchObject({
    stopReason: "guardrail",
    stopDetail: "guardrails: the answer to a question held payment card",
  });
  expect(await closed.bytes()).not.toMatch(/4111 1|5500 0/);
});
