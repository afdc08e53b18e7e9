// STD-1 through the package for npm: `node package.mjs PACKAGE FLOW in-memory` prints CPU nanoseconds per turn, what it
// costs to cross into the module included. PACKAGE is the package's folder, FLOW a file of `std1 flow`.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nanosPerTurn } from './sample.mjs';

const [folder, file] = process.argv.slice(2);
const { Library } = await import(pathToFileURL(resolve(folder, 'node.js')));
const { document, state } = JSON.parse(readFileSync(file, 'utf8'));
const library = new Library({ documents: [document] });
// As a chat needs it: its messages and questions.
const options = { state, trace: 'off', history: false, expose_state: false };

function conversation() {
  const preview = library.preview(options);
  const turns = [preview.start().turn];
  for (const answer of ['b', 'c', 'a', 'd', 'b']) turns.push(preview.answer(answer).turn);
  preview.dispose();
  return turns;
}

const turns = conversation();
const said = turns.flatMap((turn) => turn.messages.map((message) => message.text));
if (!said.includes('Level basic, score 2.') || !said.includes('Level advanced, score 7.') || !turns[5].session_ended) {
  throw new Error(JSON.stringify(said));
}
console.log(nanosPerTurn((times) => { for (let i = 0; i < times; i += 1) conversation(); }));
