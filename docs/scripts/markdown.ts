/** What the checks want to know of a Markdown page: its code blocks, its links, and the anchors others may link to. */
import { readFileSync } from "node:fs";
import GithubSlugger from "github-slugger";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

export interface CodeBlock {
  readonly language: string;
  /** What follows the language: `run`, `continues`, `no-check="why"`. */
  readonly info: string;
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

export interface Link {
  readonly url: string;
  readonly line: number;
}

export interface Page {
  readonly file: string;
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Link[];
  /** As GitHub names the headings. */
  readonly anchors: ReadonlySet<string>;
  /** Rows of all tables, a cell as its plain text; headers included. */
  readonly rows: readonly (readonly string[])[];
}

type Root = ReturnType<typeof fromMarkdown>;
type Node = Root | Root["children"][number];

export function readPage(file: string): Page {
  return parsePage(file, readFileSync(file, "utf8"));
}

export function parsePage(file: string, text: string): Page {
  const tree = fromMarkdown(text, {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown()],
  });
  const slugger = new GithubSlugger();
  const blocks: CodeBlock[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  const rows: string[][] = [];
  for (const node of nodesOf(tree)) {
    const line = node.position?.start.line ?? 0;
    if (node.type === "code") {
      blocks.push({ language: node.lang ?? "", info: node.meta ?? "", code: node.value, line });
    } else if (node.type === "link" || node.type === "image" || node.type === "definition") {
      links.push({ url: node.url, line });
    } else if (node.type === "heading") {
      anchors.add(slugger.slug(textOf(node)));
    } else if (node.type === "tableRow") {
      rows.push(node.children.map(textOf));
    }
  }
  return { file, blocks, links, anchors, rows };
}

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  if ("children" in node) for (const child of node.children) yield* nodesOf(child);
}

function textOf(node: Node): string {
  if (node.type === "text" || node.type === "inlineCode") return node.value;
  return "children" in node ? node.children.map(textOf).join("") : "";
}
