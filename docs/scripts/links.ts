/** Follows every relative link of the pages, to its file and to its heading. */
import { existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { type Page, readPage } from "./markdown.ts";

/** What is wrong, one line a link: `docs/agent.md:12: there is no heading #runs in docs/events.md`. */
export function brokenLinks(pages: readonly Page[], root: string): readonly string[] {
  const known = new Map(pages.map((page) => [page.file, page]));
  return pages.flatMap((page) =>
    page.links.flatMap(({ url, line }) => {
      const fault = faultOf(url, page, known, root);
      return fault === undefined ? [] : [`${relative(root, page.file)}:${line}: ${fault}`];
    }),
  );
}

function faultOf(url: string, page: Page, known: Map<string, Page>, root: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return undefined;
  const [path = "", anchor] = url.split("#");
  const file = path === "" ? page.file : resolve(dirname(page.file), decodeURIComponent(path));
  const name = relative(root, file);
  if (path.startsWith("/") || name.startsWith("..")) return `"${url}" leads out of the repository`;
  if (!known.has(file) && !existsSync(file)) return `there is no ${name}`;
  if (anchor === undefined) return undefined;
  const target = known.get(file) ?? readPage(file);
  known.set(file, target);
  return target.anchors.has(anchor) ? undefined : `there is no heading #${anchor} in ${name}`;
}
