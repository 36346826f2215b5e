/** A user's parts in the form chat completions takes them. */
import type { AudioPart, FilePart, ImagePart, JsonObject, UserPart } from "@locus-sdk/core";
import { takesFileIds } from "./input-support.ts";
import type { ChatProfile } from "./profile.ts";

/** How base64 of the common image formats begins, for images that come without a media type. */
const IMAGE_SIGNATURES: readonly (readonly [prefix: string, mediaType: string])[] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

const dataUrl = (mediaType: string, base64: string): string => `data:${mediaType};base64,${base64}`;

/** One part on the wire; what cannot be sent becomes a text that says so, and a warning. */
export function encodeUserPart(
  part: UserPart,
  profile: ChatProfile,
  warn: (text: string) => void,
): JsonObject {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return profile.input.image ? encodeImage(part) : omitted("image", profile, warn);
    case "file":
      return profile.input.file ? encodeFile(part, profile, warn) : omitted("file", profile, warn);
    case "audio":
      return profile.input.audio ? encodeAudio(part) : omitted("audio", profile, warn);
  }
}

/** Where an image is: its address, or itself as a data URL. */
export function imageUrl(part: ImagePart): string {
  const data = part.data ?? "";
  const sniffed = IMAGE_SIGNATURES.find(([prefix]) => data.startsWith(prefix))?.[1];
  return part.url ?? dataUrl(part.mediaType ?? sniffed ?? "image/png", data);
}

function encodeImage(part: ImagePart): JsonObject {
  return {
    type: "image_url",
    image_url: { url: imageUrl(part), ...(part.detail === undefined ? {} : { detail: part.detail }) },
  };
}

function encodeFile(part: FilePart, profile: ChatProfile, warn: (text: string) => void): JsonObject {
  if (part.fileId !== undefined) {
    return takesFileIds(profile, "chat")
      ? { type: "file", file: { file_id: part.fileId } }
      : omitted("file by id", profile, warn);
  }
  if (part.data !== undefined) {
    const mediaType = part.mediaType ?? "application/pdf";
    const filename = part.filename ?? `file.${mediaType.split("/")[1] ?? "bin"}`;
    return { type: "file", file: { filename, file_data: dataUrl(mediaType, part.data) } };
  }
  if (part.url !== undefined && /^data:/i.test(part.url)) {
    const file_data = `data:${part.url.slice(5)}`;
    return { type: "file", file: { filename: part.filename ?? "file", file_data } };
  }
  warn("chat completions takes no file by URL: the model was given the address as text");
  return { type: "text", text: `[file: ${part.filename ?? "unnamed"}, ${part.url ?? "no address"}]` };
}

function encodeAudio(part: AudioPart): JsonObject {
  return { type: "input_audio", input_audio: { data: part.data, format: part.format } };
}

function omitted(kind: string, profile: ChatProfile, warn: (text: string) => void): JsonObject {
  warn(`models of the family "${profile.name}" take no ${kind} input: it was left out`);
  return { type: "text", text: `[${kind} left out: this model cannot read it]` };
}
