/** Whether a path that a model gave stays where it may: by its spelling, and by where its links lead. */
import { realpath } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { PathPolicy, PathVerdict, Refusal } from "../verdicts.ts";

/** What is wrong with a path whatever it leads to. The first that matches names it. */
const SHAPES: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\0|%00/, "it holds a NUL"],
  [/\p{Cc}/u, "it holds control characters"],
  [/^(?:\\\\|\/\/)/, "it is a network path"],
  [/^[a-z]{2,}:\/\//i, "it is a URL"],
  [/^~/, "it begins at a home directory"],
  [/%(?:25)*(?:2e|2f|5c|c0|c1|e0%80)/i, "it is percent-encoded"],
  [/[\uFF0E\uFF0F\uFF3C\u2024-\u2026\u2215\u2044\u29F5\u29F8]/u, "it holds look-alikes of dots or slashes"],
  [/(?:^|[\\/])\.\.[. ]*(?:[\\/]|$)/, 'it goes up with ".."'],
  [/\$\{?\w|\$\(|`/, "it holds a variable or a command"],
];
const WINDOWS = /^[a-z]:|\\|::\$/i;

/** Where systems keep what nobody should read for a model; for policies without roots. */
const SENSITIVE =
  /(?:^|\/)(?:etc\/(?:passwd|shadow|sudoers|gshadow|ssh|ssl\/private)|proc|sys|dev|boot|root|var\/run\/secrets|run\/secrets|\.ssh|\.aws|\.oci|\.azure|\.gnupg|\.kube|\.docker|\.config\/gcloud|\.git\/config|\.git-credentials|\.env(?:\.[\w-]+)?|\.netrc|\.pgpass|\.npmrc|\.pypirc|\.bash_history|id_(?:rsa|ed25519|ecdsa)|windows\/system32)(?:\/|$)/i;

/** No system opens a longer one. */
export const LONGEST_PATH = 4096;
const LONGEST_NAME = 255;

export async function checkPath(path: unknown, policy: PathPolicy): Promise<PathVerdict> {
  if (typeof path !== "string") return refused("invalid", "it is no text");
  try {
    return await checkText(path, policy);
  } catch {
    // What the file system says would quote it.
    return refused("link", "nobody can say where it leads");
  }
}

async function checkText(path: string, { roots, allowAbsolute = true }: PathPolicy): Promise<PathVerdict> {
  const wrong = SHAPES.find(([pattern]) => pattern.test(path));
  if (path === "") return refused("invalid", "it is empty");
  if (wrong !== undefined && !isHarmlessUp(path, wrong[1], roots)) return refused("traversal", wrong[1]);
  if (sep === "/" && WINDOWS.test(path)) return refused("traversal", "it is a Windows path");
  if (isAbsolute(path) && !allowAbsolute) return refused("absolute", "it is absolute");
  const [base = process.cwd()] = roots ?? [];
  const asked = resolve(base, path);
  if (asked.length > LONGEST_PATH || asked.split(sep).some((name) => name.length > LONGEST_NAME))
    return refused("invalid", "it is longer than paths are");
  if (roots === undefined || roots.length === 0) {
    const real = await realOf(asked);
    const isSecret = [path, asked, real].some((each) => SENSITIVE.test(each.replaceAll("\\", "/")));
    return isSecret
      ? refused("sensitive", "it is where systems keep what is secret")
      : { ok: true, path: real };
  }
  if (!roots.some((root) => isInside(resolve(root), asked)))
    return refused("outside", "it is outside of the allowed roots");
  const real = await realOf(asked);
  const allowed = await Promise.all(roots.map((root) => realOf(resolve(root))));
  if (allowed.some((root) => isInside(root, real))) return { ok: true, path: real };
  return refused("link", "a link in it leads outside of the allowed roots");
}

/** `a/../b` stays where it is; where roots say how far one may go, that alone counts. */
function isHarmlessUp(path: string, reason: string, roots: readonly string[] | undefined): boolean {
  return (
    reason.includes("..") &&
    roots !== undefined &&
    roots.length > 0 &&
    !/[. ]{3,}/.test(path) &&
    !path.includes("\\")
  );
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The path with every link followed, as far as it exists. */
async function realOf(path: string): Promise<string> {
  let existing = path;
  const missing: string[] = [];
  for (;;) {
    try {
      return resolve(await realpath(existing), ...missing);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      const above = dirname(existing);
      // A loop, or what may not be looked at: nobody can say where it leads.
      if ((code !== "ENOENT" && code !== "ENOTDIR") || above === existing) throw error;
      missing.unshift(relative(above, existing));
      existing = above;
    }
  }
}

function refused(code: Refusal["code"], reason: string): Refusal {
  return { ok: false, code, reason };
}
