/** `locus oci files`: what was uploaded to a project. */
import type { OciGenAI } from "@locus-sdk/oci";
import type { OciFlags } from "../oci-flags.ts";
import { UsageError } from "../options.ts";
import { localSeconds, oneOf, size } from "../show/units.ts";
import type { Action, Group } from "./action.ts";
import { sendEach, writeLocal } from "./local-files.ts";
import { groupOf, type Kind } from "./resource.ts";

type Uploaded = Awaited<ReturnType<OciGenAI["files"]["retrieve"]>>;
type Purpose = Parameters<OciGenAI["files"]["create"]>[0]["purpose"];

const PURPOSES: readonly Purpose[] = ["assistants", "user_data", "batch", "vision", "fine-tune", "evals"];
const about = (id: string): string => `file ${id}`;

const files: Kind<Uploaded, Uploaded> = {
  name: "files",
  one: "file",
  summary: "files that were uploaded",
  id: "file-1",
  columns: [
    ["ID", ({ id }) => id],
    ["NAME", ({ filename }) => filename],
    ["PURPOSE", ({ purpose }) => purpose],
    ["SIZE", ({ bytes }) => size(bytes)],
    ["CREATED", ({ created_at }) => localSeconds(created_at)],
  ],
  filters: [["--purpose <purpose>", `only those for this: ${PURPOSES.join(", ")}`]],
  list: ({ genai, service, flags, signal }) =>
    service.pages("the list of files", () =>
      genai.files.list(flags.purpose === undefined ? {} : { purpose: flags.purpose }, { signal }),
    ),
  get: ({ genai, service, signal }, id) => service.ask(about(id), () => genai.files.retrieve(id, { signal })),
  delete: ({ genai, service, signal }, id) =>
    service.ask(about(id), () => genai.files.delete(id, { signal })),
  deleteTakes: "whatever vector stores hold of it",
};

interface UploadFlags extends OciFlags {
  readonly purpose?: Purpose;
}

const upload: Action<UploadFlags> = {
  usage: "upload <paths...>",
  summary: "upload files; their ids come out in the same order",
  example: "upload ./report.pdf --purpose user_data",
  options: [
    [
      "--purpose <purpose>",
      `what they are for: ${PURPOSES.join(", ")} (default: assistants)`,
      oneOf(PURPOSES),
    ],
  ],
  run: ({ genai, service, args, flags, view, signal }) => {
    const { purpose = "assistants" } = flags;
    return sendEach(args, view, signal, (file) =>
      service.ask(`the upload of ${file.name}`, () => genai.files.create({ file, purpose }, { signal })),
    );
  },
};

interface ContentFlags extends OciFlags {
  readonly output?: string;
}

const content: Action<ContentFlags> = {
  usage: "content <id>",
  summary: "write what is in a file to stdout, or to a file",
  example: "content file-1 -o report.pdf",
  options: [["-o, --output <path>", "write it there; what is there already is replaced"]],
  run: async ({ genai, service, args, flags, view, signal }) => {
    const [id = ""] = args;
    const { json, output } = view;
    if (json && flags.output === undefined) throw new UsageError("--json needs -o: the content is not JSON");
    const what = `the content of file ${id}`;
    const answer = await service.ask(what, () => genai.files.content(id, { signal }));
    if (answer.body === null) return undefined;
    const body = answer.body;
    const pieces = service.pages(what, () => body);
    if (flags.output === undefined) {
      await output.bytes(pieces);
      return undefined;
    }
    await writeLocal(flags.output, pieces, signal);
    if (json) output.answer(`${JSON.stringify({ id, path: flags.output })}\n`);
    else output.note(`${id} written to ${flags.output}`);
    return undefined;
  },
};

export const group: Group = groupOf(files, [upload, content]);
