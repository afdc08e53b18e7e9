// STD-1 as an XState machine: `node xstate.mjs FOLDER in-memory|persisted` prints CPU nanoseconds per turn.
// FOLDER is where npm installed xstate.
import { createRequire } from 'node:module';
import { nanosPerTurn } from './sample.mjs';

const [folder, kind] = process.argv.slice(2);
const { createActor, setup, assign } = createRequire(`${folder}/x.js`)('xstate');
const ANSWERS = ['b', 'c', 'a', 'd', 'b'];
const LIMITS = [1, 2, 4, 4, 6];

const begin = () => ({
  context: {
    channel: 'web', locale: 'en-NZ', ref: 'https://example.org/library/kids?campaign=winter-reading',
    started: '2026-01-01T00:00:00Z', tags: ['reading', 'winter', 'kids', 'onboarding'], ab: { greeting: 'B', cta: 'A' },
  },
  user: {
    id: '6c1f9e6e-5b0f-4f1f-9a56-3a3c3c8d5f10', name: 'Ada', age: 10, school_id: '8d7a1a77-0d8b-4f7d-9d1a-90a8e1f0a1b2',
    reading_level: 'none', interests: ['space', 'dragons', 'football', 'mystery'], email: 'ada@example.org',
    books: [
      { isbn: '9780141366272', title: 'The BFG', rating: 5 },
      { isbn: '9780439708180', title: "Harry Potter and the Sorcerer's Stone", rating: 4 },
      { isbn: '9780060256654', title: 'The Giving Tree', rating: 3 },
    ],
  },
  temp: {
    score: 0, answer1: null, answer2: null, answer3: null, answer4: null, answer5: null,
    notes: 'This is a filler note that brings the state to about one kilobyte of JSON text for the measurement.',
  },
});

const said = [];
const say = (text) => ({ type: 'say', params: { text } });
const states = { greet: { entry: 'greet', always: 'q1' }, end: { entry: say('Goodbye!'), type: 'final' } };
LIMITS.forEach((limit, at) => {
  const round = at + 1;
  const act = (level, points) => ({ target: `m${round}`, actions: { type: 'act', params: { level, points } } });
  states[`q${round}`] = {
    entry: say(`Question ${round}: pick one`),
    on: { ANSWER: { target: `c${round}`, actions: { type: 'store', params: { variable: `answer${round}` } } } },
  };
  states[`c${round}`] = {
    always: [{ guard: { type: 'reached', params: { limit } }, ...act('advanced', 1) }, act('basic', 2)],
  };
  states[`m${round}`] = { entry: 'tell', always: round < LIMITS.length ? `q${round + 1}` : 'end' };
});
const machine = setup({
  guards: { reached: ({ context }, { limit }) => context.temp.score >= limit },
  actions: {
    greet: ({ context }) => said.push(`Hello ${context.user.name}, welcome!`),
    say: (_, { text }) => said.push(text),
    tell: ({ context }) => said.push(`Level ${context.user.reading_level}, score ${context.temp.score}.`),
    store: assign(({ context, event }, { variable }) => ({ temp: { ...context.temp, [variable]: event.value } })),
    act: assign(({ context }, { level, points }) => ({
      user: { ...context.user, reading_level: level },
      temp: { ...context.temp, score: context.temp.score + points },
    })),
  },
}).createMachine({ id: 'std1', initial: 'greet', context: begin, states });

function inMemory() {
  said.length = 0;
  const actor = createActor(machine).start();
  for (const value of ANSWERS) actor.send({ type: 'ANSWER', value });
}

inMemory();
if (said.length !== 12 || said[2] !== 'Level basic, score 2.' || said[10] !== 'Level advanced, score 7.') {
  throw new Error(JSON.stringify(said));
}
const first = createActor(machine).start();
const stored = JSON.stringify(first.getPersistedSnapshot());
first.stop();

function persisted() {
  let text = stored;
  said.length = 0;
  for (const value of ANSWERS) {
    const actor = createActor(machine, { snapshot: JSON.parse(text) }).start();
    actor.send({ type: 'ANSWER', value });
    text = JSON.stringify(actor.getPersistedSnapshot());
    actor.stop();
  }
}

const run = { 'in-memory': inMemory, persisted }[kind];
console.log(nanosPerTurn((times) => { for (let i = 0; i < times; i += 1) run(); }));
