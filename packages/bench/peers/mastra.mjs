// Mastra's agent over the AI SDK's OpenAI-compatible provider.
export async function open({ baseURL, load, model, system }) {
  const { Agent } = await load("@mastra/core/agent");
  const { createTool } = await load("@mastra/core/tools");
  const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
  const { z } = await load("zod");
  const chat = createOpenAICompatible({ name: "bench", baseURL, apiKey: "none" })(model);
  const add = createTool({
    id: "add",
    description: "Adds two numbers.",
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => ({ sum: a + b }),
  });
  const agent = new Agent({ id: "bench", name: "bench", instructions: system, model: chat });
  const worker = new Agent({
    id: "worker",
    name: "worker",
    instructions: system,
    model: chat,
    tools: { add },
  });
  return {
    ask: async (prompt) => (await agent.generate(prompt)).text,
    work: async (prompt) => (await worker.generate(prompt, { maxSteps: 20 })).text,
    stream: async (prompt, onText, abortSignal) => {
      const { fullStream } = await agent.stream(prompt, { abortSignal });
      let end = "whole";
      for await (const part of fullStream) {
        if (part.type === "text-delta") onText(part.payload.text);
        else if (part.type === "abort") end = "event:abort";
        else if (part.type === "error") throw part.payload.error;
      }
      return end;
    },
    converse: async (earlier) => {
      const messages = [...earlier];
      return async (prompt) => {
        messages.push({ role: "user", content: prompt });
        const { text } = await agent.generate(messages);
        messages.push({ role: "assistant", content: text });
        return text;
      };
    },
  };
}
