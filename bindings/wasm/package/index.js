// For browsers: the module is fetched, from beside this file unless told otherwise.
import { load } from "./binding.js";

export * from "./api.js";

let loading;

export default function init(source) {
  // A failed attempt may be made again.
  loading ??= load(source ?? new URL("./chatflow.wasm", import.meta.url)).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
