/** `locus oci vector-stores search`: what a store holds about something. */
import type { OciGenAI } from "@locus-sdk/oci";
import type { OciFlags } from "../oci-flags.ts";
import { count } from "../show/units.ts";
import type { Action } from "./action.ts";

type Found = Awaited<ReturnType<OciGenAI["vectorStores"]["search"]>>["data"][number];

interface SearchFlags extends OciFlags {
  readonly limit?: number;
}

/** Characters of a passage that are shown. */
const SHOWN = 300;

export const search: Action<SearchFlags> = {
  usage: "search <id> <query...>",
  summary: "search a vector store; the best passages come first",
  example: 'search vs_1 "how do I get a refund?" --limit 3',
  options: [["--limit <n>", "so many passages at most (default: the service's)", count]],
  run: async ({ genai, service, args, flags, view, signal }) => {
    const [id = "", ...words] = args;
    const { json, output } = view;
    const params = {
      query: words.join(" "),
      ...(flags.limit === undefined ? {} : { max_num_results: flags.limit }),
    };
    const page = await service.ask(`search of vector store ${id}`, () =>
      genai.vectorStores.search(id, params, { signal }),
    );
    for (const found of page.data) {
      if (json) output.answer(`${JSON.stringify(found)}\n`);
      else
        for (const [index, line] of linesOf(found).entries())
          output.line(line, index === 0 ? "bold" : undefined);
    }
    if (page.data.length === 0) output.note("Nothing was found.");
    return undefined;
  },
};

function linesOf({ score, filename, file_id, attributes, content }: Found): readonly string[] {
  const name = attributes?.path === undefined ? filename : String(attributes.path);
  const text = content
    .map((part) => part.text)
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
  return [
    `${score.toFixed(3)}  ${name}  ${file_id}`,
    `  ${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}`,
  ];
}
