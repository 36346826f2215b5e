// Models of OCI in the AI SDK's own functions, over sockets: the emulator refuses what OCI would refuse.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OCIOpenAIModel, OCIResponsesModel } from "@locus-sdk/oci";
import { type OciEmulator, startOciEmulator } from "@locus-sdk/oci-emulator";
import { generateText, type ModelMessage, Output, stepCountIs, streamText, tool } from "ai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { fromLanguageModel, toLanguageModel } from "./ai-sdk.ts";
import { Agent } from "./index.ts";

const getWeather = tool({
  description: "Current weather for a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, condition: "light rain" }),
});
const tools = { get_weather: getWeather };

let emulator: OciEmulator;
let directory: string;
let options: ConstructorParameters<typeof OCIOpenAIModel>[0] & { readonly project: string };
beforeEach(async () => {
  emulator = await startOciEmulator();
  directory = await mkdtemp(join(tmpdir(), "locus-ai-sdk-"));
  const { configFile, compartmentId, projectId } = await emulator.writeTestConfig(directory);
  const model = "openai.gpt-oss-120b";
  options = { model, configFile, compartmentId, endpoint: emulator.url, project: projectId };
});
afterEach(async () => {
  await emulator.close();
  await rm(directory, { recursive: true, force: true });
});

describe("a model of OCI in the AI SDK", { timeout: 30_000 }, () => {
  it("answers, calls tools, fits a schema and streams", async () => {
    const model = toLanguageModel(new OCIOpenAIModel(options));
    expect(model.provider).toBe("locus.oci");
    const answer = await generateText({ model, prompt: "What is 17 * 23?" });
    expect(answer.text).toContain("391");
    expect(answer.usage.totalTokens).toBeGreaterThan(0);
    const { steps, text } = await generateText({
      model,
      prompt: "What is the weather in Oslo?",
      tools,
      stopWhen: stepCountIs(5),
    });
    expect([steps.length, text]).toEqual([2, expect.stringContaining("light rain")]);
    const streamed = streamText({
      model,
      prompt: "What is the weather in Oslo?",
      tools,
      stopWhen: stepCountIs(5),
    });
    expect(await streamed.text).toContain("light rain");
    const schema = z.object({ city: z.string(), days: z.number() });
    const { output } = await generateText({
      model,
      prompt: "Plan a trip: 3 days in Oslo.",
      output: Output.object({ schema }),
    });
    expect(output).toEqual({ city: "Oslo", days: 3 });
  });

  it("goes on from what the service keeps, as long as the messages come along", async () => {
    const model = toLanguageModel(new OCIResponsesModel(options));
    const messages: ModelMessage[] = [{ role: "user", content: "My name is Ada." }];
    const first = await generateText({ model, messages });
    messages.push(...first.response.messages, { role: "user", content: "What is my name?" });
    expect((await generateText({ model, messages })).text).toContain("Ada");
    const bodies = emulator.requests.map(({ body }) =>
      z.object({ input: z.array(z.unknown()), previous_response_id: z.string().optional() }).parse(body),
    );
    expect(bodies.map(({ input, previous_response_id: id }) => [input.length, id !== undefined])).toEqual([
      [1, false],
      [1, true],
    ]);
  });

  it("runs an agent of ours from the other side again", async () => {
    const there = toLanguageModel(new OCIResponsesModel(options));
    const agent = new Agent({ model: fromLanguageModel(there) });
    await agent.run("My name is Ada.", { threadId: "ada" });
    expect((await agent.run("What is my name?", { threadId: "ada" })).text).toContain("Ada");
  });
});
