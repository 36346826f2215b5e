/** A user's parts as content blocks: text, images, documents; what there is no block for is named. */
import type { FilePart, ImagePart, JsonObject, UserPart } from "@locus-sdk/core";

/** A block, or in words what cannot be one. */
export type UserBlock = { readonly block: JsonObject } | { readonly unsupported: string };

/** How base64 of the image formats that Claude reads begins, for images that come without a media type. */
const IMAGE_SIGNATURES: readonly (readonly [prefix: string, mediaType: string])[] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];
const IMAGE_TYPES: readonly string[] = IMAGE_SIGNATURES.map(([, mediaType]) => mediaType);
const PDF = "application/pdf";

/** Whether a media type is of text, which can be sent as such. */
const isTextType = (mediaType: string): boolean =>
  /^(?:text\/|application\/(?:json|xml|yaml|x-ndjson)\b)/i.test(mediaType);
const isImageType = (mediaType: string | undefined): boolean => /^image\//i.test(mediaType ?? "");

/** The block of one part; `undefined` for a text without any, which the API refuses. */
export function userBlock(part: UserPart): UserBlock | undefined {
  switch (part.type) {
    case "text":
      return part.text.trim() === "" ? undefined : { block: { type: "text", text: part.text } };
    case "image":
      return imageBlock(part);
    case "file":
      return fileBlock(part);
    case "audio":
      return { unsupported: `audio (${part.format})` };
  }
}

/** Ids of OpenAI's files, and of OCI's resources; Anthropic's begin with `file_`. */
const FOREIGN_FILE = /^(?:file-|ocid1\.)/;

/** "Only HTTPS URLs are supported." */
const isFetched = (url: string): boolean => /^https:/i.test(url);

function imageBlock({ data, url, mediaType }: ImagePart): UserBlock {
  const inline = data === undefined ? dataUrl(url) : { data, mediaType: undefined };
  if (inline === undefined) {
    if (url === undefined) return { unsupported: "an image without data or url" };
    if (!isFetched(url)) return { unsupported: "an image by a URL that is not https" };
    return { block: { type: "image", source: { type: "url", url } } };
  }
  const sniffed = IMAGE_SIGNATURES.find(([prefix]) => inline.data.startsWith(prefix))?.[1];
  const type = (mediaType ?? inline.mediaType ?? sniffed ?? "image/png").toLowerCase();
  const known = type === "image/jpg" ? "image/jpeg" : type;
  if (!IMAGE_TYPES.includes(known)) return { unsupported: `an image of type ${type}` };
  return { block: { type: "image", source: { type: "base64", media_type: known, data: inline.data } } };
}

function fileBlock(part: FilePart): UserBlock {
  const { fileId, url, filename } = part;
  const title = filename === undefined ? {} : { title: filename };
  if (fileId !== undefined) {
    if (FOREIGN_FILE.test(fileId)) return { unsupported: "a file that was uploaded to another provider" };
    const source = { type: "file", file_id: fileId };
    return isImageType(part.mediaType)
      ? { block: { type: "image", source } }
      : { block: { type: "document", source, ...title } };
  }
  const inline = part.data === undefined ? dataUrl(url) : { data: part.data, mediaType: undefined };
  const mediaType = part.mediaType ?? inline?.mediaType ?? PDF;
  if (isImageType(mediaType)) return imageBlock({ ...part, type: "image", mediaType });
  if (inline === undefined) {
    if (url === undefined) return { unsupported: "a file without data, url or fileId" };
    if (!isFetched(url)) return { unsupported: "a file by a URL that is not https" };
    if (mediaType !== PDF) return { unsupported: `a file by URL of type ${mediaType}` };
    return { block: { type: "document", source: { type: "url", url }, ...title } };
  }
  if (isTextType(mediaType)) {
    const data = Buffer.from(inline.data, "base64").toString("utf8");
    return {
      block: { type: "document", source: { type: "text", media_type: "text/plain", data }, ...title },
    };
  }
  if (mediaType.toLowerCase() !== PDF) return { unsupported: `a file of type ${mediaType}` };
  return {
    block: { type: "document", source: { type: "base64", media_type: PDF, data: inline.data }, ...title },
  };
}

/** What a data URL holds, in base64; nothing where `url` is another URL. */
function dataUrl(
  url: string | undefined,
): { readonly data: string; readonly mediaType: string | undefined } | undefined {
  if (url === undefined || !/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(",");
  const [type = "", ...parameters] = url.slice("data:".length, comma).split(";");
  const held = url.slice(comma + 1);
  const isBase64 = parameters.some((one) => /^\s*base64$/i.test(one));
  return {
    data: isBase64 ? held : Buffer.from(unescapeUrl(held)).toString("base64"),
    mediaType: type === "" ? undefined : type,
  };
}

/** A text that is not percent-encoded as it should be is taken as it stands. */
function unescapeUrl(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
