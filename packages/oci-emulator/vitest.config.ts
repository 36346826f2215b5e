import { defineConfig } from "vitest/config";

export default defineConfig({
  // Real sockets, child processes and RSA keys: slow on a busy machine, and never a reason to fail.
  test: { testTimeout: 30_000, hookTimeout: 30_000 },
});
