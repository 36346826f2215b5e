/** Containers of the code interpreter with files in them, and the files that an answer tells of. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { InvalidRequestError, LocusError, messageOf } from "@locus-sdk/core";
import type OpenAI from "openai";
import { toFile } from "openai";
import type { ContainerCreateParams, ContainerCreateResponse } from "openai/resources/containers/containers";
import type { FileCreateParams, FileCreateResponse } from "openai/resources/containers/files/files";
import type { Response as ModelAnswer } from "openai/resources/responses/responses";
import { asked, within } from "./service-error.ts";

/** What containers ask: the client of `createOciOpenAI()` has it, and so has `createOciGenAI()`. */
export type ContainerClient = Pick<OpenAI, "containers">;

/** A file for a container: the path of a local one, data with a name, or a file that was uploaded before. */
export type ContainerInput =
  | string
  | { readonly name: string; readonly data: string | Uint8Array<ArrayBuffer> | Blob }
  | { readonly fileId: string };

/** What the container is to be. */
export interface ContainerOptions {
  readonly name: string;
  /** Default: the service's, `1g`. All containers of a tenancy have 64 GB together. */
  readonly memoryLimit?: ContainerCreateParams["memory_limit"] | undefined;
  readonly files: readonly ContainerInput[];
  readonly signal?: AbortSignal | undefined;
}

/** A container that is ready to be used. */
export interface FilledContainer {
  readonly id: string;
  readonly container: ContainerCreateResponse;
  /** In the order of the inputs; `path` is where code in the container finds them. */
  readonly files: readonly FileCreateResponse[];
}

/** Deleting what is of no use is not waited for any longer. */
const CLEAN_UP_MS = 10_000;

/**
 * Creates a container and puts files into it. If anything fails, or the signal aborts, the container is deleted again.
 *
 * @throws typed errors where a file cannot be read or the service refuses; CancelledError when aborted.
 * @example
 * ```ts
 * import { createContainerWithFiles, createOciGenAI } from "@locus-sdk/oci";
 *
 * const { id, files } = await createContainerWithFiles(createOciGenAI(), {
 *   name: "sales",
 *   files: ["sales.csv", { name: "question.txt", data: "Which month was best?" }],
 * });
 * process.stdout.write(`${id}: ${files.map(({ path }) => path).join(", ")}\n`);
 * ```
 */
export async function createContainerWithFiles(
  client: ContainerClient,
  { name, memoryLimit, files: inputs, signal }: ContainerOptions,
): Promise<FilledContainer> {
  const { containers } = client;
  const memory = memoryLimit === undefined ? {} : { memory_limit: memoryLimit };
  const container = await asked({ what: `container "${name}"`, signal }, () =>
    containers.create({ name, ...memory }, within(signal)),
  );
  const { id } = container;
  const files: FileCreateResponse[] = [];
  try {
    for (const input of inputs) {
      const body = await bodyOf(input);
      const told = { what: `putting ${nameOf(input)} into container ${id}`, signal };
      files.push(await asked(told, () => containers.files.create(id, body, within(signal))));
    }
    return { id, container, files };
  } catch (error) {
    // The caller's signal may have aborted; and if this fails too, the container expires by itself.
    await containers.delete(id, { timeout: CLEAN_UP_MS, maxRetries: 0 }).catch(() => undefined);
    throw error;
  }
}

const nameOf = (input: ContainerInput): string => {
  if (typeof input === "string") return input;
  return "fileId" in input ? input.fileId : input.name;
};

async function bodyOf(input: ContainerInput): Promise<FileCreateParams> {
  if (typeof input !== "string") {
    if ("fileId" in input) return { file_id: input.fileId };
    return {
      file: await toFile(input.data instanceof Blob ? input.data : new Blob([input.data]), input.name),
    };
  }
  try {
    return { file: await toFile(await readFile(input), basename(input)) };
  } catch (error) {
    if (error instanceof LocusError) throw error;
    throw new InvalidRequestError(`${input} cannot be read: ${messageOf(error)}`, {
      code: "file_unreadable",
      hint: "Check the path; it is taken relative to the working directory.",
      cause: error,
    });
  }
}

/** A file in a container that an answer tells of. */
export interface CitedContainerFile {
  readonly containerId: string;
  readonly fileId: string;
  readonly filename: string;
}

/**
 * The files in containers that an answer cites (`container_file_citation`), each once, in the order of the text.
 *
 * @example
 * ```ts
 * import { containerFilesOf, createOciGenAI, downloadContainerFiles } from "@locus-sdk/oci";
 *
 * const genai = createOciGenAI();
 * const answer = await genai.responses.create({
 *   model: "openai.gpt-oss-120b",
 *   tools: [{ type: "code_interpreter", container: { type: "auto" } }],
 *   input: "Plot a sine with the python tool.",
 * });
 * const cited = containerFilesOf(answer);
 * for (const containerId of new Set(cited.map((file) => file.containerId))) {
 *   await downloadContainerFiles(genai, containerId, { directory: "plots" });
 * }
 * ```
 */
export function containerFilesOf({ output }: Pick<ModelAnswer, "output">): readonly CitedContainerFile[] {
  const found = new Map<string, CitedContainerFile>();
  for (const item of output) {
    for (const part of item.type === "message" ? item.content : []) {
      for (const annotation of part.type === "output_text" ? (part.annotations ?? []) : []) {
        if (annotation.type !== "container_file_citation") continue;
        const { container_id: containerId, file_id: fileId, filename } = annotation;
        const key = `${containerId} ${fileId}`;
        if (!found.has(key)) found.set(key, { containerId, fileId, filename });
      }
    }
  }
  return [...found.values()];
}
