/** TypeScript blocks of the pages as modules that can be compiled and run. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { CodeBlock, Page } from "./markdown.ts";

/** One block, or several of which each goes on where the one before it ends. */
export interface Snippet {
  /** Where it is to be written. */
  readonly module: string;
  readonly code: string;
  readonly page: string;
  /** Line of its first block. */
  readonly line: number;
  readonly blocks: number;
  readonly run: boolean;
  /** What it must print, where the page shows it. */
  readonly output?: string;
  /** The page's line behind each line of the module, from 1. */
  readonly lines: readonly number[];
}

/** A block that is not checked, and the reason the page gives. */
export interface Unchecked {
  readonly page: string;
  readonly line: number;
  readonly reason: string;
}

export interface Extracted {
  readonly snippets: readonly Snippet[];
  readonly unchecked: readonly Unchecked[];
  /** Blocks that are marked wrongly. */
  readonly mistakes: readonly string[];
}

/** Languages a page may use besides `ts`, whose spellings would otherwise be a way around the checks. */
const OTHER_LANGUAGES: readonly string[] = ["sh", "json", "ini", "text", "mermaid"];

interface Draft {
  readonly first: CodeBlock;
  readonly code: string[];
  readonly lines: number[];
  blocks: number;
  output?: string;
}

/** Collects the snippets of `pages`, named for `root`, with their places in `directory`. */
export function extractSnippets(pages: readonly Page[], root: string, directory: string): Extracted {
  const snippets: Snippet[] = [];
  const unchecked: Unchecked[] = [];
  const mistakes: string[] = [];
  for (const page of pages) {
    const name = relative(root, page.file);
    const drafts: Draft[] = [];
    for (const block of page.blocks) {
      const where = `${name}:${block.line}`;
      const mistake = blockMistake(block, drafts.at(-1));
      if (mistake !== undefined) {
        mistakes.push(`${where}: ${mistake}`);
        continue;
      }
      const reason = /^no-check="(.+)"$/.exec(block.info)?.[1];
      if (reason !== undefined) unchecked.push({ page: name, line: block.line, reason });
      else addTo(drafts, block);
    }
    for (const { first, code, lines, blocks, output } of drafts) {
      const module = join(directory, `${pageName(name)}-L${first.line}.ts`);
      // Keeps a block without imports a module of its own; on the last line, so that no line moves.
      const text = `${code.join("\n")}\nexport {};\n`;
      snippets.push({
        module,
        code: text,
        page: name,
        line: first.line,
        blocks,
        run: wordsOf(first).includes("run"),
        lines,
        ...(output === undefined ? {} : { output }),
      });
    }
  }
  return { snippets, unchecked, mistakes };
}

/** Writes them, in the place of those of an earlier run. */
export function writeSnippets(snippets: readonly Snippet[], directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const { module, code } of snippets) writeFileSync(module, code);
}

function addTo(drafts: Draft[], block: CodeBlock): void {
  const last = drafts.at(-1);
  if (block.language === "text") {
    if (block.info === "output" && last !== undefined) last.output = block.code;
    return;
  }
  if (block.language !== "ts") return;
  const code = block.code.split("\n");
  const lines = code.map((_, index) => block.line + 1 + index);
  if (wordsOf(block).includes("continues") && last !== undefined) {
    last.code.push(...code);
    last.lines.push(...lines);
    last.blocks += 1;
  } else drafts.push({ first: block, code, lines, blocks: 1 });
}

function blockMistake(block: CodeBlock, last: Draft | undefined): string | undefined {
  const words = wordsOf(block);
  if (block.language === "text" && words[0] === "output") {
    return last === undefined || !wordsOf(last.first).includes("run")
      ? "output of a block that is not run"
      : undefined;
  }
  if (block.language !== "ts") {
    if (OTHER_LANGUAGES.includes(block.language) && words.length === 0) return undefined;
    return `a block of language "${block.language}" with "${block.info}"; known are ts, ${OTHER_LANGUAGES.join(", ")}`;
  }
  if (/^no-check\b/.test(block.info)) {
    return /^no-check=".+"$/.test(block.info) ? undefined : 'no-check needs a reason: no-check="why"';
  }
  const unknown = words.find((word) => word !== "run" && word !== "continues");
  if (unknown !== undefined) return `unknown mark "${unknown}"`;
  if (words.includes("continues")) {
    if (words.includes("run")) return "the first block of a sequence says whether it is run";
    if (last === undefined) return "there is no block to continue";
  }
  return undefined;
}

function wordsOf(block: CodeBlock): readonly string[] {
  return block.info.split(/\s+/).filter((word) => word !== "");
}

function pageName(page: string): string {
  return `${dirname(page) === "." ? "" : `${dirname(page).replaceAll("/", "-")}-`}${basename(page, ".md")}`;
}
