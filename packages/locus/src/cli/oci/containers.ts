/** `locus oci containers`: where the code interpreter works, and the files in there. */
import { relative } from "node:path";
import type { OciGenAI } from "@locus-sdk/oci";
import type { OciFlags } from "../oci-flags.ts";
import { type Column, showList, showOne } from "../show/show.ts";
import { asIs, localSeconds, oneOf, size } from "../show/units.ts";
import type { Action, Group } from "./action.ts";
import { sendEach } from "./local-files.ts";
import { groupOf, type Kind } from "./resource.ts";

type Containers = OciGenAI["containers"];
type Container = Awaited<ReturnType<Containers["retrieve"]>>;
type ContainerFile = Awaited<ReturnType<Containers["files"]["retrieve"]>>;

const MEMORY = ["1g", "4g", "16g", "64g"] as const;
const EXAMPLE = "cntr_1";
const about = (id: string): string => `container ${id}`;

const containers: Kind<Container, Container> = {
  name: "containers",
  one: "container",
  summary: "containers, in which the code interpreter works",
  id: EXAMPLE,
  columns: [
    ["ID", ({ id }) => id],
    ["NAME", ({ name }) => name],
    ["STATUS", ({ status }) => status],
    ["MEMORY", ({ memory_limit }) => memory_limit],
    ["CREATED", ({ created_at }) => localSeconds(created_at)],
    ["LAST USED", ({ last_active_at: at }) => (at === undefined ? "" : localSeconds(at))],
  ],
  list: ({ genai, service, signal }) =>
    service.pages("the list of containers", () => genai.containers.list({ limit: 100 }, { signal })),
  get: ({ genai, service, signal }, id) =>
    service.ask(about(id), () => genai.containers.retrieve(id, { signal })),
  delete: async ({ genai, service, signal }, id) => {
    await service.ask(about(id), () => genai.containers.delete(id, { signal }));
    return { id, deleted: true };
  },
  deleteTakes: "the files in it",
};

interface CreateFlags extends OciFlags {
  readonly memory?: (typeof MEMORY)[number];
  readonly file?: readonly string[];
  readonly fileId?: readonly string[];
}

const create: Action<CreateFlags> = {
  usage: "create <name>",
  summary: "create a container, with files in it",
  example: "create sales --memory 4g --file ./sales.csv",
  options: [
    ["--memory <size>", `${MEMORY.join(", ")} (default: 1g)`, oneOf(MEMORY)],
    ["--file <path>", "a file of this machine to put into it", asIs, "several"],
    ["--file-id <id>", "a file that was uploaded before", asIs, "several"],
  ],
  run: async ({ genai, args, flags, view, signal }) => {
    const { createContainerWithFiles } = await import("@locus-sdk/oci");
    const [name = ""] = args;
    const { file = [], fileId = [], memory } = flags;
    const { container, files } = await createContainerWithFiles(genai, {
      name,
      files: [...file, ...fileId.map((id) => ({ fileId: id }))],
      memoryLimit: memory,
      signal,
    });
    await showOne(files.length === 0 ? container : { ...container, files }, view);
    return undefined;
  },
};

const COLUMNS: readonly Column<ContainerFile>[] = [
  ["ID", ({ id }) => id],
  ["PATH", ({ path }) => path],
  ["FROM", ({ source }) => source],
  ["SIZE", ({ bytes }) => size(bytes)],
  ["CREATED", ({ created_at }) => localSeconds(created_at)],
];

const files: Action = {
  usage: "files <id>",
  summary: "list the files in a container, one a line",
  example: `files ${EXAMPLE}`,
  run: async ({ genai, service, args, view, signal }) => {
    const [id = ""] = args;
    const items = service.pages(`files of container ${id}`, () =>
      genai.containers.files.list(id, { limit: 100 }, { signal }),
    );
    await showList(items, COLUMNS, `There are no files in ${id}.`, view);
    return undefined;
  },
};

const upload: Action = {
  usage: "upload <id> <paths...>",
  summary: "put files into a container; their ids come out in the same order",
  example: `upload ${EXAMPLE} ./sales.csv`,
  run: ({ genai, service, args, view, signal }) => {
    const [id = "", ...paths] = args;
    return sendEach(paths, view, signal, (file) =>
      service.ask(`the upload of ${file.name}`, () =>
        genai.containers.files.create(id, { file }, { signal }),
      ),
    );
  },
};

interface DownloadFlags extends OciFlags {
  readonly directory?: string;
  readonly all?: true;
  readonly overwrite?: true;
}

const download: Action<DownloadFlags> = {
  usage: "download <id>",
  summary: "download what the code interpreter wrote in a container",
  example: `download ${EXAMPLE} -d ./plots`,
  options: [
    ["-d, --directory <dir>", "where to; made where it is not there (default: .)"],
    ["--all", "what was put into it as well"],
    ["--overwrite", "replace files that are there"],
  ],
  run: async ({ genai, args, flags, view, signal }) => {
    const { downloadContainerFiles } = await import("@locus-sdk/oci");
    const [id = ""] = args;
    const { directory = ".", all, overwrite = false } = flags;
    const found = await downloadContainerFiles(genai, id, {
      directory,
      overwrite,
      signal,
      ...(all === true ? { filter: () => true } : {}),
    });
    const { json, output } = view;
    for (const file of found) {
      if (json) output.answer(`${JSON.stringify(file)}\n`);
      else output.line(`${relative(process.cwd(), file.path)}  ${size(file.bytes)}`);
    }
    if (found.length === 0) {
      output.note(
        all === true
          ? `There are no files in ${id}.`
          : `The code interpreter wrote no files in ${id}; --all brings those that were put into it.`,
      );
    }
    return undefined;
  },
};

export const group: Group = groupOf(containers, [create, files, upload, download]);
