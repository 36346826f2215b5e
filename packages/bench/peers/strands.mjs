// The Strands Agents SDK over its OpenAI model, printing nothing, windows wide enough to lose no turn.
export async function open({ baseURL, load, model, system }) {
  const { Agent, SlidingWindowConversationManager, tool } = await load("@strands-agents/sdk");
  const { OpenAIModel } = await load("@strands-agents/sdk/models/openai");
  const { z } = await load("zod");
  const make = (more) =>
    new Agent({
      model: new OpenAIModel({ api: "chat", modelId: model, apiKey: "none", clientConfig: { baseURL } }),
      systemPrompt: system,
      printer: false,
      conversationManager: new SlidingWindowConversationManager({ windowSize: 1_000_000 }),
      ...more,
    });
  const add = tool({
    name: "add",
    description: "Adds two numbers.",
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    callback: ({ a, b }) => ({ sum: a + b }),
  });
  const textOf = (result) => result.lastMessage.content.map((block) => block.text ?? "").join("");
  return {
    ask: async (prompt) => textOf(await make().invoke(prompt)),
    work: async (prompt) => textOf(await make({ tools: [add] }).invoke(prompt)),
    stream: async (prompt, onText, cancelSignal) => {
      const stream = make().stream(prompt, cancelSignal === undefined ? {} : { cancelSignal });
      for (;;) {
        const { done, value } = await stream.next();
        if (done) return value.stopReason === "cancelled" ? "event:cancelled" : "whole";
        const inner = value.type === "modelStreamUpdateEvent" ? value.event : value;
        try {
          if (inner.type === "modelContentBlockDeltaEvent" && inner.delta.type === "textDelta")
            onText(inner.delta.text);
        } catch (error) {
          await stream.return();
          throw error;
        }
      }
    },
    converse: async (earlier) => {
      const agent = make({
        messages: earlier.map(({ role, content }) => ({ role, content: [{ text: content }] })),
      });
      return async (prompt) => textOf(await agent.invoke(prompt));
    },
  };
}
