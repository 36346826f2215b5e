#!/usr/bin/env node
/** The `locus` command. An old Node is told so, before it stumbles over what it does not know. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  const { main } = await import("../cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write(`locus needs Node 22.13 or later; this is ${process.versions.node}.\n`);
  process.exitCode = 1;
}
