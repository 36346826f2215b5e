// LangChain's agent over ChatOpenAI, its tracing off.
export async function open({ baseURL, load, model, system }) {
  const { createAgent, tool } = await load("langchain");
  const { ChatOpenAI } = await load("@langchain/openai");
  const { z } = await load("zod");
  const chat = new ChatOpenAI({ model, apiKey: "none", configuration: { baseURL }, useResponsesApi: false });
  const add = tool(({ a, b }) => JSON.stringify({ sum: a + b }), {
    name: "add",
    description: "Adds two numbers.",
    schema: z.object({ a: z.number(), b: z.number() }),
  });
  const agent = createAgent({ model: chat, tools: [], systemPrompt: system });
  const worker = createAgent({ model: chat, tools: [add], systemPrompt: system });
  const user = (content) => ({ messages: [{ role: "user", content }] });
  const textOf = ({ messages }) => messages.at(-1).content;
  return {
    ask: async (prompt) => textOf(await agent.invoke(user(prompt))),
    work: async (prompt) => textOf(await worker.invoke(user(prompt), { recursionLimit: 50 })),
    stream: async (prompt, onText, signal) => {
      const stream = await agent.stream(user(prompt), { streamMode: "messages", signal });
      for await (const [message] of stream) if (message.content) onText(message.content);
      return "whole";
    },
    converse: async (earlier) => {
      let messages = [...earlier];
      return async (prompt) => {
        const result = await agent.invoke({ messages: [...messages, { role: "user", content: prompt }] });
        messages = result.messages;
        return textOf(result);
      };
    },
  };
}
