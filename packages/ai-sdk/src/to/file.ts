/** One part of what a user said: text, or a file by its media type as an image, a sound or a document. */
import {
  type LanguageModelV4FilePart,
  type LanguageModelV4TextPart,
  NoSuchProviderReferenceError,
  type SharedV4FileData,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import type { ChatModel, FilePart, ImagePart, UserPart } from "@locus-sdk/core";
import { base64Of, formatOfSound, mediaTypeOfImage } from "../media.ts";
import { keptIn } from "../metadata.ts";
import type { Warn } from "./warn.ts";

/** What a file is of, wherever it stands. */
type File = Pick<LanguageModelV4FilePart, "data" | "mediaType" | "filename" | "providerOptions">;

export function userPartFrom(
  part: LanguageModelV4TextPart | LanguageModelV4FilePart,
  model: ChatModel,
  warn: Warn,
): UserPart {
  return part.type === "text" ? { type: "text", text: part.text } : filePartFrom(part, model, warn);
}

/**
 * @throws UnsupportedFunctionalityError for a sound by URL, and for an image that is of no type anybody knows.
 * @throws NoSuchProviderReferenceError for a file that was uploaded to others only.
 */
export function filePartFrom(file: File, model: ChatModel, warn: Warn): UserPart {
  const { data, mediaType, filename } = file;
  switch (data.type) {
    case "text":
      return textFrom(data.text, filename, warn);
    case "reference":
      return { ...describedFile(file), fileId: referenceFor(model, data.reference) };
    default: {
      const text = data.type === "data" ? plainTextOf(mediaType, data.data) : undefined;
      if (text !== undefined) return textFrom(text, filename, warn);
      if (isOf("image", mediaType)) return imageFrom(file, data);
      if (isOf("audio", mediaType)) return soundFrom(mediaType, data);
      return { ...describedFile(file), ...sourceOf(data) };
    }
  }
}

function textFrom(text: string, filename: string | undefined, warn: Warn): UserPart {
  if (filename !== undefined) warn("names of text files", `"${filename}" was sent as its text alone`);
  return { type: "text", text };
}

/** The text that plain text's bytes are of; nothing where they are of another type, or no text after all. */
function plainTextOf(mediaType: string, data: Uint8Array | string): string | undefined {
  const [type, ...parameters] = mediaType.toLowerCase().split(/\s*;\s*/);
  if (type !== "text/plain" && type !== "text") return undefined;
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  try {
    const decoder = new TextDecoder(charset?.replaceAll('"', "") ?? "utf-8", { fatal: true });
    return decoder.decode(typeof data === "string" ? Buffer.from(data, "base64") : data);
  } catch {
    return undefined;
  }
}

type Given = Extract<SharedV4FileData, { type: "data" | "url" }>;

const isOf = (kind: string, mediaType: string): boolean =>
  mediaType === kind || mediaType.startsWith(`${kind}/`);
const isWhole = (mediaType: string): boolean => /^[^/]+\/[^/*]+$/.test(mediaType);

const sourceOf = (given: Given): { readonly url: string } | { readonly data: string } =>
  given.type === "url" ? { url: given.originalUrl ?? given.url.href } : { data: base64Of(given.data) };

const describedFile = ({ mediaType, filename }: File): FilePart => ({
  type: "file",
  ...(isWhole(mediaType) ? { mediaType } : {}),
  ...(filename === undefined ? {} : { filename }),
});

function imageFrom({ mediaType, providerOptions }: File, given: Given): ImagePart {
  const { detail } = keptIn(providerOptions);
  const source = sourceOf(given);
  const known = isWhole(mediaType) ? mediaType : "data" in source ? mediaTypeOfImage(source.data) : undefined;
  if (known === undefined && "data" in source) {
    throw new UnsupportedFunctionalityError({
      functionality: `images of media type "${mediaType}"`,
      message: `an image of media type "${mediaType}" is neither png, jpeg, gif nor webp: say what it is, as "image/…"`,
    });
  }
  return {
    type: "image",
    ...source,
    ...(known === undefined ? {} : { mediaType: known }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function soundFrom(mediaType: string, given: Given): UserPart {
  if (given.type === "url" || !isWhole(mediaType)) {
    const what = given.type === "url" ? "sounds by URL" : "sounds of no known format";
    throw new UnsupportedFunctionalityError({
      functionality: what,
      message: `${what} cannot be sent: give the bytes, and their media type, as "audio/wav"`,
    });
  }
  return { type: "audio", data: base64Of(given.data), format: formatOfSound(mediaType) };
}

function referenceFor(model: ChatModel, reference: Readonly<Record<string, string>>): string {
  const id = reference[model.provider];
  if (id !== undefined) return id;
  throw new NoSuchProviderReferenceError({ provider: model.provider, reference: { ...reference } });
}
