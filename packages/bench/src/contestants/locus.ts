/** Locus as its users have it: an agent, over chat completions or Responses. */
import { OpenAIModel, OpenAIResponsesModel } from "@locus-sdk/openai";
import { Agent, type ChatModel, type Message, tool } from "locus-sdk";
import { z } from "zod";
import { type Contestant, MODEL, type Setting, SYSTEM } from "./types.ts";

export const open = ({ baseURL }: Setting): Promise<Contestant> =>
  contestant(new OpenAIModel({ model: MODEL, baseURL, apiKey: "none" }));

export const openResponses = ({ baseURL }: Setting): Promise<Contestant> =>
  contestant(new OpenAIResponsesModel({ model: MODEL, baseURL, apiKey: "none", store: false }));

function contestant(model: ChatModel): Promise<Contestant> {
  const add = tool({
    name: "add",
    description: "Adds two numbers.",
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: ({ a, b }) => ({ sum: a + b }),
  });
  const agent = new Agent({ model, systemPrompt: SYSTEM });
  // The model asks for the same call again and again, which is what the threshold is against.
  const worker = new Agent({ model, systemPrompt: SYSTEM, tools: [add], toolLoopThreshold: 1_000 });

  return Promise.resolve({
    ask: async (prompt) => (await agent.run(prompt)).text,
    work: async (prompt) => (await worker.run(prompt)).text,
    stream: async (prompt, onText, signal) => {
      for await (const event of agent.stream(prompt, { signal })) {
        if (event.type === "model_chunk" && event.kind === "text") onText(event.text);
      }
      return "whole";
    },
    converse: async (earlier) => {
      const threadId = `thread of ${earlier.length}`;
      const messages: Message[] = earlier.map(({ role, content }) =>
        role === "user" ? { role, content } : { role, content: [{ type: "text", text: content }] },
      );
      await agent.run([...messages, { role: "user", content: "Go on." }], { threadId });
      return async (prompt) => (await agent.run(prompt, { threadId })).text;
    },
  });
}
