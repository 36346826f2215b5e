/** What a user may hand to `run()`: messages and parts as they are stored, and what becomes them when the run begins. */
import type { ImagePart, Message, TextPart, UserPart } from "./types.ts";

/** What an image, a file or a sound is made of; each form brings exactly one of these. */
interface Sources {
  /** A file of this machine, read once when the run begins; at most 50 MB. Relative to the working directory. */
  readonly path: string;
  /** The bytes, or their base64. Bytes are copied at once. */
  readonly data: Uint8Array | string;
  /** An `http:`, `https:` or `data:` URL. The model's provider fetches it, not we. */
  readonly url: string;
  /** The provider's id of a file that was uploaded to it. */
  readonly fileId: string;
}

/** Exactly one of these sources, and what else the part says. */
type From<Source extends keyof Sources, Rest> = {
  readonly [One in Source]: Readonly<Pick<Sources, One>> & {
    readonly [Other in Exclude<keyof Sources, One>]?: undefined;
  } & Rest;
}[Source];

/**
 * An image of the caller's: of a path, of bytes or base64, or at a URL. Without a `mediaType`, what it is is read from
 * its first bytes, then from the path's extension: png, jpeg, gif or webp.
 */
export type ImageInput = From<
  "path" | "data" | "url",
  {
    readonly type: "image";
    readonly mediaType?: string | undefined;
    readonly detail?: ImagePart["detail"] | undefined;
  }
>;

/**
 * A file of the caller's: of a path, of bytes or base64, at a URL, or uploaded before. Without a `mediaType`, what it is
 * is read from its first bytes, then from its name's extension; without a `filename` it has that of its path.
 */
export type FileInput = From<
  "path" | "data" | "url" | "fileId",
  {
    readonly type: "file";
    readonly mediaType?: string | undefined;
    readonly filename?: string | undefined;
  }
>;

/** A sound of the caller's: of a path, of bytes or base64. Without a `format` it is read as with images. */
export type AudioInput = From<
  "path" | "data",
  {
    readonly type: "audio";
    /** `wav`, `mp3`, `flac`, `ogg` or `m4a`; another name is passed on as it is. */
    readonly format?: string | undefined;
  }
>;

/**
 * One part of what a user says, as the caller has it. Before the run begins it becomes a `UserPart`, which is plain JSON.
 *
 * @example
 * ```ts
 * import type { InputPart } from "@locus-sdk/core";
 *
 * const scan: InputPart = { type: "file", path: "./invoice.pdf" };
 * const logo: InputPart = { type: "image", data: new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]) };
 * ```
 */
export type InputPart = TextPart | ImageInput | FileInput | AudioInput;

/** A message of the user as the caller has it: text, or parts, strings among them. */
export interface UserInputMessage {
  readonly role: "user";
  readonly content: string | readonly (string | InputPart)[] | readonly UserPart[];
}

/** What `agent.run()` takes: a prompt, its parts (strings among them), or a conversation. */
export type AgentInput =
  | string
  | readonly (string | InputPart)[]
  | readonly UserPart[]
  | readonly (Message | UserInputMessage)[];
