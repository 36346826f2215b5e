/** What of a user's parts has a form here: text, and images by their bytes. The rest is refused, or told of. */
import { type ImagePart, InvalidRequestError, type Message, type UserPart } from "@locus-sdk/core";

type NonTextPart = Exclude<UserPart, { type: "text" }>;

/** The base64 of an image that is at hand: given as such, or inside a data URL. */
export function imageData({ data, url = "" }: ImagePart): string | undefined {
  if (data !== undefined) return data;
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(",");
  const content = url.slice(comma + 1);
  if (/;\s*base64\s*$/i.test(url.slice(0, Math.max(comma, 0)))) return content;
  return percentDecoded(content).toString("base64");
}

/** Bytes of a data URL that is not base64; a `%` that begins no pair of digits stands for itself. */
function percentDecoded(text: string): Buffer {
  const bytes = Buffer.from(text);
  const decoded: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const pair = bytes[at] === 0x25 ? bytes.toString("latin1", at + 1, at + 3) : "";
    if (/^[\da-f]{2}$/i.test(pair)) {
      decoded.push(Number.parseInt(pair, 16));
      at += 2;
    } else decoded.push(bytes[at] ?? 0);
  }
  return Buffer.from(decoded);
}

/** What cannot be sent, in words for a warning, a note and an error; nothing where it can. */
export function unsendable(part: UserPart, vision: boolean): string | undefined {
  if (part.type === "text") return undefined;
  if (part.type !== "image") return part.type === "audio" ? "audio" : "a file";
  if (!vision) return "an image";
  return imageData(part) === undefined ? "an image by URL" : undefined;
}

/**
 * Refuses what the user has just said where it cannot be sent: answered without it, the question would be another one.
 * What stands before the model's last answer is history, of which the codec leaves out what it must, with a warning.
 *
 * @throws InvalidRequestError of code `unsupported_input`, before anything is sent.
 */
export function refuseUnsupportedInput(
  messages: readonly Message[],
  { modelId, vision }: { readonly modelId: string; readonly vision: boolean },
): void {
  const fresh = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1);
  const said = fresh.filter((message) => message.role === "user");
  for (const [index, { content }] of said.entries()) {
    if (typeof content === "string") continue;
    for (const [place, part] of content.entries()) {
      const what = unsendable(part, vision);
      if (what === undefined || part.type === "text") continue;
      const of = said.length === 1 ? "the user's message" : `new user message ${index + 1}`;
      throw new InvalidRequestError(
        `ollama model "${modelId}" cannot be given ${what}, which part ${place + 1} of ${of} is`,
        { code: "unsupported_input", hint: hintFor(part, vision) },
      );
    }
  }
}

function hintFor(part: NonTextPart, vision: boolean): string {
  if (part.type === "file") return "Send its text.";
  if (part.type === "audio") return "Put it in words.";
  return vision
    ? "Ollama loads nothing from addresses: send the image's bytes, as base64 `data`."
    : "Use a model that sees images, such as one that lists `vision` in `ollama show`, or put it in words.";
}
