/** One visit of a field is one entry in the log: what is typed between coming and going can be undone as one. */
let visit = 0;

export function newVisit(): void {
  visit += 1;
}

export function mergeKey(pointer: string): string {
  return `${visit} ${pointer}`;
}
