/** Figures as people read them. */

export function count(value: number): string {
  return value.toLocaleString();
}

/** A part of a whole, from 0 to 1. */
export function share(part: number): string {
  return percent(part * 100);
}

/** A part of a hundred. */
export function percent(part: number): string {
  return `${part.toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
}

/** Some seconds in words. */
export function length(seconds: number): string {
  if (seconds < 60) return `${seconds.toLocaleString(undefined, { maximumFractionDigits: seconds < 1 ? 2 : 1 })} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? "" : ` ${whole % 60} s`}`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}

export function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
