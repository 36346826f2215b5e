/** `@example` blocks of the sources as modules that can be compiled: what an editor shows must work when it is pasted. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Snippet } from "./snippets.ts";

/** A fenced block behind an `@example` tag. */
export interface Example {
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** The examples in a source's doc comments, and tags that have none. */
export interface FoundExamples {
  readonly examples: readonly Example[];
  readonly mistakes: readonly { readonly line: number; readonly what: string }[];
}

const FENCE = /^```(\w*)$/;

/** Finds them in the text of one source. */
export function examplesIn(source: string): FoundExamples {
  const examples: Example[] = [];
  const mistakes: { readonly line: number; readonly what: string }[] = [];
  for (const { index, 0: comment } of source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)) {
    const first = source.slice(0, index).split("\n").length;
    const lines = comment.split("\n").map((line) => line.replace(/^\s*(?:\/\*\*|\*(?!\/)) ?/, ""));
    /** Line of the tag that has not had its block. */
    let tag: number | undefined;
    let open: { readonly line: number; readonly code: string[] } | undefined;
    for (const [offset, text] of lines.entries()) {
      const line = first + offset;
      if (open !== undefined) {
        if (text.trim() !== "```") open.code.push(text);
        else {
          examples.push({ line: open.line, code: open.code.join("\n") });
          open = undefined;
        }
        continue;
      }
      const language = FENCE.exec(text.trim())?.[1];
      if (text.startsWith("@")) {
        if (tag !== undefined) mistakes.push({ line: tag, what: "@example without a block" });
        tag = text.trim() === "@example" ? line : undefined;
      } else if (/@example\b/.test(text)) {
        mistakes.push({
          line,
          what: "@example is not at the beginning of its line, so that no tool sees it",
        });
      } else if (tag !== undefined && language !== undefined) {
        if (language === "ts") open = { line, code: [] };
        else mistakes.push({ line, what: `an example in "${language}"; expected ts` });
        tag = undefined;
      }
    }
    const unfinished = open?.line ?? tag;
    if (unfinished !== undefined) {
      mistakes.push({
        line: unfinished,
        what: open === undefined ? "@example without a block" : "a block without an end",
      });
    }
  }
  return { examples, mistakes };
}

/** The examples of all sources below `packages`, as snippets in `directory` that are compiled and not run. */
export function extractExamples(
  packages: string,
  root: string,
  directory: string,
): { readonly snippets: readonly Snippet[]; readonly mistakes: readonly string[] } {
  const snippets: Snippet[] = [];
  const mistakes: string[] = [];
  for (const file of sourcesBelow(packages)) {
    const page = relative(root, file);
    const found = examplesIn(readFileSync(file, "utf8"));
    mistakes.push(...found.mistakes.map(({ line, what }) => `${page}:${line}: ${what}`));
    for (const { code, line } of found.examples) {
      const lines = code.split("\n").map((_, index) => line + 1 + index);
      const module = join(directory, `${page.replace(/\.ts$/, "").replaceAll("/", "-")}-L${line}.ts`);
      snippets.push({ module, code: `${code}\nexport {};\n`, page, line, blocks: 1, run: false, lines });
    }
  }
  return { snippets, mistakes };
}

/** Every source of every package, tests not counted. */
export function sourcesBelow(packages: string): readonly string[] {
  return readdirSync(packages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(packages, name, "src"))
    .flatMap((src) => readdirIfThere(src).map((name) => join(src, name)))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .sort();
}

function readdirIfThere(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}
