/**
 * Stands in for providers whose keys are not there, so that tutorials about several of them run offline: one server on
 * loopback that speaks OpenAI's chat completions, Anthropic's Messages and Ollama's chat, and answers by three rules.
 */
import { createServer } from "node:http";
import { z } from "zod";

/** Addresses for the environment of a tutorial, for as long as it runs. */
export interface StandIns extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

/** What a conversation holds, in no protocol's terms. */
interface Said {
  readonly role: string;
  readonly text: string;
}
type Reply = { readonly text: string } | { readonly name: string; readonly city: string };

const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.unknown().optional(),
});
const request = z.looseObject({
  tools: z.array(z.unknown()).default([]),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown().optional() })),
});

/** Text in whatever holds it: a text, or a list of parts. A part that is the result of a tool makes the message one. */
function said({ role, content }: { readonly role: string; readonly content?: unknown }): Said {
  if (typeof content === "string") return { role, text: content };
  const parts = z.array(block).catch([]).parse(content);
  const result = parts.find(({ type }) => type === "tool_result");
  if (result !== undefined) return { role: "tool", text: said({ role, content: result.content }).text };
  return { role, text: parts.map(({ text = "" }) => text).join("") };
}

function replyTo(messages: readonly Said[], hasTools: boolean): Reply {
  const last = messages.at(-1) ?? { role: "user", text: "" };
  if (last.role === "tool") return { text: `The tool says: ${last.text}. (stand-in)` };
  const city = /weather in (\w+)/i.exec(last.text)?.[1];
  if (hasTools && city !== undefined) return { name: "get_weather", city };
  const name = /my name is (\w+)/i.exec(messages.map(({ text }) => text).join("\n"))?.[1];
  if (name !== undefined) return { text: `Your name is ${name}. (stand-in)` };
  return { text: "I have nothing to go by. (stand-in)" };
}

/** A reply as each API has it; all three clients read a whole answer where they asked for a stream. */
const WIRE: Readonly<Record<string, (reply: Reply, id: string) => object>> = {
  "/v1/chat/completions": (reply, id) => ({
    id,
    model: "stand-in",
    choices: [
      "text" in reply
        ? { index: 0, finish_reason: "stop", message: { role: "assistant", content: reply.text } }
        : {
            index: 0,
            finish_reason: "tool_calls",
            message: {
              role: "assistant",
              content: null,
              tool_calls: [
                {
                  id,
                  type: "function",
                  function: { name: reply.name, arguments: JSON.stringify({ city: reply.city }) },
                },
              ],
            },
          },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
  }),
  "/v1/messages": (reply, id) => ({
    id,
    type: "message",
    role: "assistant",
    model: "stand-in",
    content: [
      "text" in reply
        ? { type: "text", text: reply.text }
        : { type: "tool_use", id, name: reply.name, input: { city: reply.city } },
    ],
    stop_reason: "text" in reply ? "end_turn" : "tool_use",
    usage: { input_tokens: 20, output_tokens: 5 },
  }),
  "/api/chat": (reply) => ({
    model: "stand-in",
    message:
      "text" in reply
        ? { role: "assistant", content: reply.text }
        : {
            role: "assistant",
            content: "",
            tool_calls: [{ function: { name: reply.name, arguments: { city: reply.city } } }],
          },
    done: true,
    done_reason: "stop",
    prompt_eval_count: 20,
    eval_count: 5,
  }),
};

/** Starts the server, for those providers that `env` does not lead to. */
export async function startStandIns(env: NodeJS.ProcessEnv): Promise<StandIns> {
  let answers = 0;
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () => {
      const { messages, tools } = request.parse(JSON.parse(Buffer.concat(pieces).toString()));
      const answer = WIRE[incoming.url ?? ""]?.(
        replyTo(messages.map(said), tools.length > 0),
        `call_${++answers}`,
      );
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? { error: "no such path" }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return {
    env: {
      ...(env.OPENAI_API_KEY || env.OPENAI_BASE_URL ? {} : { OPENAI_BASE_URL: `${url}/v1` }),
      ...(env.ANTHROPIC_API_KEY ? {} : { TUTORIAL_ANTHROPIC_URL: url }),
      ...(env.OLLAMA_HOST ? {} : { OLLAMA_HOST: url }),
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
