/** The floor of the Responses API: one request by hand, whole or streamed. */
import { type Contestant, MODEL, type Setting, SYSTEM } from "./types.ts";

interface Item {
  readonly type: string;
  readonly content?: readonly { readonly type: string; readonly text: string }[];
}

export function open({ baseURL }: Setting): Promise<Contestant> {
  const send = async (input: string, more: object, signal?: AbortSignal): Promise<Response> => {
    const response = await fetch(`${baseURL}/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer none" },
      body: JSON.stringify({ model: MODEL, instructions: SYSTEM, input, store: false, ...more }),
      signal: signal ?? null,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response;
  };
  const absent = (): Promise<never> => Promise.reject(new Error("not measured over Responses"));

  return Promise.resolve({
    ask: async (prompt) => {
      const { output } = (await (await send(prompt, {})).json()) as { readonly output: readonly Item[] };
      return output.flatMap(({ content = [] }) => content.map(({ text }) => text)).join("");
    },
    stream: async (prompt, onText, signal) => {
      const response = await send(prompt, { stream: true }, signal);
      const decoder = new TextDecoder();
      let rest = "";
      let text = "";
      for await (const bytes of response.body ?? []) {
        rest += decoder.decode(bytes, { stream: true });
        let start = 0;
        for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n", start)) {
          const event = JSON.parse(rest.slice(rest.indexOf("\ndata: ", start) + 7, end)) as {
            readonly type: string;
            readonly delta: string;
          };
          start = end + 2;
          if (event.type !== "response.output_text.delta") continue;
          text += event.delta;
          onText(event.delta);
        }
        rest = rest.slice(start);
      }
      if (text === "") throw new Error("the stream brought nothing");
      return "whole";
    },
    work: absent,
    converse: absent,
  });
}
