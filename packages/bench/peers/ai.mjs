// The Vercel AI SDK over its OpenAI-compatible provider.
export async function open({ baseURL, load, model, system }) {
  const { generateText, streamText, tool, stepCountIs } = await load("ai");
  const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
  const { z } = await load("zod");
  const chat = createOpenAICompatible({ name: "bench", baseURL, apiKey: "none" })(model);
  const tools = {
    add: tool({
      description: "Adds two numbers.",
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      execute: ({ a, b }) => ({ sum: a + b }),
    }),
  };
  return {
    ask: async (prompt) => (await generateText({ model: chat, system, prompt })).text,
    work: async (prompt) =>
      (await generateText({ model: chat, system, prompt, tools, stopWhen: stepCountIs(20) })).text,
    stream: async (prompt, onText, abortSignal) => {
      const { fullStream } = streamText({ model: chat, system, prompt, abortSignal, onError: () => {} });
      let end = "whole";
      for await (const part of fullStream) {
        if (part.type === "text-delta") onText(part.text);
        else if (part.type === "abort") end = "event:abort";
        else if (part.type === "error") throw part.error;
      }
      return end;
    },
    converse: async (earlier) => {
      const messages = [...earlier];
      return async (prompt) => {
        messages.push({ role: "user", content: prompt });
        const { text, response } = await generateText({ model: chat, system, messages });
        messages.push(...response.messages);
        return text;
      };
    },
  };
}
