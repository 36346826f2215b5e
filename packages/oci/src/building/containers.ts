/** Containers of the code interpreter with files in them, and the files that an answer tells of. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { InvalidRequestError, isRecord, messageOf } from "@locus-sdk/core";
import type OpenAI from "openai";
import { toFile } from "openai";
import type { ContainerCreateParams, ContainerCreateResponse } from "openai/resources/containers/containers";
import type { FileCreateParams, FileCreateResponse } from "openai/resources/containers/files/files";
import type { Response as ModelAnswer } from "openai/resources/responses/responses";
import { z } from "zod";
import { checked, sent } from "../control/fields.ts";
import { filePutIn } from "./answers.ts";
import { createOnce, discard } from "./container-creation.ts";
import { signalOption } from "./options.ts";
import { answered, within } from "./service-error.ts";

/** What containers ask: the client of `createOciOpenAI()` has it, and so has `createOciGenAI()`. */
export type ContainerClient = Pick<OpenAI, "containers">;

/** A file for a container: the path of a local one, data with a name, or a file that was uploaded before. */
export type ContainerInput =
  | string
  | { readonly name: string; readonly data: string | Uint8Array<ArrayBuffer> | Blob }
  | { readonly fileId: string };

/** What the container is to be. */
export interface ContainerOptions {
  /** On the service a token follows it (`sales~3f9a0c1e5b7d`): by it the container is found if an answer is lost. */
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

const inputSchemas = {
  local: sent.id,
  fileId: sent.object<{ readonly fileId: string }>({ fileId: sent.id }),
  data: sent.object<{ readonly name: string; readonly data: string | Uint8Array<ArrayBuffer> | Blob }>({
    name: sent.id,
    data: z.custom<string | Uint8Array<ArrayBuffer> | Blob>(
      (data) => typeof data === "string" || data instanceof Uint8Array || data instanceof Blob,
      "expected text, bytes (a Uint8Array) or a Blob",
    ),
  }),
};
const SIZES = ["1g", "4g", "16g", "64g"] as const;
const optionsSchema = sent.object<ContainerOptions>({
  name: sent.id,
  memoryLimit: z.enum(SIZES).optional(),
  files: z.custom<ContainerOptions["files"]>(
    (files) => Array.isArray(files),
    "expected a list of paths, { name, data } and { fileId }",
  ),
  signal: signalOption,
});

function check(options: ContainerOptions): void {
  checked("createContainerWithFiles", optionsSchema, options);
  for (const [index, input] of options.files.entries()) {
    const where = `createContainerWithFiles: files.${index}`;
    if (!isRecord(input)) checked<unknown>(where, inputSchemas.local, input);
    else checked<unknown>(where, "fileId" in input ? inputSchemas.fileId : inputSchemas.data, input);
  }
}

/**
 * Creates a container and puts files into it. If anything fails, or the signal aborts, the container is deleted again;
 * and where the answer to its creation is lost, it is looked for by its name before another one is made.
 *
 * @throws ConfigurationError for options that cannot be used; typed errors where a file cannot be read or the service
 *   refuses; CancelledError when aborted.
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
  options: ContainerOptions,
): Promise<FilledContainer> {
  check(options);
  const { name, memoryLimit, files: inputs, signal } = options;
  const container = await createOnce(client, { name, memoryLimit, signal });
  const { id } = container;
  const files: FileCreateResponse[] = [];
  try {
    for (const input of inputs) {
      const body = await bodyOf(input);
      const told = { what: `putting ${nameOf(input)} into container ${id}`, signal };
      files.push(
        await answered(told, filePutIn, () => client.containers.files.create(id, body, within(signal))),
      );
    }
    return { id, container, files };
  } catch (error) {
    await discard(client, id);
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
  // An answer may lack what its type promises; then it cites nothing there.
  for (const item of entriesOf(output)) {
    for (const part of entriesOf(Reflect.get(item, "content"))) {
      for (const annotation of entriesOf(Reflect.get(part, "annotations"))) {
        const cited = citation.safeParse(annotation).data;
        if (cited === undefined) continue;
        const { container_id: containerId, file_id: fileId, filename } = cited;
        const key = `${containerId} ${fileId}`;
        if (!found.has(key)) found.set(key, { containerId, fileId, filename });
      }
    }
  }
  return [...found.values()];
}

const citation = z.object({
  type: z.literal("container_file_citation"),
  container_id: z.string(),
  file_id: z.string(),
  filename: z.string().catch(""),
});

const entriesOf = (list: unknown): readonly object[] => (Array.isArray(list) ? list.filter(isRecord) : []);
