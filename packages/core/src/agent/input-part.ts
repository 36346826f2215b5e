/** One part of the caller's input: checked, and made the plain JSON that is sent and stored. */
import { isUtf8 } from "node:buffer";
import { basename, extname } from "node:path";
import { types } from "node:util";
import { ConfigurationError } from "../errors/errors.ts";
import { isPlainJson, isRecord } from "../json/json.ts";
import type { UserPart } from "../messages/types.ts";
import { readWhole } from "./input-path.ts";
import {
  AUDIO_FORMATS,
  audioFormat,
  fileMediaType,
  IMAGE_TYPES,
  SIGNATURE_BYTES,
  signatureType,
  typeOfExtension,
} from "./media-type.ts";

type Kind = "image" | "file" | "audio";
type Fields = Readonly<Record<string, unknown>>;

/** A part whose file is still to be read. */
export interface PathPart {
  readonly kind: Kind;
  readonly path: string;
  readonly fields: Fields;
  /** Where it stands in the input, for errors. */
  readonly where: string;
}

/** How each kind of part may be given: by exactly one of these. */
const SOURCES: Readonly<Record<Kind, readonly string[]>> = {
  image: ["path", "data", "url"],
  file: ["path", "data", "url", "fileId"],
  audio: ["path", "data"],
};
const ALL_SOURCES = SOURCES.file;
const NOUNS: Readonly<Record<Kind, string>> = { image: "an image", file: "a file", audio: "a sound" };
const isKind = (type: unknown): type is Kind => typeof type === "string" && Object.hasOwn(SOURCES, type);

/**
 * The part as plain JSON, or what is to be read for it. What is no image, file or sound is left to the schema.
 *
 * @throws ConfigurationError naming the part and what is wrong with it.
 */
export function preparePart(
  part: unknown,
  where: string,
): { readonly part: unknown } | { readonly path: PathPart } {
  if (typeof part === "string") return { part: { type: "text", text: part } };
  if (!isRecord(part) || !isKind(part.type)) return { part };
  const kind = part.type;
  // What is undefined is absent.
  const fields = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
  const source = onlySource(kind, fields, where);
  checkFields(kind, fields, source, where);
  if (source === "data") return { part: withData(kind, fields, where) };
  const value = fields[source];
  if (typeof value !== "string" || value === "") {
    throw new ConfigurationError(`${where}: ${source} must be text, and not empty`);
  }
  if (source === "url") checkUrl(kind, value, where);
  if (source !== "path") return { part: fields };
  return { path: { kind, path: value, fields, where } };
}

/**
 * Reads what the part stands for.
 *
 * @throws ConfigurationError where the file cannot be read, is too large, or is not what the part says.
 */
export async function readPathPart(
  { kind, path, fields, where }: PathPart,
  signal: AbortSignal | undefined,
): Promise<UserPart> {
  const bytes = await readWhole(path, where, signal);
  const { path: _read, ...rest } = fields;
  return described(kind, rest, bytes, {
    where: `${where} ("${path}")`,
    name: basename(path),
  });
}

function onlySource(kind: Kind, fields: Fields, where: string): string {
  const given = ALL_SOURCES.filter((source) => fields[source] !== undefined);
  const [only] = given;
  const known = SOURCES[kind];
  if (only !== undefined && given.length === 1 && known.includes(only)) return only;
  const found = given.length === 0 ? "none of them" : given.join(" and ");
  throw new ConfigurationError(
    `${where}: ${NOUNS[kind]} is given by exactly one of ${known.join(", ")}; here is ${found}`,
  );
}

/** Media types as RFC 6838 spells them; what follows a `;` is let through. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/;

/** Members that say what the content is, and such as nobody knows, which must at least be JSON. */
function checkFields(kind: Kind, fields: Fields, source: string, where: string): void {
  const { mediaType, format, filename } = fields;
  for (const [name, value] of Object.entries(fields)) {
    if (name !== source && !isPlainJson(value)) {
      throw new ConfigurationError(`${where}: ${name} must be plain JSON`);
    }
  }
  for (const [name, value] of Object.entries({ mediaType, format, filename })) {
    if (value !== undefined && (typeof value !== "string" || value.trim() === "")) {
      throw new ConfigurationError(`${where}: ${name} must be text, and not empty`);
    }
  }
  if (typeof mediaType !== "string") return;
  if (!MEDIA_TYPE.test(mediaType) || (kind === "image" && !/^image\//i.test(mediaType))) {
    throw new ConfigurationError(`${where}: "${mediaType.slice(0, 60)}" is no media type of ${NOUNS[kind]}`, {
      hint: kind === "image" ? 'Such as "image/png".' : 'Such as "application/pdf".',
    });
  }
}

function withData(kind: Kind, fields: Fields, where: string): UserPart {
  const { data, ...rest } = fields;
  const name = typeof fields.filename === "string" ? fields.filename : "";
  return described(kind, rest, dataOf(data, where), { where, name });
}

/** Bytes, or base64 whose line breaks are gone. */
function dataOf(data: unknown, where: string): Buffer | string {
  if (types.isUint8Array(data)) {
    if (data.byteLength === 0) throw new ConfigurationError(`${where}: data is empty`);
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }
  if (typeof data !== "string") {
    throw new ConfigurationError(`${where}: data must be bytes (a Uint8Array) or their base64`);
  }
  if (/^data:/i.test(data)) {
    throw new ConfigurationError(`${where}: data is a data URL, and must be bytes or their base64`, {
      hint: "Give a data URL as `url`.",
    });
  }
  const text = /\s/.test(data) ? data.replaceAll(/\s+/g, "") : data;
  if (text === "") throw new ConfigurationError(`${where}: data is empty`);
  if (!isBase64(text)) {
    throw new ConfigurationError(`${where}: data is not base64`, {
      hint: 'Give bytes as a Uint8Array, or encode them: Buffer.from(bytes).toString("base64").',
    });
  }
  return text;
}

/** Searched for what does not belong there: to match megabytes from end to end would fill the engine's stack. */
function isBase64(text: string): boolean {
  return (
    text.length % 4 === 0 &&
    !/[^A-Za-z0-9+/]/.test(text.slice(0, -2)) &&
    /^(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)$/.test(text.slice(-2))
  );
}

/** The part with its content, and with what it is: as the caller says, else by its first bytes, else by its name. */
function described(
  kind: Kind,
  fields: Fields,
  content: Buffer | string,
  { where, name }: { readonly where: string; readonly name: string },
): UserPart {
  const bytes = typeof content === "string" ? undefined : content;
  const data = bytes === undefined ? String(content) : bytes.toString("base64");
  // Four characters of base64 are three bytes.
  const head = bytes ?? Buffer.from(data.slice(0, (SIGNATURE_BYTES / 3) * 4), "base64");
  const extension = extname(name).slice(1).toLowerCase();
  const { mediaType, format, filename } = fields;
  if (kind === "audio") {
    const known = typeof format === "string" ? format : audioFormat(head, extension);
    if (known !== undefined) return { ...fields, type: "audio", data, format: known };
    throw new ConfigurationError(
      `${where}: the format of the sound is not known by its bytes or its name; expected ${AUDIO_FORMATS.join(", ")}`,
      { hint: 'Say it: format: "wav".' },
    );
  }
  if (kind === "image") {
    const told = typeof mediaType === "string" ? mediaType : undefined;
    const found = told ?? signatureType(head) ?? typeOfExtension(extension);
    if (found !== undefined && (found === told || IMAGE_TYPES.includes(found))) {
      return { ...fields, type: "image", data, mediaType: found };
    }
    throw new ConfigurationError(
      `${where}: not an image by its bytes or its name${found === undefined ? "" : `, but ${found}`}; expected png, jpeg, gif or webp`,
      { hint: "An image of another kind needs its `mediaType`; anything else is a part of type file." },
    );
  }
  const named = typeof filename === "string" ? filename : name;
  return {
    ...fields,
    type: "file",
    data,
    mediaType:
      typeof mediaType === "string"
        ? mediaType
        : (fileMediaType(head, extension) ?? textOrBytes(bytes ?? Buffer.from(data, "base64"))),
    ...(named === "" ? {} : { filename: named }),
  };
}

/** What nobody knows by its signature or its name is text where it reads as text. */
function textOrBytes(bytes: Buffer): string {
  return isUtf8(bytes) && !bytes.includes(0) ? "text/plain" : "application/octet-stream";
}

const SCHEMES: readonly string[] = ["http:", "https:", "data:"];

/** A URL is not repeated in an error: it may hold a secret, or megabytes. */
function checkUrl(kind: Kind, url: string, where: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*:)/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined || !SCHEMES.includes(scheme)) {
    throw new ConfigurationError(
      `${where}: url must be an http:, https: or data: URL${scheme === undefined ? "" : `, not ${scheme}`}`,
      { hint: "A file of this machine is given as `path`; bytes and base64 as `data`." },
    );
  }
  if (scheme !== "data:") {
    if (URL.canParse(url)) return;
    throw new ConfigurationError(`${where}: url is not a URL that can be read`);
  }
  const comma = url.indexOf(",");
  const head = /^data:([^;,]*)((?:;[^;,]*)*),/i.exec(url.slice(0, Math.min(comma + 1, 1000)));
  const [, mediaType = "", parameters = ""] = head ?? [];
  if (head === null || comma === url.length - 1 || (mediaType !== "" && !MEDIA_TYPE.test(mediaType))) {
    throw new ConfigurationError(
      `${where}: url is a data URL without ${head === null ? "a comma" : "content"}`,
    );
  }
  if (kind === "image" && !/^image\//i.test(mediaType)) {
    throw new ConfigurationError(
      `${where}: url is a data URL of ${mediaType || "text/plain"}, not of an image`,
    );
  }
  if (/;\s*base64$/i.test(parameters)) dataOf(decodeUrlBase64(url.slice(comma + 1)), where);
}

/** A data URL may escape the characters of base64 that mean something in URLs. */
function decodeUrlBase64(text: string): string {
  return text.replaceAll(/%2b/gi, "+").replaceAll(/%2f/gi, "/").replaceAll(/%3d/gi, "=");
}
