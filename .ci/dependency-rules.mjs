// Shows that the import rules bite: plants each forbidden import in a package and expects the linter to refuse it.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";

const planted = [
  ["packages/core/src/planted.ts", 'import "openai";\n', "core imports no provider"],
  ["packages/core/src/planted.ts", 'import "@locus-sdk/openai";\n', "core imports no provider"],
  ["packages/openai/src/planted.ts", 'import "@locus-sdk/oci";\n', "A provider imports no other provider"],
  [
    "packages/anthropic/src/planted.ts",
    'import "@locus-sdk/openai";\n',
    "A provider imports no other provider",
  ],
  ["packages/ollama/src/planted.ts", 'import "@locus-sdk/openai";\n', "A provider imports no other provider"],
  ["packages/ai-sdk/src/planted.ts", 'import "@locus-sdk/openai";\n', "An adapter knows core"],
  ["packages/ai-sdk/src/planted.ts", 'import "ai";\n', "for tests only"],
  ["packages/oci/src/planted.ts", 'import "locus-sdk";\n', "no other provider"],
  ["packages/oci/src/planted.ts", 'import "@locus-sdk/oci-emulator";\n', "the emulator is for tests only"],
  ["packages/checkpointers/src/planted.ts", 'import "@locus-sdk/oci";\n', "A store knows core"],
  ["packages/oci-emulator/src/planted.ts", 'import "@locus-sdk/oci";\n', "shares no code"],
  ["packages/locus/src/planted.ts", 'import "@locus-sdk/core/dist/agent/agent.js";\n', "No deep imports"],
];

function refused(file, reason) {
  try {
    execFileSync("oxlint", ["--deny-warnings", file], { encoding: "utf8", stdio: "pipe" });
    return false;
  } catch (error) {
    return `${error.stdout}${error.stderr}`.includes(reason);
  }
}

let missed = 0;
for (const [file, text, reason] of planted) {
  try {
    writeFileSync(file, text);
    if (refused(file, reason)) continue;
    missed += 1;
    process.stderr.write(`not refused in ${file}: ${text}`);
  } finally {
    rmSync(file, { force: true });
  }
}

// A cycle between two files.
const cycle = ["packages/core/src/planted-a.ts", "packages/core/src/planted-b.ts"];
try {
  writeFileSync(cycle[0], 'import { b } from "./planted-b.ts";\nexport const a = (): number => b();\n');
  writeFileSync(cycle[1], 'import { a } from "./planted-a.ts";\nexport const b = (): number => a();\n');
  if (!refused("packages/core/src", "Dependency cycle")) {
    missed += 1;
    process.stderr.write("a cycle between files is not refused\n");
  }
} finally {
  for (const file of cycle) rmSync(file, { force: true });
}
process.stdout.write(`${planted.length + 1 - missed} of ${planted.length + 1} rules bite\n`);
process.exitCode = missed === 0 ? 0 : 1;
