/** A user's parts as the content of a `GENERIC` message. */
import type { FilePart, JsonObject, UserPart } from "@locus-sdk/core";
import { type ChatProfile, imageUrl } from "@locus-sdk/openai";

/** One part on the wire; what cannot be sent becomes a text that says so, and a warning. */
export function encodeUserPart(
  part: UserPart,
  profile: ChatProfile,
  warn: (text: string) => void,
): JsonObject {
  switch (part.type) {
    case "text":
      return { type: "TEXT", text: part.text };
    case "image": {
      if (!profile.input.image) return omitted("image", profile, warn);
      const detail = part.detail === undefined ? {} : { detail: part.detail.toUpperCase() };
      return { type: "IMAGE", imageUrl: { url: imageUrl(part), ...detail } };
    }
    case "file":
      return encodeFile(part, profile, warn);
    case "audio":
      if (!profile.input.audio) return omitted("audio", profile, warn);
      return { type: "AUDIO", audioUrl: { url: `data:audio/${part.format};base64,${part.data}` } };
  }
}

/** Files by the beginning of their media type; what is none of these is a document. */
const FILE_CONTENT: readonly (readonly [mediaType: RegExp, content: (url: string) => JsonObject])[] = [
  [/^video\//, (url) => ({ type: "VIDEO", videoUrl: { url } })],
  [/^audio\//, (url) => ({ type: "AUDIO", audioUrl: { url } })],
  [/^image\//, (url) => ({ type: "IMAGE", imageUrl: { url } })],
  [/(?:)/, (url) => ({ type: "DOCUMENT", documentUrl: { url } })],
];

function encodeFile(part: FilePart, profile: ChatProfile, warn: (text: string) => void): JsonObject {
  if (!profile.input.file) return omitted("file", profile, warn);
  const mediaType = part.mediaType ?? /^data:([^;,]+)/.exec(part.url ?? "")?.[1] ?? "application/pdf";
  const url = part.data === undefined ? part.url : `data:${mediaType};base64,${part.data}`;
  if (url === undefined) {
    warn("the native API knows no uploaded files: a file given by id was left out");
    return { type: "TEXT", text: `[file left out: ${part.filename ?? part.fileId ?? "unnamed"}]` };
  }
  const row = FILE_CONTENT.find(([pattern]) => pattern.test(mediaType));
  return row === undefined ? omitted("file", profile, warn) : row[1](url);
}

function omitted(kind: string, profile: ChatProfile, warn: (text: string) => void): JsonObject {
  warn(`models of the family "${profile.name}" take no ${kind} input: it was left out`);
  return { type: "TEXT", text: `[${kind} left out: this model cannot read it]` };
}
