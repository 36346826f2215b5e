/** Type-checks all snippets at once, and puts each error where its page has it. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { Snippet } from "./snippets.ts";

/** Errors by the page's place, `docs/agent.md:12`, of each module; and those of other files. */
export interface CompileErrors {
  readonly ofSnippets: ReadonlyMap<string, readonly string[]>;
  readonly others: readonly string[];
}

/** Runs the compiler on the project in `directory`. */
export function compileProject(directory: string, snippets: readonly Snippet[]): CompileErrors {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin",
    "tsc",
  );
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [compiler, "-p", directory, "--pretty", "false"],
    { cwd: directory, encoding: "utf8" },
  );
  const { ofSnippets, others } = placeErrors(`${stdout}${stderr}`, directory, snippets);
  const silent = status !== 0 && ofSnippets.size === 0 && others.length === 0;
  return { ofSnippets, others: silent ? [`the compiler ended with ${status}`] : others };
}

/** What the compiler printed in `directory`, by snippet, with the pages' places for its own. */
export function placeErrors(
  output: string,
  directory: string,
  snippets: readonly Pick<Snippet, "module" | "page" | "line" | "lines">[],
): CompileErrors {
  const ofSnippets = new Map<string, string[]>();
  const others: string[] = [];
  let last = others;
  for (const line of output.split("\n").filter((text) => text.trim() !== "")) {
    const found = /^(.+?)\((\d+),(\d+)\): (.*)$/.exec(line);
    if (found === null) {
      // An indented line says more of the error before it.
      last.push(line);
      continue;
    }
    const [, file = "", row = "", column = "", message = ""] = found;
    const snippet = snippets.find(({ module }) => module === resolve(directory, file));
    if (snippet === undefined) {
      last = others;
      last.push(line);
      continue;
    }
    last = ofSnippets.get(snippet.module) ?? [];
    ofSnippets.set(snippet.module, last);
    last.push(`${snippet.page}:${snippet.lines[Number(row) - 1] ?? snippet.line}:${column}: ${message}`);
  }
  return { ofSnippets, others };
}
