// What is said of a run beside its answer.
import { Agent, type Hook, type PriceRow, type Usage } from "@locus-sdk/core";
import { ScriptedModel } from "@locus-sdk/core/testing";
import { describe, expect, it } from "vitest";
import { createOutput, type OutputStream } from "./output.ts";
import { jsonView, type RunView, textView } from "./view.ts";

class Written implements OutputStream {
  readonly isTTY = false;
  text = "";
  write(text: string): void {
    this.text += text;
  }
  on(): void {}
}

const prices: readonly PriceRow[] = [
  { provider: "scripted", models: ["scripted"], input: 1, output: 2, asOf: "2026-11-01", source: "a test" },
];
const used = { inputTokens: 1000, outputTokens: 700 };

/** What a run over a model with that usage shows. */
async function shown(
  usage: Partial<Usage>,
  make: (output: ReturnType<typeof createOutput>) => RunView,
  known = prices,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const [stdout, stderr] = [new Written(), new Written()];
  const view = make(createOutput(stdout, stderr, {}));
  const agent = new Agent({ model: new ScriptedModel([{ text: "Hello.", usage }]), prices: known });
  const stream = agent.stream("Hi");
  for await (const event of stream) view.event(event);
  view.end(await stream.result);
  return { stdout: stdout.text, stderr: stderr.text };
}
const text = (output: ReturnType<typeof createOutput>): RunView => textView(output, {});

describe("the last line of a run", () => {
  it("tells what it cost, where that is known", async () => {
    expect((await shown(used, text)).stderr).toMatch(
      /1700 tokens \(1000 in, 700 out\) · \$0\.0024 · \d+ ms\n$/,
    );
    expect((await shown({ ...used, costUsd: 12.345 }, text)).stderr).toContain(" · $12.35 · ");
    expect((await shown({ ...used, costUsd: 0 }, text)).stderr).toContain(" · $0 · ");
  });

  it("tells the least it cost where some of it is not known, and nothing where nothing is", async () => {
    const partly = { ...used, partialCostUsd: 0.5, unpriced: ["oci:other"] };
    expect((await shown(partly, text)).stderr).toContain(" · at least $0.50 · ");
    expect((await shown(used, text, [])).stderr).toMatch(/700 out\) · \d+ ms\n$/);
  });
});

it("events as JSON have the cost in the usage of the last one", async () => {
  const { stdout } = await shown(used, jsonView);
  const last: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ type: "terminate", usage: { costUsd: 0.0024 } });
});

describe("with --pretty", () => {
  const reason = [
    { type: "reasoning", text: "It may\nrain." },
    { type: "text", text: "Take one." },
  ] as const;
  const model = (): ScriptedModel => new ScriptedModel([{ content: reason }], { chunkSize: 3 });
  const see = async (pretty: boolean, streamed: boolean): Promise<readonly [string, string]> => {
    const [stdout, stderr] = [new Written(), new Written()];
    const view = textView(createOutput(stdout, stderr, { FORCE_COLOR: "1" }), { pretty });
    const hook: Hook = {
      beforeRun: () => ({ guardrails: [{ detector: "pii", action: "flag", where: "input" }] }),
    };
    const agent = new Agent({ name: "seer", model: model(), hooks: [hook] });
    const stream = agent.stream("Umbrella?");
    for await (const event of stream) if (streamed || event.type !== "model_chunk") view.event(event);
    view.end(await stream.result);
    return [stdout.text, stderr.text.split("\n").slice(0, -2).join("\n")];
  };

  it.each([true, false])("all that happens is told beside the answer; with chunks: %s", async (streamed) => {
    expect(await see(true, streamed)).toEqual([
      "Take one.\n",
      [
        "\u001b[1m▶ seer Umbrella?\u001b[22m",
        "\u001b[33mguardrail pii: flag in input\u001b[39m",
        ...(streamed
          ? ["\u001b[2mIt may\u001b[22m", "\u001b[2mrain.\u001b[22m"]
          : ["\u001b[2mIt may\nrain.\u001b[22m"]),
      ].join("\n"),
    ]);
  });

  it("and without it, only what the answer was made of", async () => {
    expect(await see(false, true)).toEqual(["Take one.\n", ""]);
  });
});
