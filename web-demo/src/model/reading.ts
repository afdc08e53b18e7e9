/**
 * How hard a text is to read: the Flesch–Kincaid grade level, 0.39 · words/sentences + 11.8 · syllables/words − 15.59.
 *
 * Source: Kincaid, Fishburne, Rogers & Chissom, “Derivation of new readability formulas”, Research Branch Report 8-75, Naval Technical
 * Training Command, 1975. It was made for English prose of about a hundred words and is right for nothing else. Its grades are those of
 * schools in the USA, whose first grade children enter at six: a grade is read at an age five years higher.
 *
 * Syllables are counted by spelling, as is usual: groups of vowels, without an “e” that is not heard.
 */

export interface Reading {
  words: number;
  sentences: number;
  syllables: number;
  /** Nothing where no English words are. */
  grade: number | undefined;
  /** In years, from 5. */
  age: number | undefined;
}

const AGE_OF_GRADE = 5;

export function reading(text: string): Reading {
  // A value in a text is one word, whatever it will be.
  const plain = text.replaceAll(/\{\{[^}]*\}\}/g, "it").replaceAll(/https?:\/\/\S+/g, "link");
  const words = plain.match(/[\p{L}\p{N}]+(?:['’.,-][\p{L}\p{N}]+)*/gu) ?? [];
  const sentences = plain.split(/[.!?…:]+(?=[\s"'”’)\]]|$)|\n+/u).filter((part) => /[\p{L}\p{N}]/u.test(part)).length;
  const count = words.reduce((sum, word) => sum + syllables(word), 0);
  const english = words.length > 0 && words.every((word) => /^[A-Za-z0-9'’.,\u00C0-\u00FF-]+$/.test(word));
  const grade = english ? 0.39 * (words.length / sentences) + 11.8 * (count / words.length) - 15.59 : undefined;
  return { words: words.length, sentences, syllables: count, grade, age: grade === undefined ? undefined : Math.max(5, Math.round(grade + AGE_OF_GRADE)) };
}

/** The syllables of a word, by how it is spelled; a number is one. */
export function syllables(word: string): number {
  return word.split("-").reduce((sum, part) => sum + simple(part), 0);
}

/** Vowels that are heard apart: “seeing”, “idea”, “museum”, “quiet”. */
const APART = /[aeiouy]ing$|[aeiouy][^aeiouy]+ea$|eum$|iet$/;

function simple(part: string): number {
  // An “é” is always heard.
  const letters = part.toLowerCase().normalize("NFC").replaceAll("é", "a").normalize("NFD").replaceAll(/[^a-z]/g, "");
  const groups = letters.match(/[aeiouy]+/g)?.length ?? 0;
  return Math.max(1, groups - Number(endsSilent(letters)) + Number(APART.test(letters)));
}

/** “make”, “makes” and “liked” end in an “e” that is not heard; “table”, “boxes” and “wanted” in one that is. */
function endsSilent(letters: string): boolean {
  if (/[^aeiouyl]le[ds]?$/.test(letters)) return false;
  if (/(?:[cgsxz]|ch|sh)es$|[dt]ed$/.test(letters)) return false;
  return /[^aeiouy]e[ds]?$/.test(letters);
}
