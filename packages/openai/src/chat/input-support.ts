/** What transports have a form for among a user's parts, and the refusal of what a transport or a family cannot take. */
import { type FilePart, InvalidRequestError, type Message, type UserPart } from "@locus-sdk/core";
import type { ChatProfile, InputApi } from "./profile.ts";

/** How a part comes. A data URL is data; a file of text is one in both ways. */
export type InputForm = "image" | "file data" | "text file" | "file url" | "file id" | "audio";

/** One transport: what it has a form for. What a family reads of that is the profile's. */
export interface InputTransport {
  /** In errors. */
  readonly name: string;
  readonly api: InputApi;
  readonly forms: readonly InputForm[];
  /** Where that is taken which is not taken here: a sentence for the hint. */
  readonly elsewhere?: Readonly<Partial<Record<InputForm, string>>>;
}

export const CHAT_INPUT: InputTransport = {
  name: "chat completions",
  api: "chat",
  forms: ["image", "file data", "file id", "audio"],
  elsewhere: { "file url": "Files by URL are taken by the Responses API." },
};

export const RESPONSES_INPUT: InputTransport = {
  name: "the Responses API",
  api: "responses",
  forms: ["image", "file data", "file url", "file id", "audio"],
};

/** Of whom something is asked, for errors and for what they take. */
export interface InputTarget {
  readonly provider: string;
  readonly modelId: string;
  readonly profile: ChatProfile;
  readonly transport: InputTransport;
}

/** Whether a family takes files by their ids on an API that has such ids. */
export function takesFileIds({ input }: ChatProfile, api: InputApi): boolean {
  const { file, fileIds = true } = input;
  return file && (typeof fileIds === "boolean" ? fileIds : fileIds.includes(api));
}

/** Whether a media type is of text, which can be sent as such. */
export const isTextType = (mediaType: string): boolean =>
  /^(?:text\/|application\/(?:json|xml|yaml|x-ndjson)\b)/i.test(mediaType);

/** What a file holds, and as what: of its data or its data URL; nothing where it is somewhere else. */
export function fileContent(
  part: FilePart,
): { readonly mediaType: string; readonly data: string; readonly encoding: "base64" | "url" } | undefined {
  if (part.data !== undefined) {
    return { mediaType: part.mediaType ?? "application/pdf", data: part.data, encoding: "base64" };
  }
  const url = part.url ?? "";
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(",");
  const [type = "", ...parameters] = url.slice("data:".length, comma).split(";");
  return {
    mediaType: part.mediaType ?? (type === "" ? "text/plain" : type),
    data: url.slice(comma + 1),
    encoding: parameters.some((one) => /^\s*base64$/i.test(one)) ? "base64" : "url",
  };
}

/**
 * Refuses what the user has just said where it cannot be sent: answered without it, the question would be another one.
 * What stands before the model's last answer is history, which another model may have been told; the codecs leave out
 * of it what they must.
 *
 * @throws InvalidRequestError of code `unsupported_input`, before anything is sent.
 */
export function refuseUnsupportedInput(messages: readonly Message[], target: InputTarget): void {
  if (!hasFreshParts(messages)) return;
  const fresh = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1);
  const said = fresh.filter(({ role }) => role === "user");
  for (const [index, { content }] of said.entries()) {
    if (typeof content === "string") continue;
    for (const [place, part] of content.entries()) {
      if (!isUserPart(part) || part.type === "text") continue;
      const of = said.length === 1 ? "the user's message" : `new user message ${index + 1}`;
      refusePart(part, target, `part ${place + 1} of ${of}`);
    }
  }
  refuseOverLimits(fresh, target);
}

/** Whether anything but text has been said since the model's last answer; most of the time nothing has. */
function hasFreshParts(messages: readonly Message[]): boolean {
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (message === undefined || message.role === "assistant") return false;
    if (typeof message.content !== "string") return true;
  }
  return false;
}

/** @throws InvalidRequestError where one request would carry more of files than the model's API takes. */
export function refuseOverLimits(messages: readonly Message[], target: InputTarget): void {
  const limits = target.profile.input.limits?.[target.transport.api];
  if (limits === undefined) return;
  const files = messages.flatMap(filesOf);
  const ids = files.filter(({ fileId }) => fileId !== undefined).length;
  const bytes = files.reduce((sum, file) => sum + bytesOf(file), 0);
  if (ids > limits.fileIds) {
    throw refusal(
      `takes at most ${limits.fileIds} files by id in one request, and this one has ${ids}`,
      "Put fewer files to it at a time, or send some of them as bytes or URLs.",
      target,
    );
  }
  if (bytes > limits.fileBytes) {
    throw refusal(
      `takes at most ${megabytes(limits.fileBytes)} of files in one request, and this one has ${megabytes(bytes)}`,
      "Give large files as URLs, or upload them and give their ids.",
      target,
    );
  }
}

type NonTextPart = Exclude<UserPart, { type: "text" }>;

const isUserPart = (part: { readonly type: string }): part is UserPart =>
  part.type === "text" || part.type === "image" || part.type === "file" || part.type === "audio";

function filesOf(message: Message): readonly FilePart[] {
  if (message.role === "assistant" || typeof message.content === "string") return [];
  return message.content.filter((part): part is FilePart => part.type === "file");
}

/** In errors, what a part of a form is. */
const NOUNS: Readonly<Record<InputForm, string>> = {
  image: "images",
  "file data": "files as data",
  "text file": "files of text",
  "file url": "files by URL",
  "file id": "files by id",
  audio: "audio",
};

/** In hints, how a file may come instead, best first. */
const INSTEAD: readonly (readonly [form: InputForm, way: string])[] = [
  ["file data", "the bytes"],
  ["text file", "a file of text"],
  ["file url", "a URL"],
  ["file id", "the id of an uploaded file"],
];

function refusePart(part: NonTextPart, target: InputTarget, which: string): void {
  const forms = formsOf(part);
  const [form] = forms;
  if (form === undefined) {
    const needs =
      part.type === "file" ? "data, url or fileId" : part.type === "image" ? "data or url" : "data";
    throw refusal(`was given ${which}, of type ${part.type}, without ${needs}`, undefined, target);
  }
  if (forms.some((one) => isTaken(one, target))) return;
  const told = `takes no ${NOUNS[form]}, and ${which} is ${describe(part)}`;
  throw refusal(told, hintFor(form, target), target);
}

function formsOf(part: NonTextPart): readonly InputForm[] {
  if (part.type === "audio") return part.data === "" ? [] : ["audio"];
  if (part.type === "image") return part.data === undefined && part.url === undefined ? [] : ["image"];
  if (part.fileId !== undefined) return ["file id"];
  const content = fileContent(part);
  if (content === undefined) return part.url === undefined ? [] : ["file url"];
  return isTextType(content.mediaType) ? ["file data", "text file"] : ["file data"];
}

function isTaken(form: InputForm, { profile, transport }: InputTarget): boolean {
  if (!transport.forms.includes(form)) return false;
  if (form === "image" || form === "audio") return profile.input[form];
  return form === "file id" ? takesFileIds(profile, transport.api) : profile.input.file;
}

function hintFor(form: InputForm, target: InputTarget): string {
  const { profile, transport } = target;
  const where =
    transport.elsewhere?.[form] ?? (form === "file id" ? profile.input.fileIdsElsewhere : undefined);
  if (form === "image" || form === "audio") {
    const instead = form === "image" ? "Use a model that sees images" : "Use a model that hears audio";
    return where ?? `${instead}, or put it in words.`;
  }
  const ways = INSTEAD.filter(([one]) => isTaken(one, target)).map(([, way]) => way);
  const instead =
    ways.length === 0 ? "Send its text, or use a model that reads files." : `Send ${ways.join(", or ")}.`;
  return where === undefined ? instead : `${where} ${instead}`;
}

/** A URL and data are not repeated: they may be secret, or long. */
function describe(part: NonTextPart): string {
  if (part.type === "audio") return `audio (${part.format})`;
  if (part.type === "image") return `an image${part.mediaType === undefined ? "" : ` (${part.mediaType})`}`;
  const name = part.filename ?? part.fileId;
  const type = part.mediaType ?? fileContent(part)?.mediaType;
  return `the file${name === undefined ? "" : ` "${name}"`}${type === undefined ? "" : ` (${type})`}`;
}

function refusal(
  what: string,
  hint: string | undefined,
  { provider, modelId, transport }: InputTarget,
): InvalidRequestError {
  return new InvalidRequestError(`${provider} model "${modelId}" over ${transport.name} ${what}`, {
    code: "unsupported_input",
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Four characters of base64 are three bytes, but for the padding. Of other data URLs, as it is written. */
function bytesOf(file: FilePart): number {
  const content = fileContent(file);
  if (content === undefined) return 0;
  const { data, encoding } = content;
  if (encoding === "url") return data.length;
  const padding = data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0;
  return (data.length / 4) * 3 - padding;
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1024 ** 2).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB (${bytes.toLocaleString("en-US")} bytes)`;
