/** The kinds of answers a question may ask for, in an author's words. */
export const ANSWER_KINDS = [
  ["text", "Text"],
  ["choice", "Choice — one answer"],
  ["multiple_choice", "Choice — several answers"],
  ["boolean", "Yes or no"],
  ["number", "Number"],
  ["slider", "Slider"],
  ["date", "Date"],
  ["email", "E-mail address"],
  ["phone", "Phone number"],
  ["url", "Web address"],
  ["image_choice", "Choice of pictures"],
  ["carousel", "Carousel"],
  ["file", "File"],
] as const;

const CHOICES = new Set(["choice", "button", "multiple_choice", "image_choice", "carousel"]);

export function hasAnswers(kind: string): boolean {
  return CHOICES.has(kind);
}
