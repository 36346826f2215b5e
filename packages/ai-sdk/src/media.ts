/** Media types: of sounds by their format and back, and of images by their first bytes. */

/** How formats of sounds are called as media types; where there are two, the first is written and both are read. */
const AUDIO: readonly (readonly [format: string, mediaType: string])[] = [
  ["wav", "audio/wav"],
  ["wav", "audio/x-wav"],
  ["mp3", "audio/mpeg"],
  ["mp3", "audio/mp3"],
  ["m4a", "audio/mp4"],
  ["m4a", "audio/x-m4a"],
];

export const mediaTypeOfSound = (format: string): string =>
  AUDIO.find(([known]) => known === format)?.[1] ?? `audio/${format}`;

export const formatOfSound = (mediaType: string): string =>
  AUDIO.find(([, known]) => known === mediaType)?.[0] ?? mediaType.slice("audio/".length);

/** How the base64 of an image begins. */
const IMAGES: readonly (readonly [begins: RegExp, mediaType: string])[] = [
  [/^iVBORw0KGgo/, "image/png"],
  [/^\/9j\//, "image/jpeg"],
  [/^R0lGOD/, "image/gif"],
  // "RIFF", four bytes of length, "WEBP".
  [/^UklGR.{6}XRUJQ/, "image/webp"],
];

export const mediaTypeOfImage = (base64: string): string | undefined =>
  IMAGES.find(([begins]) => begins.test(base64))?.[1];

/** The base64 of bytes that may be it already. */
export function base64Of(data: Uint8Array | string): string {
  if (typeof data === "string") return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}
