/** What the three body formats of the native API have in common for the rest of the code. */
import type { JsonObject, ModelCapabilities, ModelRequest } from "@locus-sdk/core";
import { type ChatProfile, capabilitiesOf, type InputTransport } from "@locus-sdk/openai";
import type { ApiFormat } from "../routing.ts";
import type { AnswerBuilder } from "./answer.ts";
import type { CheckedNativeOptions } from "./options.ts";

/** A member of a parsed frame, read by hand on the hot path. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a request is encoded for. */
export interface EncodeTarget {
  readonly modelId: string;
  readonly profile: ChatProfile;
  readonly stream: boolean;
  readonly options: CheckedNativeOptions;
}

/** The `chatRequest` of a call, and in words what was asked for and is not in it. */
export interface EncodedNativeRequest {
  readonly chatRequest: JsonObject;
  readonly warnings: readonly string[];
}

/** Reads the frames of one format into an answer. A whole answer is one frame. */
export interface FrameReader {
  /** Takes a frame in; `whole` where it is the entire answer. */
  take(frame: Fields, whole: boolean): void;
  /** The frames are over: throws where the format tells of a failure in its own way. */
  end(): void;
}

/** One body format of `/actions/chat`. Pure: no I/O, nothing remembered between calls. */
export interface NativeCodec {
  readonly format: ApiFormat;
  encode(request: ModelRequest, target: EncodeTarget): EncodedNativeRequest;
  reader(answer: AnswerBuilder): FrameReader;
  /** Which of a user's parts it has a form for. */
  input(modelId: string): InputTransport;
  /** What a model can do through this format. */
  capabilities(profile: ChatProfile, modelId: string): ModelCapabilities;
}

/** Capabilities that follow from a profile, with what a format changes. */
export function nativeCapabilities(
  profile: ChatProfile,
  changes: Partial<ModelCapabilities> = {},
): ModelCapabilities {
  return { ...capabilitiesOf(profile), ...changes };
}

export const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** A text that says something. */
export const label = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
