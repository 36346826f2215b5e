/** The versions of the AI SDK's model specification: models of the one before are called with its prompts. */
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Message,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4ToolResultOutput,
  SharedV4FileData,
} from "@ai-sdk/provider";
import { ConfigurationError } from "@locus-sdk/core";
import { base64Of } from "../media.ts";
import type { Content, Ending } from "./answer.ts";
import type { StreamPart } from "./stream-reader.ts";

/** A model of the AI SDK: of version 4 of its specification (AI SDK 7) or version 3 (AI SDK 6). */
export type AnyLanguageModel = LanguageModelV4 | LanguageModelV3;

/** A whole answer, of whichever version. */
interface Generated {
  readonly content: readonly Content[];
  readonly finishReason: Ending["finishReason"];
  readonly usage: Ending["usage"];
  readonly warnings: Ending["warnings"];
  readonly providerMetadata?: Ending["providerMetadata"];
  readonly response?: { readonly id?: string; readonly modelId?: string };
}

/** How a model is called, whichever version it is of. */
export interface Calls {
  readonly version: "v3" | "v4";
  generate(options: LanguageModelV4CallOptions): PromiseLike<Generated>;
  stream(options: LanguageModelV4CallOptions): PromiseLike<{ readonly stream: ReadableStream<StreamPart> }>;
}

/** @throws ConfigurationError for what is no model, a model's name, or a model of another version. */
export function callsOf(model: AnyLanguageModel): Calls {
  const given: unknown = model;
  if (typeof given === "string") {
    throw new ConfigurationError(`"${given}" is the name of a model, and fromLanguageModel() takes a model`, {
      hint: `Names are the AI SDK's gateway's. Make the model with its provider, or with gateway("${given}").`,
    });
  }
  if (typeof given !== "object" || given === null || !("specificationVersion" in given)) {
    throw new ConfigurationError(
      "fromLanguageModel() takes a language model of the AI SDK, and this is none",
      {
        hint: 'Such as openai("gpt-4o") of @ai-sdk/openai.',
      },
    );
  }
  switch (model.specificationVersion) {
    case "v4":
      return {
        version: "v4",
        generate: (options) => model.doGenerate(options),
        stream: (options) => model.doStream(options),
      };
    case "v3":
      return {
        version: "v3",
        generate: (options) => model.doGenerate(olderOptions(options)),
        stream: (options) => model.doStream(olderOptions(options)),
      };
    default:
      throw new ConfigurationError(
        `the model implements version "${String(given.specificationVersion)}" of the AI SDK's specification; expected "v4" or "v3"`,
        { hint: "Bring its provider package to a version for AI SDK 7 or 6." },
      );
  }
}

function olderOptions({
  prompt,
  reasoning: _reasoning,
  ...options
}: LanguageModelV4CallOptions): LanguageModelV3CallOptions {
  return { ...options, prompt: prompt.map(olderMessage) };
}

function olderMessage(message: LanguageModelV4Message): LanguageModelV3Message {
  switch (message.role) {
    case "system":
      return message;
    case "user":
      return {
        ...message,
        content: message.content.map((part) => (part.type === "file" ? olderFile(part) : part)),
      };
    case "assistant":
      return { ...message, content: message.content.flatMap(olderAnswerPart) };
    case "tool":
      return {
        ...message,
        content: message.content.map((part) =>
          part.type === "tool-result" ? { ...part, output: olderOutput(part.output) } : part,
        ),
      };
  }
}
type OlderAnswer = Extract<LanguageModelV3Message, { role: "assistant" }>["content"];
type AnswerPart = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];

function olderAnswerPart(part: AnswerPart): OlderAnswer {
  switch (part.type) {
    case "file":
      return [olderFile(part)];
    case "tool-result":
      return [{ ...part, output: olderOutput(part.output) }];
    // Parts that its answers cannot hold either.
    case "custom":
    case "reasoning-file":
      return [];
    default:
      return [part];
  }
}

const olderMediaType = (mediaType: string): string =>
  mediaType.includes("/") ? mediaType : `${mediaType}/*`;

function olderFile<T extends { readonly data: SharedV4FileData; readonly mediaType: string }>(
  part: T,
): Omit<T, "data" | "mediaType"> & { readonly data: Uint8Array | string | URL; readonly mediaType: string } {
  return { ...part, data: olderData(part.data), mediaType: olderMediaType(part.mediaType) };
}

function olderData(data: SharedV4FileData): Uint8Array | string | URL {
  switch (data.type) {
    case "data":
      return data.data;
    case "url":
      return data.url;
    case "text":
      return Buffer.from(data.text).toString("base64");
    case "reference":
      // Providers of that version take an uploaded file by its id in the place of its bytes.
      return Object.values(data.reference)[0] ?? "";
  }
}

type OlderOutput = Extract<
  Extract<LanguageModelV3Message, { role: "tool" }>["content"][number],
  { type: "tool-result" }
>["output"];

function olderOutput(output: LanguageModelV4ToolResultOutput): OlderOutput {
  if (output.type !== "content") return output;
  return { ...output, value: output.value.map(olderOutputPart) };
}

type OutputPart = Extract<LanguageModelV4ToolResultOutput, { type: "content" }>["value"][number];
type OlderOutputPart = Extract<OlderOutput, { type: "content" }>["value"][number];

function olderOutputPart(part: OutputPart): OlderOutputPart {
  if (part.type !== "file") return part;
  const { data, mediaType, filename } = part;
  const image = mediaType.startsWith("image");
  switch (data.type) {
    case "data":
      return image
        ? { type: "image-data", data: base64Of(data.data), mediaType: olderMediaType(mediaType) }
        : {
            type: "file-data",
            data: base64Of(data.data),
            mediaType,
            ...(filename === undefined ? {} : { filename }),
          };
    case "url":
      return { type: image ? "image-url" : "file-url", url: data.url.href };
    case "text":
      return { type: "text", text: data.text };
    case "reference":
      return {
        type: image ? "image-file-id" : "file-id",
        fileId: { ...data.reference } as Record<string, string>,
      };
  }
}
