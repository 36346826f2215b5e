/** Reads names out of the sources, so that a page's tables can be held against them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dirname, "..", "..", "packages");

function sourceOf(file: string): string {
  return readFileSync(join(packages, file), "utf8");
}

/** The members of an exported interface, of a file below `packages/`. */
export function membersOf(file: string, name: string): readonly string[] {
  const body = interfacesOf(file).get(name);
  if (body === undefined) throw new Error(`${file} exports no interface ${name}`);
  return body;
}

/** All exported interfaces of a file, each with its members. */
export function interfacesOf(file: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [, name = "", body = ""] of sourceOf(file).matchAll(
    /^export interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm,
  )) {
    const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??(?:\(|:)/gm)].map(
      ([, member = ""]) => member,
    );
    found.set(name, members);
  }
  return found;
}

/** The members of an exported union of string literals. */
export function literalsOf(file: string, name: string): readonly string[] {
  const body = new RegExp(`^export type ${name} =([^;]*);`, "m").exec(sourceOf(file))?.[1];
  if (body === undefined) throw new Error(`${file} exports no type ${name}`);
  return [...body.matchAll(/"([^"]+)"/g)].map(([, literal = ""]) => literal);
}

/** Every durable and transient event: its type and the fields it adds to the envelope. */
export function eventsOf(file: string): ReadonlyMap<string, readonly string[]> {
  const source = sourceOf(file);
  const events = new Map<string, readonly string[]>();
  for (const [name, members] of interfacesOf(file)) {
    const type = new RegExp(`^export interface ${name} \\{\\n {2}readonly type: "(\\w+)";`, "m").exec(
      source,
    )?.[1];
    if (type !== undefined)
      events.set(
        type,
        members.filter((member) => member !== "type"),
      );
  }
  return events;
}
