/**
 * Scrolls a part of a list into sight. Unlike `scrollIntoView` it leaves alone where the next Tab leads to, which Chromium takes from
 * what was scrolled to last.
 */
export function reveal(part: Element | null | undefined): void {
  let list = part?.parentElement;
  while (list && !(list.scrollHeight > list.clientHeight && /auto|scroll/.test(getComputedStyle(list).overflowY))) list = list.parentElement;
  if (!part || !list) return;
  const [inner, outer] = [part.getBoundingClientRect(), list.getBoundingClientRect()];
  if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top;
  else if (inner.bottom > outer.bottom) list.scrollTop += Math.min(inner.bottom - outer.bottom, inner.top - outer.top);
}
