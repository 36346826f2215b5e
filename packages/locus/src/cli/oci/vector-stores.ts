/** `locus oci vector-stores`: what can be searched, and what is in it. */
import type { OciGenAI } from "@locus-sdk/oci";
import type { OciFlags } from "../oci-flags.ts";
import { showOne } from "../show/show.ts";
import { count, localSeconds, pair, size } from "../show/units.ts";
import type { Action, Group, OptionRow } from "./action.ts";
import { add } from "./add.ts";
import { changes, groupOf, type Kind } from "./resource.ts";
import { files, wait } from "./store-files.ts";
import { search } from "./store-search.ts";

type VectorStore = Awaited<ReturnType<OciGenAI["vectorStores"]["retrieve"]>>;

interface StoreFlags extends OciFlags {
  readonly name?: string;
  readonly description?: string;
  readonly expiresAfterDays?: number;
  readonly metadata?: readonly (readonly [name: string, value: string])[];
}

const EXAMPLE = "vs_1";
const about = (id: string): string => `vector store ${id}`;

const vectorStores: Kind<VectorStore, VectorStore> = {
  name: "vector-stores",
  one: "vector store",
  summary: "vector stores: files that can be searched by meaning",
  id: EXAMPLE,
  columns: [
    ["ID", ({ id }) => id],
    ["NAME", ({ name }) => name],
    ["STATUS", ({ status }) => status],
    ["FILES", ({ file_counts }) => String(file_counts.total)],
    ["SIZE", ({ usage_bytes }) => size(usage_bytes)],
    ["CREATED", ({ created_at }) => localSeconds(created_at)],
  ],
  list: ({ genai, service, signal }) =>
    service.pages("the list of vector stores", () => genai.vectorStores.list({ limit: 100 }, { signal })),
  get: ({ genai, service, signal }, id) =>
    service.ask(about(id), () => genai.vectorStores.retrieve(id, { signal })),
  delete: ({ genai, service, signal }, id) =>
    service.ask(about(id), () => genai.vectorStores.delete(id, { signal })),
  deleteTakes: "what was made of the files in it; the files themselves stay",
};

const options: readonly OptionRow[] = [
  ["--description <text>", "what is in it"],
  ["--expires-after-days <n>", "delete it so many days after it was last used", count],
  ["--metadata <name=value>", "something to keep with it", pair, "several"],
];

const create: Action<StoreFlags> = {
  usage: "create <name>",
  summary: "create a vector store",
  example: "create handbook --expires-after-days 30",
  options,
  run: async ({ genai, service, args, flags, view, signal }) => {
    const [name = ""] = args;
    const { description } = flags;
    const details = { name, ...detailsOf(flags), ...(description === undefined ? {} : { description }) };
    await showOne(
      await service.ask(`vector store "${name}"`, () => genai.vectorStores.create(details, { signal })),
      view,
    );
    return undefined;
  },
};

const update: Action<StoreFlags> = {
  usage: "update <id>",
  summary: "change a vector store",
  example: `update ${EXAMPLE} --name handbook-2027`,
  options: [["--name <name>", "its new name"], ...options.slice(1)],
  run: async ({ genai, service, args, flags, view, signal }) => {
    const [id = ""] = args;
    const { name } = flags;
    const details = changes(
      { ...detailsOf(flags), ...(name === undefined ? {} : { name }) },
      "--name, --expires-after-days, --metadata",
    );
    await showOne(
      await service.ask(about(id), () => genai.vectorStores.update(id, details, { signal })),
      view,
    );
    return undefined;
  },
};

function detailsOf({ expiresAfterDays: days, metadata }: StoreFlags) {
  return {
    ...(days === undefined ? {} : { expires_after: { anchor: "last_active_at" as const, days } }),
    ...(metadata === undefined ? {} : { metadata: Object.fromEntries(metadata) }),
  };
}

export const group: Group = groupOf(vectorStores, [create, update, files, add, wait, search]);
