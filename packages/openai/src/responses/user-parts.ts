/** A user's parts in the form the Responses API takes them. */
import type { FilePart, JsonObject, UserPart } from "@locus-sdk/core";
import { takesFileIds } from "../chat/input-support.ts";
import type { ChatProfile } from "../chat/profile.ts";
import { imageUrl } from "../chat/user-parts.ts";

/** One part on the wire; what cannot be sent becomes a text that says so, and a warning. */
export function encodeInputPart(
  part: UserPart,
  profile: ChatProfile,
  warn: (text: string) => void,
): JsonObject {
  if (part.type === "text") return { type: "input_text", text: part.text };
  const byId = part.type === "file" && part.fileId !== undefined;
  if (!profile.input[part.type] || (byId && !takesFileIds(profile, "responses"))) {
    const kind = byId && profile.input.file ? "file by id" : part.type;
    warn(`models of the family "${profile.name}" take no ${kind} input: it was left out`);
    return { type: "input_text", text: `[${kind} left out: this model cannot read it]` };
  }
  switch (part.type) {
    case "image":
      return {
        type: "input_image",
        image_url: imageUrl(part),
        ...(part.detail === undefined ? {} : { detail: part.detail }),
      };
    case "file":
      return encodeFile(part);
    case "audio":
      return { type: "input_audio", input_audio: { data: part.data, format: part.format } };
  }
}

function encodeFile(part: FilePart): JsonObject {
  if (part.fileId !== undefined) return { type: "input_file", file_id: part.fileId };
  const named = part.filename === undefined ? {} : { filename: part.filename };
  if (part.data !== undefined) {
    const mediaType = part.mediaType ?? "application/pdf";
    const filename = part.filename ?? `file.${mediaType.split("/")[1] ?? "bin"}`;
    return { type: "input_file", filename, file_data: `data:${mediaType};base64,${part.data}` };
  }
  const url = part.url ?? "";
  if (/^data:/i.test(url)) {
    // Whoever reads it may know the scheme in small letters only.
    return { type: "input_file", filename: "file", ...named, file_data: `data:${url.slice(5)}` };
  }
  return { type: "input_file", ...named, file_url: url };
}
