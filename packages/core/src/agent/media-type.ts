/** What content is, by how it begins and by the extension of its name: two tables, and who asks them. */

/** Images that every family with eyes reads. */
export const IMAGE_TYPES: readonly string[] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/** How sounds are called on the wires. */
export const AUDIO_FORMATS: readonly string[] = ["wav", "mp3", "flac", "ogg", "m4a"];

/** As many first bytes as any signature needs; a multiple of three, so that base64 of them ends in no padding. */
export const SIGNATURE_BYTES = 18;

type Pattern = string | readonly number[];
/** Bytes, as Latin-1 text or as numbers, at a place: all of a row's must be there. */
const SIGNATURES: readonly (readonly [type: string, ...(readonly [at: number, bytes: Pattern])[]])[] = [
  ["image/png", [0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]],
  ["image/jpeg", [0, [0xff, 0xd8, 0xff]]],
  ["image/gif", [0, "GIF87a"]],
  ["image/gif", [0, "GIF89a"]],
  ["image/webp", [0, "RIFF"], [8, "WEBP"]],
  ["audio/wav", [0, "RIFF"], [8, "WAVE"]],
  ["application/pdf", [0, "%PDF-"]],
  ["application/zip", [0, [0x50, 0x4b, 0x03, 0x04]]],
  ["application/gzip", [0, [0x1f, 0x8b]]],
  ["audio/flac", [0, "fLaC"]],
  ["audio/ogg", [0, "OggS"]],
  ["audio/mpeg", [0, "ID3"]],
  ["audio/mpeg", [0, [0xff, 0xfb]]],
  ["audio/mpeg", [0, [0xff, 0xf3]]],
  ["audio/mpeg", [0, [0xff, 0xf2]]],
  ["audio/mp4", [4, "ftypM4A"]],
  ["video/mp4", [4, "ftyp"]],
  ["video/webm", [0, [0x1a, 0x45, 0xdf, 0xa3]]],
];

/** Formats that hold others: the name says what is in them. */
const CONTAINERS: readonly string[] = ["application/zip", "video/mp4", "video/webm", "audio/ogg"];

const OFFICE = "application/vnd.openxmlformats-officedocument";
const EXTENSIONS: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  pdf: "application/pdf",
  txt: "text/plain",
  log: "text/plain",
  md: "text/markdown",
  markdown: "text/markdown",
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  html: "text/html",
  htm: "text/html",
  css: "text/css",
  js: "text/javascript",
  mjs: "text/javascript",
  json: "application/json",
  jsonl: "application/x-ndjson",
  ndjson: "application/x-ndjson",
  xml: "application/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
  rtf: "application/rtf",
  zip: "application/zip",
  gz: "application/gzip",
  doc: "application/msword",
  xls: "application/vnd.ms-excel",
  ppt: "application/vnd.ms-powerpoint",
  docx: `${OFFICE}.wordprocessingml.document`,
  xlsx: `${OFFICE}.spreadsheetml.sheet`,
  pptx: `${OFFICE}.presentationml.presentation`,
  wav: "audio/wav",
  mp3: "audio/mpeg",
  flac: "audio/flac",
  ogg: "audio/ogg",
  m4a: "audio/mp4",
  mp4: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
};

const FORMATS: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/mpeg": "mp3",
  "audio/flac": "flac",
  "audio/ogg": "ogg",
  "audio/mp4": "m4a",
};

/** By the first bytes, which cannot be misnamed. */
export function signatureType(head: Uint8Array): string | undefined {
  return SIGNATURES.find(([, ...all]) => all.every(([at, bytes]) => isAt(head, at, bytes)))?.[0];
}

/** By the extension, in lower case and without its dot. */
export function typeOfExtension(extension: string): string | undefined {
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

/** Of a file of any kind; a name says more than the signature where that is of a container. */
export function fileMediaType(head: Uint8Array, extension: string): string | undefined {
  const signature = signatureType(head);
  const named = typeOfExtension(extension);
  return signature !== undefined && (named === undefined || !CONTAINERS.includes(signature))
    ? signature
    : named;
}

/** Of a sound. */
export function audioFormat(head: Uint8Array, extension: string): string | undefined {
  const signature = signatureType(head);
  const type =
    signature !== undefined && Object.hasOwn(FORMATS, signature) ? signature : typeOfExtension(extension);
  return type === undefined ? undefined : FORMATS[type];
}

function isAt(head: Uint8Array, at: number, bytes: Pattern): boolean {
  const wanted = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  return wanted.every((byte, index) => head[at + index] === byte);
}
