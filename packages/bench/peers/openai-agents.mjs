// OpenAI's Agents SDK over chat completions, its tracing off.
export async function open({ baseURL, load, model, system }) {
  const { Agent, OpenAIChatCompletionsModel, Runner, tool } = await load("@openai/agents");
  const { OpenAI } = await load("openai");
  const { z } = await load("zod");
  const chat = new OpenAIChatCompletionsModel(new OpenAI({ baseURL, apiKey: "none" }), model);
  const add = tool({
    name: "add",
    description: "Adds two numbers.",
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: ({ a, b }) => ({ sum: a + b }),
  });
  const runner = new Runner({ tracingDisabled: true });
  const agent = new Agent({ name: "bench", instructions: system, model: chat });
  const worker = new Agent({ name: "bench", instructions: system, model: chat, tools: [add] });
  return {
    ask: async (prompt) => (await runner.run(agent, prompt)).finalOutput,
    work: async (prompt) => (await runner.run(worker, prompt, { maxTurns: 20 })).finalOutput,
    stream: async (prompt, onText, signal) => {
      const result = await runner.run(agent, prompt, { stream: true, signal });
      for await (const event of result) {
        if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
          onText(event.data.delta);
      }
      return "whole";
    },
    converse: async (earlier) => {
      let history = earlier.map(({ role, content }) =>
        role === "user"
          ? { role, content }
          : { role, status: "completed", content: [{ type: "output_text", text: content }] },
      );
      return async (prompt) => {
        const result = await runner.run(agent, [...history, { role: "user", content: prompt }]);
        history = result.history;
        return result.finalOutput;
      };
    },
  };
}
