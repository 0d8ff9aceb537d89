import { useLayoutEffect, useState } from 'react';
import type { RefObject } from 'react';

export interface Viewport {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What an element shows of its content, in pixels; all 0 until it is laid out. */
export const useViewport = (element: RefObject<HTMLElement | null>): Viewport => {
  const [viewport, setViewport] = useState<Viewport>({ left: 0, top: 0, width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) return;
    const read = (): void =>
      setViewport((before) => {
        const { scrollLeft: left, scrollTop: top, clientWidth: width, clientHeight: height } = target;
        const same =
          before.left === left && before.top === top && before.width === width && before.height === height;
        return same ? before : { left, top, width, height };
      });
    read();
    const resizes = new ResizeObserver(read);
    resizes.observe(target);
    target.addEventListener('scroll', read, { passive: true });
    return () => {
      resizes.disconnect();
      target.removeEventListener('scroll', read);
    };
  }, [element]);
  return viewport;
};
