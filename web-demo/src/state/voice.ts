/** What is said to those who do not see it, and shown for a moment to those who do. */
import { create } from "zustand";

interface Voice {
  said: string;
  toast: { text: string; action?: { label: string; run: () => void } } | undefined;
}

export const useVoice = create<Voice>(() => ({ said: "", toast: undefined }));

let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(said: string): void {
  useVoice.setState({ said });
}

export function toast(text: string, action?: { label: string; run: () => void }): void {
  clearTimeout(timer);
  useVoice.setState({ said: text, toast: action ? { text, action } : { text } });
  timer = setTimeout(() => useVoice.setState({ toast: undefined }), 8000);
}

export function closeToast(): void {
  clearTimeout(timer);
  useVoice.setState({ toast: undefined });
}
