// STD-1 in the engine as a WebAssembly module: `node wasm.mjs PACKAGE in-memory|persisted` prints CPU nanoseconds per
// turn. PACKAGE is the folder of the module's JavaScript.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { nanosPerTurn } from './sample.mjs';

const [folder, kind] = process.argv.slice(2);
const { converse } = createRequire(import.meta.url)(resolve(folder, 'chatflow.js'));
console.log(nanosPerTurn((times) => converse(kind, times)));
