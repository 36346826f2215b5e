import { expect, it } from "vitest";
import { z } from "zod";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { Agent } from "./agent.ts";

const read = async (stream: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of stream);
};

it("is read once, and who reads it a second time is told of each way to read it", async () => {
  const model = new ScriptedModel(['{"a":1}']);
  const stream = new Agent({ model, outputSchema: z.object({ a: z.number() }) }).stream("q");
  await read(stream.partialOutputStream);
  for (const again of [stream, stream.textStream, stream.partialOutputStream]) {
    const hint: unknown = expect.stringMatching(
      /stream, its textStream and its partialOutputStream; `result`/,
    );
    await expect(read(again)).rejects.toMatchObject({ code: "configuration", hint });
  }
});
