import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { engine } from "./build/engine.ts";
import { policy } from "./build/policy.ts";

export default defineConfig({
  // Relative addresses: the build works from any folder of any plain file server.
  base: "./",
  plugins: [react(), policy()],
  resolve: engine(),
  worker: { format: "es" },
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 700, modulePreload: { polyfill: false } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
  server: { fs: { allow: [".."] } },
});
