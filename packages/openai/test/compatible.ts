/** Servers that refuse and stream as the servers of the table are known to: what each does beside OpenAI's own way. */
import type { CompatibleServer } from "../src/chat/compatible-servers.ts";
import { chunk, frame, json, type ReceivedRequest, startServer, type TestServer } from "./server.ts";

interface Message {
  readonly role: string;
  readonly content?: unknown;
  readonly reasoning_content?: unknown;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string }[];
}

type Body = ReceivedRequest["body"];

interface Refusal {
  readonly status: number;
  readonly body: object;
}

interface Behaviour {
  readonly refuse?: (body: Body) => Refusal | undefined;
  /** The frames of an answer that thinks, says something, and calls `get_weather`. */
  readonly frames?: (body: Body) => readonly string[];
  /** Where thoughts are told. */
  readonly reasoning?: "reasoning" | "reasoning_content";
}

const messagesOf = (body: Body): readonly Message[] => body.messages as readonly Message[];
const openaiError = (message: string, status = 400, more: object = {}): Refusal => ({
  status,
  body: { error: { message, type: "invalid_request_error", param: null, code: null, ...more } },
});
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const ARGUMENTS = ['{"city":', '"Oslo"}'];

/** What most of them send: usage in a frame of its own, where it was asked for. */
function plainFrames(field: "reasoning" | "reasoning_content", body: Body): readonly string[] {
  const [first = "", rest = ""] = ARGUMENTS;
  return [
    chunk({ role: "assistant", content: "" }),
    chunk({ [field]: "A city. " }),
    chunk({ content: "Looking." }),
    chunk({
      tool_calls: [
        { index: 0, id: "call_9", type: "function", function: { name: "get_weather", arguments: first } },
      ],
    }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: rest } }] }),
    chunk({}, "tool_calls"),
    ...(body.stream_options === undefined ? [] : [frame({ id: "c", model: "m", choices: [], usage })]),
    frame("[DONE]"),
  ];
}

const hasObjectChoice = (body: Body): boolean => typeof body.tool_choice === "object";
const developer = (body: Body): boolean => messagesOf(body).some(({ role }) => role === "developer");
const partTypes = (body: Body): readonly string[] =>
  messagesOf(body).flatMap(({ content }) =>
    Array.isArray(content) ? content.map((part: { readonly type: string }) => part.type) : [],
  );

/** By the names of the rows. */
const BEHAVIOURS: Readonly<Record<CompatibleServer, Behaviour>> = {
  openai: {
    refuse: (body) =>
      body.max_tokens !== undefined && String(body.model).startsWith("gpt-5")
        ? openaiError("Unsupported parameter: 'max_tokens' is not supported with this model.", 400, {
            param: "max_tokens",
            code: "unsupported_parameter",
          })
        : undefined,
  },
  azure: {},
  vllm: {
    refuse: (body) =>
      developer(body)
        ? openaiError("Unexpected message role.", 400, { type: "BadRequestError", code: 400 })
        : partTypes(body).includes("file")
          ? openaiError("Unknown part type: file", 500)
          : undefined,
    reasoning: "reasoning",
  },
  lmstudio: {
    refuse: (body) =>
      hasObjectChoice(body)
        ? {
            status: 400,
            body: {
              error: "Invalid tool_choice type: 'object'. Supported string values: none, auto, required",
            },
          }
        : undefined,
  },
  "llama.cpp": {
    refuse: (body) =>
      developer(body)
        ? {
            status: 500,
            body: { error: { code: 500, message: "Unexpected message role.", type: "server_error" } },
          }
        : partTypes(body).includes("file")
          ? {
              status: 500,
              body: { error: { code: 500, message: "unsupported content[].type", type: "server_error" } },
            }
          : undefined,
    // A named choice is "auto" to it: the model just talks.
    frames: (body) =>
      hasObjectChoice(body)
        ? [chunk({ content: "Hm." }, "stop"), frame("[DONE]")]
        : plainFrames("reasoning_content", body),
  },
  ollama: {
    reasoning: "reasoning",
    // A call comes whole.
    frames: () => [
      chunk({ role: "assistant", content: "", reasoning: "A city. " }),
      chunk({ role: "assistant", content: "Looking." }),
      chunk({
        role: "assistant",
        content: "",
        tool_calls: [
          {
            id: "call_9",
            index: 0,
            type: "function",
            function: { name: "get_weather", arguments: ARGUMENTS.join("") },
          },
        ],
      }),
      chunk({ role: "assistant", content: "" }, "tool_calls"),
      frame({ id: "c", model: "m", choices: [], usage }),
      frame("[DONE]"),
    ],
  },
  litellm: {
    refuse: (body) =>
      body.top_k === undefined
        ? undefined
        : openaiError(
            "litellm.UnsupportedParamsError: openai does not support parameters: ['top_k'], for model=gpt-oss.",
            400,
          ),
  },
  openrouter: {
    reasoning: "reasoning",
    frames: (body) => [": OPENROUTER PROCESSING\n\n", ...plainFrames("reasoning", body)],
  },
  groq: {
    refuse: (body) =>
      body.response_format !== undefined && body.tools !== undefined
        ? openaiError("json mode cannot be combined with tool/function calling")
        : messagesOf(body).some((message) => message.reasoning_content !== undefined)
          ? openaiError("property 'reasoning_content' is unsupported")
          : undefined,
    reasoning: "reasoning",
  },
  together: { reasoning: "reasoning" },
  deepseek: {
    refuse: (body) => {
      const format = (body.response_format as { readonly type?: string } | undefined)?.type;
      if (format === "json_schema") return openaiError("This response_format type is unavailable now");
      if (developer(body)) {
        return openaiError(
          "Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`",
          422,
        );
      }
      return messagesOf(body).some(
        (message) => message.tool_calls !== undefined && message.reasoning_content === undefined,
      )
        ? openaiError("The `reasoning_content` in the thinking mode must be passed back to the API.")
        : undefined;
    },
  },
  mistral: {
    refuse: (body) => {
      const known =
        "model messages temperature top_p max_tokens stop random_seed frequency_penalty presence_penalty response_format tools tool_choice parallel_tool_calls reasoning_effort stream".split(
          " ",
        );
      const extra = Object.keys(body).find((name) => !known.includes(name));
      if (extra !== undefined) {
        const detail = [
          { type: "extra_forbidden", loc: ["body", extra], msg: "Extra inputs are not permitted", input: 1 },
        ];
        return {
          status: 422,
          body: {
            object: "error",
            message: { detail },
            type: "invalid_request_error",
            param: null,
            code: null,
          },
        };
      }
      const ids = messagesOf(body).flatMap(({ tool_call_id, tool_calls = [] }) => [
        ...(tool_call_id === undefined ? [] : [tool_call_id]),
        ...tool_calls.map(({ id }) => id),
      ]);
      const wrong = ids.find((id) => !/^[a-zA-Z0-9]{9}$/.test(id));
      return wrong === undefined
        ? undefined
        : openaiError(`Tool call id was ${wrong} but must be a-z, A-Z, 0-9, with a length of 9.`, 400, {
            code: "3280",
          });
    },
    // Thoughts in a list of parts, a call whole and without an index, usage beside the last choice.
    frames: () => [
      chunk({ role: "assistant", content: "" }),
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "A city. " }] }] }),
      chunk({ content: "Looking." }),
      frame({
        id: "c",
        model: "m",
        usage,
        choices: [
          {
            index: 0,
            finish_reason: "tool_calls",
            delta: {
              content: "",
              tool_calls: [
                { id: "abcDEF123", function: { name: "get_weather", arguments: ARGUMENTS.join("") } },
              ],
            },
          },
        ],
      }),
      frame("[DONE]"),
    ],
  },
};

/** A server that behaves like the one of that name. */
export function startCompatible(name: CompatibleServer): Promise<TestServer> {
  const { refuse, frames, reasoning = "reasoning_content" } = BEHAVIOURS[name];
  return startServer((response, request, index) => {
    const refusal = refuse?.(request.body);
    if (refusal !== undefined) return json(refusal.body, refusal.status)(response, request, index);
    if (request.body.stream === true) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of frames?.(request.body) ?? plainFrames(reasoning, request.body))
        response.write(piece);
      response.end();
      return;
    }
    const message = {
      role: "assistant",
      content: "Looking.",
      [reasoning]: "A city. ",
      tool_calls: [
        { id: "call_9", type: "function", function: { name: "get_weather", arguments: ARGUMENTS.join("") } },
      ],
    };
    return json({
      id: "c",
      model: "m",
      choices: [{ index: 0, message, finish_reason: "tool_calls" }],
      usage,
    })(response, request, index);
  });
}
